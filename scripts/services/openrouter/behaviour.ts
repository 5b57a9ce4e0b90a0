import { z } from "zod";
import type { FakeModel } from "./catalogue.ts";
import { pickOutcome, uniform } from "./random.ts";

/** Outcomes of a call, with the names used in `rates` and `script`. */
export const outcomes = [
  "ok",
  /** Right answer in a Markdown code fence. */
  "fenced",
  /** Text that is not JSON. */
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
  /** HTTP 400 "not a valid model ID", at once: the model was removed. */
  "retired",
  /** HTTP 403, flagged by moderation, at once. */
  "forbidden",
  /** No answer until `hangMs` has passed or the caller disconnects. */
  "hang",
  /** HTTP 200 and white space at once, then no answer. A timeout for headers misses this. */
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
   * Probability of each outcome. The rest is `ok`. A change replaces all of them. Rates for all
   * models also affect `GET /models` if they are failures of the whole provider: see {@link
   * drawListOutcome}.
   */
  rates: z.partialRecord(outcomeSchema, z.number().min(0).max(1)),
  /** Value of `Retry-After` in seconds. */
  retryAfterSeconds: z.number().nonnegative(),
  /** Share of the prompt's tokens that are billed as cached. */
  cachedShare: z.number().min(0).max(1),
  /** Id of the model that answers instead, as the answers report it. Empty for the model itself. */
  servedBy: z.string(),
};

const allTraitsSchema = z.strictObject(traits);
const traitsSchema = allTraitsSchema.partial();

/** Current settings: for all models at the top level, for one model under `models`. */
export const behaviourSchema = z.strictObject({
  ...traits,
  /** Seed of all random draws. */
  seed: z.int(),
  /** Factor for every latency: 0.1 makes all models ten times as fast. */
  latencyScale: z.number().nonnegative(),
  /** Longest duration of a `hang` or `stall`, in milliseconds. */
  hangMs: z.number().nonnegative(),
  /** `true` downloads image URLs as the real service does; `false` recognises images by their path. */
  fetchImages: z.boolean(),
  /** `true` answers for a model outside the catalogue; `false` refuses it with 400. */
  acceptUnknownModels: z.boolean(),
  /** Answer to `GET /models`: all models (the default), status 503 or an empty list. */
  lists: z.enum(["whole", "unavailable", "empty"]),
  /** Outcomes of the next calls in order. The rates apply after that. */
  script: z.array(outcomeSchema),
  models: z.record(z.string(), traitsSchema),
}).partial();

export type Behaviour = z.infer<typeof behaviourSchema>;
type Traits = z.infer<typeof allTraitsSchema>;

/** Merges `change` into `base`. Settings of one model are merged; everything else is replaced. */
export function mergeBehaviour(base: Behaviour, change: Behaviour): Behaviour {
  const models = { ...base.models };
  for (const [id, own] of Object.entries(change.models ?? {})) {
    models[id] = { ...models[id], ...own };
  }
  return { ...base, ...change, models };
}

/** Returns the settings of one model: its own, else those for all models, else its profile. */
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

/** Failures that come after the model's whole latency. The others come at once. */
export const LATE_FAILURES: readonly Outcome[] = [
  "server_error",
  "bad_gateway",
  "unavailable",
  "error_in_body",
];
/** Outcomes that affect every request. */
const OUTAGES: readonly Outcome[] = [...LATE_FAILURES, "disconnect", "hang", "stall"];

/** Returns the outcome of the `call`-th request for the list of models: an outage or `ok`. */
export function drawListOutcome({ rates = {}, seed = 1 }: Behaviour, call: number): Outcome {
  const outcome = drawOutcome(rates, seed, "GET /models", call);
  return OUTAGES.includes(outcome) ? outcome : "ok";
}

/** Returns the outcome that the rates give for the `call`-th call to a model. */
export function drawOutcome(
  rates: Traits["rates"],
  seed: number,
  model: string,
  call: number,
): Outcome {
  return pickOutcome(outcomes, rates, uniform(seed, model, call, "outcome"));
}
