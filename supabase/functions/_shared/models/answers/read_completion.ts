import { tryParseJson } from "../../platform/json/try_parse_json.ts";
import { roundUsd } from "../../platform/round_usd.ts";
import type { AnswerEnding, CompletionOutcome, TokenUsage } from "../calls/model_call.ts";
import { classifyError, saysAnything } from "../errors/provider_errors.ts";
import { readServed } from "./served.ts";

/** Facts about a call that are needed to read its chat completion. */
export interface CompletionContext {
  /** The model's name as it was sent. */
  readonly asked: string;
  readonly headers: { get(name: string): string | null };
  /** Computes the cost in USD if the provider's answer names none; null if no price is known. */
  readonly price: (usage: TokenUsage) => number | null;
  /** Milliseconds from sending to the last byte. */
  readonly elapsedMs: number;
  /** Keys to remove from messages, since a provider may quote them. */
  readonly secrets: readonly string[];
}

/** A JSON object with unknown members. */
type Loose = Readonly<Record<string, unknown>>;

/**
 * Parses the body of an answer, whatever its content type: JSON, also after white space, or a
 * stream of events although none was requested. Other text is returned as it is.
 */
export function parseBody(text: string): unknown {
  const trimmed = text.replace(/^\uFEFF/, "").trim();
  const json = tryParseJson(trimmed);
  if (json !== undefined) return json;
  return /^(data|event|id|:)/.test(trimmed) ? joinEvents(trimmed) ?? trimmed : trimmed;
}

/**
 * Judges a response with HTTP 200: an answer of the model with its ending, or a failure after all.
 *
 * @param body from {@link parseBody}.
 */
export function readCompletion(body: unknown, context: CompletionContext): CompletionOutcome {
  const served = readServed(context.headers, body, context.asked);
  return { ...judgeCompletion(body, context), served };
}

function judgeCompletion(body: unknown, context: CompletionContext): CompletionOutcome {
  const { price, secrets, elapsedMs } = context;
  if (typeof body === "string" && body.startsWith("<")) {
    return classifyError({ error: body, status: 200, retryAfterMs: null, cost: null, secrets });
  }
  const completion = asObject(body);
  if (completion === null) return fail("garbled", "The answer is not a chat completion.", null);
  const counted = readUsage(completion["usage"]);
  const cost = readCost(completion["usage"], counted, price);
  const choice = Array.isArray(completion["choices"]) ? asObject(completion["choices"][0]) : null;

  for (const error of [completion["error"], choice?.["error"]]) {
    if (saysAnything(error)) {
      return classifyError({ error, status: 200, retryAfterMs: null, cost, secrets });
    }
  }
  const message = asObject(choice?.["message"]) ?? asObject(choice?.["delta"]);
  if (choice === null || message === null) return judgeEmpty(completion, counted, cost, context);

  const text = readContent(message["content"]);
  const refusal = readRefusal(message);
  const ending = readEnding(choice, text);
  if (ending === "broken") return fail("server", "The provider broke the answer off.", cost);
  const answer = (written: string, end: AnswerEnding): CompletionOutcome => ({
    kind: "answer",
    text: written,
    ending: end,
    usage: counted,
    cost,
    responseTimeMs: Math.round(elapsedMs),
  });
  if (refusal !== "") return answer(text === "" ? refusal : text, "refusal");
  if (text !== "" || ending !== "stop") return answer(text, ending);
  // vLLM may return an answer without thinking as thinking.
  const thoughts = readContent(message["reasoning_content"]) || readContent(message["reasoning"]);
  if (beginsAsJson(thoughts) && tryParseJson(thoughts) !== undefined) {
    return answer(thoughts, "stop");
  }
  // A model that is still loading answers with nothing, free of charge.
  if (counted?.outputTokens === 0) return fail("empty", "The model wrote nothing.", cost);
  return answer("", "stop");
}

