import { z } from "zod";
import type { FakeModel } from "./catalogue.ts";
import { uniform } from "./random.ts";

/** Everything that may happen to a call; the names of `rates` and of `script`. */
export const outcomes = [
  "ok",
  /** Right answer in a Markdown code fence. */
  "fenced",
  /** Text that is no JSON. */
  "malformed",
  /** HTTP 200, `finish_reason` `content_filter`, a refusal and no content. */
  "refusal",
  /** HTTP 200 with an error body and no choices, after the full latency. */
  "error_in_body",
  /** HTTP 429 with `Retry-After`, at once. */
  "rate_limited",
  /** HTTP 500. */
  "server_error",
  /** HTTP 502, the upstream model is down. */
  "bad_gateway",
  /** HTTP 503, no provider available, with `Retry-After`. */
  "unavailable",
  /** HTTP 402, at once. */
  "payment_required",
  /** HTTP 401, at once. */
  "unauthorized",
  /** HTTP 400, no valid model ID, at once: the model has been taken off. */
  "retired",
  /** HTTP 403, flagged by moderation, at once. */
  "forbidden",
  /** No answer until `hangMs` is over or the caller gives up. */
  "hang",
  /** HTTP 200 and white space at once, then no answer: a timeout that ends with the headers fails. */
  "stall",
  /** The connection breaks instead of an answer. */
  "disconnect",
] as const;

export const outcomeSchema = z.enum(outcomes);
export type Outcome = z.infer<typeof outcomeSchema>;

const traits = {
  /** Median time to answer in milliseconds. */
  medianMs: z.number().nonnegative(),
  /** Spread of the log-normal latency; 0 is constant. */
  sigma: z.number().nonnegative(),
  /** Share of expected leaf fields answered wrongly. */
  fieldErrorRate: z.number().min(0).max(1),
  /**
   * Probability of each outcome; what is left over is `ok`. Replaced whole. Those for all models strike
   * `GET /models` too, where they are failures of the whole provider: see {@link drawListOutcome}.
   */
  rates: z.partialRecord(outcomeSchema, z.number().min(0).max(1)),
  /** Value of `Retry-After` in seconds. */
  retryAfterSeconds: z.number().nonnegative(),
  /** Share of the prompt's tokens billed as cached. */
  cachedShare: z.number().min(0).max(1),
  /** Id of the model that answers in its place, as its answers say; empty: the model itself. */
  servedBy: z.string(),
};

const allTraitsSchema = z.strictObject(traits);
const traitsSchema = allTraitsSchema.partial();

/** Settings in force: for all models at the top, for one under `models`. */
export const behaviourSchema = z.strictObject({
  ...traits,
  /** Changes every draw. */
  seed: z.int(),
  /** Multiplies every latency: 0.1 makes all models ten times as fast. */
  latencyScale: z.number().nonnegative(),
  /** How long a `hang` or `stall` lasts at most, in milliseconds. */
  hangMs: z.number().nonnegative(),
  /** Whether image URLs are downloaded as the real service does, or known by their path alone. */
  fetchImages: z.boolean(),
  /** Whether a slug outside the catalogue is answered or refused with 400. */
  acceptUnknownModels: z.boolean(),
  /** Answer to `GET /models`: all models (the default), status 503, or an empty list. */
  lists: z.enum(["whole", "unavailable", "empty"]),
  /** Outcomes of the next calls, first to last, before the rates are asked again. */
  script: z.array(outcomeSchema),
  models: z.record(z.string(), traitsSchema),
}).partial();

export type Behaviour = z.infer<typeof behaviourSchema>;
type Traits = z.infer<typeof allTraitsSchema>;

/** `change` laid over `base`; settings of one model are merged, everything else is replaced. */
export function mergeBehaviour(base: Behaviour, change: Behaviour): Behaviour {
  const models = { ...base.models };
  for (const [id, own] of Object.entries(change.models ?? {})) {
    models[id] = { ...models[id], ...own };
  }
  return { ...base, ...change, models };
}

/** What holds for one model: its own settings, else those for all, else its profile. */
export function traitsOf(behaviour: Behaviour, model: FakeModel): Traits {
  const own = behaviour.models?.[model.id];
  return {
    medianMs: own?.medianMs ?? behaviour.medianMs ?? model.profile.medianMs,
    sigma: own?.sigma ?? behaviour.sigma ?? 0.25,
    fieldErrorRate: own?.fieldErrorRate ?? behaviour.fieldErrorRate ??
      model.profile.fieldErrorRate,
    rates: own?.rates ?? behaviour.rates ?? {},
    retryAfterSeconds: own?.retryAfterSeconds ?? behaviour.retryAfterSeconds ?? 1,
    cachedShare: own?.cachedShare ?? behaviour.cachedShare ?? 0,
    servedBy: own?.servedBy ?? behaviour.servedBy ?? "",
  };
}

/** Outcomes that no request escapes, whatever it asks for. */
const OUTAGES: ReadonlySet<Outcome> = new Set([
  "disconnect",
  "server_error",
  "bad_gateway",
  "unavailable",
  "error_in_body",
  "hang",
  "stall",
]);

/** The outcome of the `call`-th request for the list of models: an outage, or `ok`. */
export function drawListOutcome({ rates = {}, seed = 1 }: Behaviour, call: number): Outcome {
  const outcome = drawOutcome(rates, seed, "GET /models", call);
  return OUTAGES.has(outcome) ? outcome : "ok";
}

/** The outcome of the `call`-th call to a model by the rates alone. */
export function drawOutcome(
  rates: Traits["rates"],
  seed: number,
  model: string,
  call: number,
): Outcome {
  const draw = uniform(seed, model, call, "outcome");
  let reached = 0;
  for (const outcome of outcomes) {
    if (outcome === "ok") continue;
    reached += rates[outcome] ?? 0;
    if (draw < reached) return outcome;
  }
  return "ok";
}
