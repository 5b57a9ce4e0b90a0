import { z } from "zod";
import { uniform } from "../openrouter/random.ts";

/** Everything that may happen to a call; the names of `rates` and of `script`. */
const outcomes = [
  "ok",
  /** HTTP 429 with `Retry-After`, at once. */
  "rate_limited",
  /** HTTP 500. */
  "server_error",
  /** HTTP 401, at once. */
  "unauthorized",
  /** An answer that is no JSON where JSON was asked for; elsewhere an empty one. */
  "malformed",
  /** The connection breaks after half of a streamed answer, or instead of any other. */
  "disconnect",
  /** Half of a streamed answer, then an error among the chunks; elsewhere HTTP 500. */
  "error_in_stream",
  /** No answer until `hangMs` is over or the caller gives up. */
  "hang",
] as const;

const outcomeSchema = z.enum(outcomes);
export type Outcome = z.infer<typeof outcomeSchema>;

const allSettingsSchema = z.strictObject({
  /** Milliseconds to the first token, which is all of an answer that is not streamed. */
  firstTokenMs: z.number().nonnegative(),
  /** Milliseconds between the tokens of a stream. */
  tokenMs: z.number().nonnegative(),
  /** Probability of each outcome; what is left over is `ok`. Replaced whole. */
  rates: z.partialRecord(outcomeSchema, z.number().min(0).max(1)),
  /** Outcomes of the next calls, first to last, before the rates are asked again. */
  script: z.array(outcomeSchema),
  /** Value of `Retry-After` in seconds. */
  retryAfterSeconds: z.number().nonnegative(),
  /** Share of the prompt's tokens billed as cached. */
  cachedShare: z.number().min(0).max(1),
  /** How long a `hang` lasts at most, in milliseconds. */
  hangMs: z.number().nonnegative(),
  /** Changes every draw. */
  seed: z.int(),
});
/** Settings in force. */
export type AllSettings = z.infer<typeof allSettingsSchema>;

export const behaviourSchema = allSettingsSchema.partial();
/** Settings to be laid over those in force. */
export type Behaviour = z.infer<typeof behaviourSchema>;

export const DEFAULT_BEHAVIOUR: AllSettings = {
  firstTokenMs: 250,
  tokenMs: 12,
  rates: {},
  script: [],
  retryAfterSeconds: 1,
  cachedShare: 0,
  hangMs: 600_000,
  seed: 1,
};

/** The outcome of the `call`-th call by the rates alone. */
export function drawOutcome({ rates, seed }: AllSettings, call: number): Outcome {
  const draw = uniform(seed, call, "outcome");
  let reached = 0;
  for (const outcome of outcomes) {
    if (outcome === "ok") continue;
    reached += rates[outcome] ?? 0;
    if (draw < reached) return outcome;
  }
  return "ok";
}
