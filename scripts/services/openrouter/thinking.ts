import type { FakeModel } from "./catalogue.ts";
import type { Dialect } from "./completion.ts";
import type { Failure } from "./failures.ts";
import { logNormal } from "./random.ts";
import type { ChatRequest } from "./request.ts";

/** Median tokens of thinking by effort. Invented, apart from the thousands that public reports give. */
const MEDIAN_TOKENS: Readonly<Record<string, number>> = {
  none: 0,
  minimal: 140,
  low: 560,
  medium: 1_300,
  high: 3_800,
  xhigh: 8_500,
  max: 17_000,
};
const SPREAD = 0.35;

/** Share of a model's usual mistakes that remain at each effort. */
const MISTAKES_LEFT: Readonly<Record<string, number>> = {
  none: 1.2,
  minimal: 1.1,
  low: 1,
  medium: 0.85,
  high: 0.7,
  xhigh: 0.6,
  max: 0.55,
};

/** Factor for a model's usual latency at each effort. More thinking takes longer. */
const LATENCY_FACTORS: Readonly<Record<string, number>> = {
  none: 0.6,
  minimal: 0.7,
  low: 0.8,
  high: 2,
  xhigh: 3.5,
  max: 6,
};

/** Models that can think but do so only when asked. */
const RESTS_UNASKED = /^(openai\/gpt-5\.[1-4]|anthropic\/|mistralai\/|google\/gemma|amazon\/)/;

/** Returns the reasoning effort that a request asks for, or undefined if it names none. */
export function effortOf(body: ChatRequest): string | undefined {
  return body.reasoning?.effort ?? body.reasoning_effort ?? undefined;
}

/** Returns the reason why an effort is refused; null if it is accepted. */
export function refuseEffort(
  dialect: Dialect,
  model: FakeModel,
  body: ChatRequest,
): Failure | null {
  const effort = effortOf(body);
  if (effort === undefined) return null;
  const type = "invalid_request_error";
  if (dialect === "openai") {
    if (model.reasoning === "none") {
      const message = "Unrecognized request argument supplied: reasoning_effort";
      return { status: 400, message, type };
    }
    if (model.reasoningEfforts.includes(effort)) return null;
    const message =
      `Unsupported value: 'reasoning_effort' does not support '${effort}' with this model.`;
    return { status: 400, message, type, code: "unsupported_value" };
  }
  if (model.reasoning === "none") {
    return body.provider?.require_parameters !== true ? null : {
      status: 404,
      message: "No endpoints found that can handle the requested parameters.",
      type,
    };
  }
  return model.reasoning === "mandatory" && effort === "none"
    ? {
      status: 400,
      message: "Reasoning is mandatory for this endpoint and cannot be disabled.",
      type,
    }
    : null;
}

/** Draws the number of thinking tokens of a call. */
export function drawThinking(
  model: FakeModel,
  effort: string | undefined,
  seed: number,
  call: number,
): number {
  if (model.reasoning === "none") return 0;
  const isResting = model.reasoning === "optional" && RESTS_UNASKED.test(model.id);
  const median = MEDIAN_TOKENS[effort ?? (isResting ? "none" : "medium")] ?? 0;
  return median === 0 ? 0 : Math.round(logNormal(median, SPREAD, seed, model.id, call, "thinking"));
}

/** Returns the factor by which a chosen effort multiplies a model's usual latency. */
export function latencyFactor(effort: string | undefined): number {
  return LATENCY_FACTORS[effort ?? "medium"] ?? 1;
}

/** Returns the factor by which a chosen effort multiplies a model's error rate. */
export function mistakesLeft(model: FakeModel, effort: string | undefined): number {
  return model.reasoning === "none" ? 1 : MISTAKES_LEFT[effort ?? "low"] ?? 1;
}
