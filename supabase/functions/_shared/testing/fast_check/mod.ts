/**
 * The package fast-check, with an `assert` that draws `FC_RUNS` times as many values. `deno.json` maps
 * `fast-check` to this file, so that a test need not know of it.
 */
import * as fc from "./members.ts";

export default fc;
