import { parseContestant } from "./contestant.ts";

/** Company whose models need requests of their own; `other` for all the rest. */
export type Vendor = "openai" | "anthropic" | "google" | "mistral" | "xai" | "other";

const VENDORS: readonly (readonly [Vendor, RegExp])[] = [
  // Open weights: every provider serves them in its own way.
  ["other", /^gpt-oss/],
  ["openai", /^(gpt|chatgpt|o\d)/],
  ["anthropic", /^claude/],
  ["google", /^gemini/],
  ["mistral", /^(open-)?(mistral|ministral|magistral|pixtral|codestral|devstral)/],
  ["xai", /^grok/],
];

/** Returns the company that made a model, by the model's name. */
export function vendorOf(model: string): Vendor {
  const name = bareName(model);
  return VENDORS.find(([, pattern]) => pattern.test(name))?.[0] ?? "other";
}

/** Returns a model's name in lower case, without the company before it and the effort after it. */
export function bareName(model: string): string {
  return parseContestant(model.slice(model.lastIndexOf("/") + 1)).modelId.toLowerCase();
}
