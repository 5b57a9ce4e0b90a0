import { z } from "zod";
import { loadConfig } from "../stack/config.ts";
import { findRunningStack } from "../stack/state_file.ts";
import { keepLocalKey } from "./local_key.ts";

/** The project that runs are sent to. */
export interface Destination {
  readonly apiUrl: string;
  /** Key of the account that owns the runs, `mp_…`. */
  readonly key: string;
}

/**
 * Returns the destination of `TRACK_URL` with the given key, else the running local stack; null if no
 * stack runs.
 *
 * @throws {Error} if `TRACK_URL` is set without a key.
 */
export async function findDestination(
  stackDir: string,
  key: string | undefined,
): Promise<Destination | null> {
  const url = Deno.env.get("TRACK_URL");
  if (url !== undefined) {
    if (key === undefined) {
      throw new Error("Set MODELPICK_KEY to a key of the account with the scopes read and track.");
    }
    return { apiUrl: z.url().parse(url).replace(/\/+$/, ""), key };
  }
  const config = await loadConfig({ stackDir });
  const stack = await findRunningStack(config.stackDir);
  if (stack === undefined) return null;
  return { apiUrl: stack.apiUrl, key: key ?? await keepLocalKey(config.stackDir, stack) };
}