/** Judges an answer without choices: Google withheld the prompt, an error, or nothing at all. */
function judgeEmpty(
  completion: Loose,
  counted: TokenUsage | null,
  cost: number | null,
  { secrets }: CompletionContext,
): CompletionOutcome {
  const isError = completion["object"] === "error" || saysAnything(completion["detail"]) ||
    saysAnything(completion["errors"]) || saysAnything(completion["message"]);
  if (isError) {
    return classifyError({ error: completion, status: 200, retryAfterMs: null, cost, secrets });
  }
  if (counted !== null && counted.inputTokens > 0 && counted.outputTokens === 0) {
    const message = "The provider read the request and withheld it from the model.";
    return { kind: "rejected", reason: "filtered", message, charge: chargeOf(cost), cost };
  }
  return fail("garbled", "The answer holds no choices.", cost);
}

const LENGTH = /^(length|(max|model)_(\w+_)?(tokens|length)|token_limit)$/;
const FILTERED =
  /content_?filter|safety|recitation|blocklist|prohibited|spii|sensitive|guardrail|moderation|content_policy/;
const BROKEN =
  /^(error|abort(ed)?|insufficient_system_resource|cancell?ed|network_error|engine_\w+|server_error|malformed_\w+|timeout|unexpected_\w+|unknown)$/;

/** Returns the reason an answer ended, or `broken` if the provider failed while writing it. */
function readEnding(choice: Loose, text: string): AnswerEnding | "broken" {
  const said = endingOf(choice["finish_reason"]);
  if (said !== null && (said !== "stop" || text !== "")) return said;
  // If the normalised reason says nothing, the one of the model's own API may.
  const native = endingOf(choice["native_finish_reason"]);
  if (native !== null && native !== "stop" && text === "") return native;
  // Without any reason the answer counts as complete unless it looks cut off.
  return said === null && beginsAsJson(text) && tryParseJson(text) === undefined
    ? "broken"
    : "stop";
}

/** Reads a `finish_reason` as providers write it; null if there is none. */
export function endingOf(reason: unknown): AnswerEnding | "broken" | null {
  if (typeof reason !== "string" || reason === "") return null;
  const word = reason.toLowerCase();
  if (LENGTH.test(word)) return "length";
  if (/refus/.test(word)) return "refusal";
  if (FILTERED.test(word)) return "filtered";
  return BROKEN.test(word) ? "broken" : "stop";
}

/** Returns the text of a message: a string, or an array of parts of which some are thinking. */
export function readContent(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part: unknown) => {
    if (typeof part === "string") return part;
    const { type, text } = asObject(part) ?? {};
    const isText = type === undefined || type === "text" || type === "output_text";
    return isText && typeof text === "string" ? text : "";
  }).join("");
}

function readRefusal(message: Loose): string {
  if (typeof message["refusal"] === "string") return message["refusal"];
  if (!Array.isArray(message["content"])) return "";
  return message["content"].map((part: unknown) => asObject(part)?.["refusal"])
    .filter((refusal) => typeof refusal === "string").join("");
}

/** Reads token counts, each on its own. Null if the input or the output is unknown. */
export function readUsage(usage: unknown): TokenUsage | null {
  const told = asObject(usage);
  if (told === null) return null;
  const prompt = readCount(told, "prompt_tokens", "input_tokens");
  const completion = readCount(told, "completion_tokens", "output_tokens");
  const total = readCount(told, "total_tokens");
  const read = asObject(told["prompt_tokens_details"]) ?? asObject(told["input_tokens_details"]) ??
    {};
  const written = asObject(told["completion_tokens_details"]) ??
    asObject(told["output_tokens_details"]) ?? {};
  const reasoning = readCount(written, "reasoning_tokens") ?? readCount(told, "reasoning_tokens");

  const inputTokens = prompt ??
    (total !== null && completion !== null && total >= completion ? total - completion : null);
  if (inputTokens === null) return null;
  const outputTokens = countOutput(inputTokens, completion, total, reasoning);
  if (outputTokens === null) return null;
  const cached = readCount(read, "cached_tokens") ??
    readCount(told, "cached_tokens", "prompt_cache_hit_tokens", "cache_read_input_tokens") ?? 0;
  const cachedTokens = Math.min(cached, inputTokens);
  const cacheWritten = readCount(read, "cache_write_tokens", "cache_creation_tokens") ??
    readCount(told, "cache_creation_input_tokens") ?? 0;
  const cacheWriteTokens = Math.min(cacheWritten, inputTokens - cachedTokens);
  return { inputTokens, outputTokens, cachedTokens, cacheWriteTokens, reasoningTokens: reasoning };
}

