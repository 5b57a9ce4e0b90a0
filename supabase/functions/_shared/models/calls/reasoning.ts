import { type Effort, parseContestant } from "../contestant.ts";
import type { ModelName } from "../model_name.ts";
import { bareName } from "../vendor.ts";
import { mayThink } from "./sampling.ts";

/**
 * Kinds of reasoning: a model never thinks before it answers (`none`), can be told not to
 * (`optional`) or always does (`mandatory`).
 */
export const REASONING = ["none", "optional", "mandatory"] as const;
export type Reasoning = (typeof REASONING)[number];

/** Parameters of a request that set the effort. None are set if the provider's default applies. */
export interface SentEffort {
  /** Parameter of OpenRouter. */
  readonly reasoning?: { readonly effort: Effort };
  /** Parameter of all other providers but Anthropic. */
  readonly reasoning_effort?: Effort;
  /** Parameter of Anthropic, whose endpoint ignores `reasoning_effort`. */
  readonly thinking?:
    | { readonly type: "adaptive" | "disabled" }
    | { readonly type: "enabled"; readonly budget_tokens: number };
  readonly output_config?: { readonly effort: string };
}

interface Thinking {
  /** Predicted tokens: the mean of the simulated providers. */
  readonly usual: number;
  /** Tokens that the token limit leaves for thinking. */
  readonly room: number;
}

/**
 * Thinking for one answer, in tokens. No figures for receipts and invoices are published. `usual`
 * is within the range of public reports about GPT-5 and Gemini on short documents (500 to 1,800 at
 * the default). `room` is about six times as much, so that few answers are cut off.
 */
const THINKING: Readonly<Record<Effort, Thinking>> = {
  none: { usual: 0, room: 0 },
  minimal: { usual: 150, room: 1_024 },
  low: { usual: 600, room: 4_096 },
  medium: { usual: 1_400, room: 8_192 },
  high: { usual: 4_000, room: 16_384 },
  xhigh: { usual: 9_000, room: 32_768 },
  max: { usual: 18_000, room: 65_536 },
};

/** A contestant's id, with the model's reasoning if the catalogue has it. */
export interface ThinkingModel {
  readonly id: string;
  readonly reasoning?: Reasoning;
}

/** Returns the tokens that a contestant is predicted to think for before one answer. */
export function predictThinking(model: ThinkingModel): number {
  const { effort } = parseContestant(model.id);
  return effort === null && model.reasoning !== "mandatory" && restsUnasked(model.id)
    ? 0
    : THINKING[effortOf(model)].usual;
}

/** Returns the token limit for an answer of `tokens`, with room to think if the model may. */
export function roomFor(model: ThinkingModel, tokens: number): number {
  return tokens + THINKING[effortOf(model)].room;
}

/**
 * Returns the effort that a model is expected to make: `none` if it does not think, else the chosen
 * one, else `medium`, the default of most providers.
 */
function effortOf({ id, reasoning }: ThinkingModel): Effort {
  const { effort } = parseContestant(id);
  if (reasoning === "none" || neverThinks(id)) return "none";
  if (effort !== null) return effort;
  return reasoning !== undefined || mayThink(id) ? "medium" : "none";
}

/**
 * Returns the parameters that set a contestant's effort; `model` is its id:
 *
 * | endpoint | parameter |
 * | --- | --- |
 * | OpenRouter | `reasoning: {effort}` |
 * | OpenAI, and what is compatible with it | `reasoning_effort` |
 * | Groq, Cerebras | `reasoning_effort`: `low`, `medium`, `high` for gpt-oss; for Qwen and GLM `none`, or nothing |
 * | Google | `reasoning_effort`: `none`, `minimal`, `low`, `medium`, `high` |
 * | Mistral | `reasoning_effort`: `none` or `high` |
 * | Anthropic | `thinking` and, from Opus 4.6 and Sonnet 4.6 on, `output_config: {effort}` |
 *
 * Checkout has already checked that the model takes the effort. The result is empty for an effort
 * that contradicts a model known to think always, or never.
 */
export function sendEffort(
  { provider, model, reasoning }: ModelName & { readonly reasoning?: Reasoning | undefined },
): SentEffort {
  const { effort } = parseContestant(model);
  if (effort === null || reasoning === "none" || neverThinks(model)) return {};
  if (effort === "none" && (reasoning === "mandatory" || mustThink(model))) return {};
  if (provider === "openrouter") return { reasoning: { effort } };
  if (provider === "anthropic") return tellClaude(model, effort);
  const name = bareName(model);
  if (name.startsWith("gpt-oss")) return { reasoning_effort: toThree(effort) };
  switch (provider) {
    case "groq":
    case "cerebras":
      return effort === "none" ? { reasoning_effort: "none" } : {};
    case "google":
      return { reasoning_effort: effort === "xhigh" || effort === "max" ? "high" : effort };
    case "mistral":
      return { reasoning_effort: effort === "none" ? "none" : "high" };
    default:
      return { reasoning_effort: effort };
  }
}

function toThree(effort: Effort): Effort {
  if (effort === "none" || effort === "minimal") return "low";
  return effort === "xhigh" || effort === "max" ? "high" : effort;
}

function tellClaude(model: string, effort: Effort): SentEffort {
  if (effort === "none") return { thinking: { type: "disabled" } };
  // Models before 4.6 take a budget of tokens; later ones decide for themselves, guided by the
  // effort.
  const [, major, minor = "0"] = /(\d+)(?:[-.](\d))?(?!\d)/.exec(bareName(model)) ?? [];
  return major === undefined || Number(`${major}.${minor}`) >= 4.6
    ? {
      thinking: { type: "adaptive" },
      output_config: { effort: effort === "minimal" ? "low" : effort },
    }
    : { thinking: { type: "enabled", budget_tokens: THINKING[effort].room } };
}

/** Returns true if a model is known to refuse the effort `none`. */
function mustThink(model: string): boolean {
  return /^(o\d|gpt-5(?!\.)|gpt-oss|gemini-([3-9]|2\.5-pro)|magistral|qwq|seed-|deepseek-r)|thinking/
    .test(bareName(model));
}

/** Returns true if a model is known never to think, whatever effort is asked for. */
function neverThinks(model: string): boolean {
  return /^(gpt-[34]|chatgpt|pixtral|ministral|mistral-large|llama)|-instruct/.test(
    bareName(model),
  );
}

/** Returns true if a model that can think is known to do so only if the request asks for it. */
function restsUnasked(model: string): boolean {
  return /^(gpt-5\.[1-4]|claude|mistral|gemma|nova)/.test(bareName(model));
}
