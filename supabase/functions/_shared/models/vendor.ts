import { parseContestant } from "./contestant.ts";

/** Company whose models ask for requests of their own; `other` where nothing is known. */
export type Vendor = "openai" | "anthropic" | "google" | "mistral" | "xai" | "other";

/** Model as a request names it. */
export interface ModelName {
  /** Endpoint that serves it: `base_url_key`. */
  readonly provider: string;
  /** Its name there or in the catalogue: `gpt-5-mini`, `openai/gpt-5-mini`. */
  readonly model: string;
}

const VENDORS: readonly (readonly [Vendor, RegExp])[] = [
  // Open weights are served by anybody, in anybody's way.
  ["other", /^gpt-oss/],
  ["openai", /^(gpt|chatgpt|o\d)/],
  ["anthropic", /^claude/],
  ["google", /^gemini/],
  ["mistral", /^(open-)?(mistral|ministral|magistral|pixtral|codestral|devstral)/],
  ["xai", /^grok/],
];

/** Returns the company behind a model, by the model's name. */
export function vendorOf(model: string): Vendor {
  const name = bareName(model);
  return VENDORS.find(([, pattern]) => pattern.test(name))?.[0] ?? "other";
}

/** Returns a model's name without the companies before it and the effort behind it, in lower case. */
export function bareName(model: string): string {
  return parseContestant(model.slice(model.lastIndexOf("/") + 1)).modelId.toLowerCase();
}
