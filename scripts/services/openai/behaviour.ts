import { z } from "zod";

/** Outcomes of a call, with the names used in `rates` and `script`. */
export const outcomes = [
  "ok",
  /** HTTP 429 with `Retry-After`, at once. */
  "rate_limited",
  /** HTTP 500. */
  "server_error",
  /** HTTP 401, at once. */
  "unauthorized",
  /** An answer that is not JSON where JSON was asked for; otherwise an empty one. */
  "malformed",
  /** The connection breaks after half of a streamed answer, or instead of any other answer. */
  "disconnect",
  /** Half of a streamed answer followed by an error chunk; HTTP 500 if not streamed. */
  "error_in_stream",
  /** No answer until `hangMs` has passed or the caller disconnects. */
  "hang",
] as const;

const outcomeSchema = z.enum(outcomes);
export type Outcome = z.infer<typeof outcomeSchema>;

const allSettingsSchema = z.strictObject({
  /** Milliseconds to the first token. An answer that is not streamed takes no longer. */
  firstTokenMs: z.number().nonnegative(),
  /** Milliseconds between the tokens of a stream. */
  tokenMs: z.number().nonnegative(),
  /** Probability of each outcome. The rest is `ok`. A change replaces all of them. */
  rates: z.partialRecord(outcomeSchema, z.number().min(0).max(1)),
  /** Outcomes of the next calls in order. The rates apply after that. */
  script: z.array(outcomeSchema),
  /** Value of `Retry-After` in seconds. */
  retryAfterSeconds: z.number().nonnegative(),
  /** Share of the prompt's tokens that are billed as cached. */
  cachedShare: z.number().min(0).max(1),
  /** Longest duration of a `hang`, in milliseconds. */
  hangMs: z.number().nonnegative(),
  /** Seed of all random draws. */
  seed: z.int(),
});
/** Current settings. */
export type AllSettings = z.infer<typeof allSettingsSchema>;

export const behaviourSchema = allSettingsSchema.partial();
/** Changes to the current settings. */
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
