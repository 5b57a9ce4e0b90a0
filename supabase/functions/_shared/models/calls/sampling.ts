import type { ModelName } from "../model_name.ts";
import { bareName, vendorOf } from "../vendor.ts";

/** Sampling parameters, which control how a model chooses its next token. */
export interface Sampling {
  readonly temperature?: number;
  readonly top_p?: number;
  readonly seed?: number;
}

/** Sampling parameters that are sent, by the names that the endpoint knows. */
export interface SentSampling extends Sampling {
  readonly random_seed?: number;
}

/**
 * Returns the parameters that a model takes, by the names that its endpoint knows. The others are
 * left out, since providers answer 400 to parameters that they do not take:
 *
 * | models | left out or renamed |
 * | --- | --- |
 * | OpenAI's from gpt-5 on and all o-models | `temperature`, `top_p`, `seed` |
 * | Claude from Opus 4.7 and Sonnet 5 on | `temperature`, `top_p`, `seed` |
 * | earlier Claude | `seed`; `top_p` where there is a `temperature` |
 * | Google's endpoint | `seed` |
 * | Mistral's endpoint | `seed` is called `random_seed` |
 */
export function adaptSampling({ provider, model }: ModelName, sampling: Sampling): SentSampling {
  const { temperature, top_p, seed, ...others } = sampling;
  const isClaude = provider === "anthropic" || vendorOf(model) === "anthropic";
  if (samplesByItself(model)) return others;
  const takesSeed = seed !== undefined && !isClaude && provider !== "google";
  return {
    ...others,
    ...temperature === undefined ? {} : { temperature },
    ...top_p === undefined || (isClaude && temperature !== undefined) ? {} : { top_p },
    ...takesSeed ? { [provider === "mistral" ? "random_seed" : "seed"]: seed } : {},
  };
}

/** Returns true if a model refuses sampling parameters. */
function samplesByItself(model: string): boolean {
  const name = bareName(model);
  if (vendorOf(model) === "openai") return isReasoningOpenAi(name);
  return vendorOf(model) === "anthropic" && claudeVersion(name) >= 4.7;
}

function isReasoningOpenAi(name: string): boolean {
  return /^(o\d|gpt-([5-9]|\d\d)|gpt-([a-z]+-)?latest)/.test(name);
}

/**
 * Returns the version in a name: 4.5 for `claude-haiku-4-5-20251001`, infinity if there is none.
 */
function claudeVersion(name: string): number {
  const [, major, minor = "0"] = /^claude-(?:[a-z]+-)?(\d+)(?:[-.](\d{1,2}))?(?!\d)/.exec(name) ??
    [];
  return major === undefined ? Infinity : Number(`${major}.${minor}`);
}

const THINKING = [
  /^gemini-(2\.5|[3-9]|flash|pro)/,
  /^(magistral|deepseek-(r|v[4-9]|reasoner)|qwq|gpt-oss|glm-(4\.[5-9]|[5-9])|minimax-m|mimo|seed-)/,
  /^grok-([3-9]|\d\d)/,
  /^qwen(3\.|3-.*thinking|3-32b|[4-9])/,
  /^kimi-(k2\.|k2-thinking|k[3-9]|latest)/,
  /(thinking|reasoning|reasoner)/,
];

/** Returns true if a model of this name may think, which counts against its token limit. */
export function mayThink(model: string): boolean {
  const name = bareName(model);
  const vendor = vendorOf(model);
  if (vendor === "openai") return isReasoningOpenAi(name);
  if (vendor === "anthropic") return claudeVersion(name) >= 4.7;
  return THINKING.some((pattern) => pattern.test(name));
}