/**
 * Returns the tokens that are billed as output. Google and xAI leave thinking out of
 * `completion_tokens` and bill it, so everything in the total beyond the prompt is output.
 */
function countOutput(
  input: number,
  completion: number | null,
  total: number | null,
  reasoning: number | null,
): number | null {
  if (total !== null && total > input + (completion ?? 0)) return total - input;
  if (completion === null) return total === null ? null : 0;
  return total === null && reasoning !== null && reasoning > completion
    ? completion + reasoning
    : completion;
}

/** Returns the USD that the provider states, or else tokens times prices. */
function readCost(
  usage: unknown,
  counted: TokenUsage | null,
  price: CompletionContext["price"],
): number | null {
  const told = asObject(usage) ?? {};
  const stated = amount(told["cost"]) ?? amount(asObject(told["cost"])?.["total_cost"]) ??
    amount(told["total_cost"]) ?? amount(told["estimated_cost"]);
  const upstream = amount(asObject(told["cost_details"])?.["upstream_inference_cost"]);
  if (told["is_byok"] === true) {
    // For a call with the customer's own key OpenRouter states its fee and, separately, the
    // upstream's price.
    return upstream === null ? null : roundUsd((stated ?? 0) + upstream);
  }
  if (stated === 0 && upstream !== null && told["is_byok"] === undefined) return roundUsd(upstream);
  if (stated !== null) return roundUsd(stated);
  return counted === null ? null : price(counted);
}

/** Joins a stream's chunks to one chat completion; null if they are none. */
function joinEvents(text: string): Loose | null {
  const joined: Record<string, unknown> = {};
  const parts = { content: "", refusal: "", reasoning_content: "" };
  let finish: unknown = null;
  let isChat = false;
  for (const [, data = ""] of text.matchAll(/^data:(.*)$/gm)) {
    const chunk = asObject(tryParseJson(data));
    if (chunk === null) continue;
    for (const name of ["id", "model", "provider", "usage", "error"]) {
      if (chunk[name] != null) joined[name] = chunk[name];
    }
    const choice = Array.isArray(chunk["choices"]) ? asObject(chunk["choices"][0]) : null;
    const delta = asObject(choice?.["delta"]) ?? asObject(choice?.["message"]);
    isChat ||= choice !== null || chunk["error"] != null;
    finish = choice?.["finish_reason"] ?? finish;
    if (choice?.["error"] != null) joined["error"] = choice["error"];
    parts.content += readContent(delta?.["content"]);
    for (const name of ["refusal", "reasoning_content"] as const) {
      if (typeof delta?.[name] === "string") parts[name] += delta[name];
    }
  }
  return isChat ? { ...joined, choices: [{ finish_reason: finish, message: parts }] } : null;
}

function beginsAsJson(text: string): boolean {
  return /^\s*[[{]/.test(text);
}

function asObject(value: unknown): Loose | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Loose
    : null;
}

function amount(value: unknown): number | null {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) && number >= 0 ? number : null;
}

/** Returns the first of these members that is a count, or null. */
function readCount(source: Loose, ...names: readonly string[]): number | null {
  const number = names.map((name) => amount(source[name])).find((found) => found !== null);
  return number === undefined ? null : Math.round(number);
}

function chargeOf(cost: number | null): "none" | "unknown" {
  return cost === 0 ? "none" : "unknown";
}

function fail(
  reason: "empty" | "garbled" | "server",
  message: string,
  cost: number | null,
): CompletionOutcome & { kind: "transient" } {
  return { kind: "transient", reason, message, retryAfterMs: null, charge: chargeOf(cost), cost };
}
