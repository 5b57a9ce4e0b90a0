import { assert as assertProperty, type Parameters } from "fast-check/package";

// This file's own `assert` takes the place of the package's.
export * from "fast-check/package";

/** Values that fast-check draws for a property that does not say how many. */
const USUAL_RUNS = 100;

/** Checks a property, with `FC_RUNS` times as many values as the test asks for. */
export const assert = ((property: never, parameters: Parameters<never> = {}) => {
  const numRuns = (parameters.numRuns ?? USUAL_RUNS) * runsFactor();
  return assertProperty(property, { ...parameters, numRuns });
}) as typeof assertProperty;

/** Reads `FC_RUNS`; 1 where it is not set or may not be read. */
function runsFactor(): number {
  const { state } = Deno.permissions.querySync({ name: "env", variable: "FC_RUNS" });
  const text = state === "granted" ? Deno.env.get("FC_RUNS") : undefined;
  if (text === undefined) return 1;
  const factor = Number(text);
  if (Number.isInteger(factor) && factor > 0) return factor;
  throw new RangeError(`FC_RUNS must be a positive whole number, not ${text}`);
}
