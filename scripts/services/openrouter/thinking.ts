import type { FakeModel } from "./catalogue.ts";
import type { Dialect } from "./completion.ts";
import { RefusedRequest } from "./failures.ts";
import { logNormal } from "./random.ts";
import type { ChatRequest } from "./request.ts";

/**
 * Effects of each effort: median tokens of thinking, share of a model's usual mistakes that remain,
 * factor for its usual latency. Invented, apart from the thousands of tokens of public reports.
 */
const EFFORTS: Record<string, { tokens: number; mistakes: number; latency: number }> = {
  none: { tokens: 0, mistakes: 1.2, latency: 0.6 },
  minimal: { tokens: 140, mistakes: 1.1, latency: 0.7 },
  low: { tokens: 560, mistakes: 1, latency: 0.8 },
  medium: { tokens: 1_300, mistakes: 0.85, latency: 1 },
  high: { tokens: 3_800, mistakes: 0.7, latency: 2 },
  xhigh: { tokens: 8_500, mistakes: 0.6, latency: 3.5 },
  max: { tokens: 17_000, mistakes: 0.55, latency: 6 },
};
const SPREAD = 0.35;

/** Returns the answer of OpenRouter when no provider of a model takes a required parameter. */
export function noEndpoint(): RefusedRequest {
  const message = "No endpoints found that can handle the requested parameters.";
  return new RefusedRequest({ status: 404, message });
}

/** Models that can think but do so only when asked. */
const RESTS_UNASKED = /^(openai\/gpt-5\.[1-4]|anthropic\/|mistralai\/|google\/gemma|amazon\/)/;

/** Returns the reasoning effort that a request asks for, or undefined if it names none. */
export function effortOf(body: ChatRequest): string | undefined {
  return body.reasoning?.effort ?? body.reasoning_effort ?? undefined;
}

/** @throws {RefusedRequest} if the model does not take the effort. */
export function checkEffort(dialect: Dialect, model: FakeModel, body: ChatRequest): void {
  const effort = effortOf(body);
  if (effort === undefined) return;
  const refuse = (message: string, code?: string) => {
    throw new RefusedRequest({ status: 400, message, ...code === undefined ? {} : { code } });
  };
  if (dialect === "openrouter") {
    if (model.reasoning === "none" && body.provider?.require_parameters === true) {
      throw noEndpoint();
    }
    if (model.reasoning === "mandatory" && effort === "none") {
      refuse("Reasoning is mandatory for this endpoint and cannot be disabled.");
    }
  } else if (model.reasoning === "none") {
    refuse("Unrecognized request argument supplied: reasoning_effort");
  } else if (!model.reasoningEfforts.includes(effort)) {
    const message = "Unsupported value: 'reasoning_effort' does not support";
    refuse(`${message} '${effort}' with this model.`, "unsupported_value");
  }
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
  const median = EFFORTS[effort ?? (isResting ? "none" : "medium")]?.tokens ?? 0;
  return median === 0 ? 0 : Math.round(logNormal(median, SPREAD, seed, model.id, call, "thinking"));
}

/** Returns the factor by which a chosen effort multiplies a model's usual latency. */
export function latencyFactor(effort: string | undefined): number {
  return EFFORTS[effort ?? "medium"]?.latency ?? 1;
}

/** Returns the factor by which a chosen effort multiplies a model's error rate. */
export function mistakesLeft(model: FakeModel, effort: string | undefined): number {
  return model.reasoning === "none" ? 1 : EFFORTS[effort ?? "low"]?.mistakes ?? 1;
}
