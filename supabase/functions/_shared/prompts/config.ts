import { z } from "zod";
import { PROVIDER_NAMES } from "../models/providers.ts";

/** How large a run may be. */
export const PROMPT_RUN_LIMITS = {
  models: 12,
  repeats: 20,
  cells: 100_000,
  maxTokens: 32_768,
} as const;

/** What models are asked with; what is left out is the provider's to choose. */
export const parametersSchema = z.strictObject({
  temperature: z.number().min(0).max(2).exactOptional(),
  top_p: z.number().gt(0).max(1).exactOptional(),
  /** Thinking included; absent, what `limitAnswer` allows. */
  max_tokens: z.int().min(1).max(PROMPT_RUN_LIMITS.maxTokens).exactOptional(),
  seed: z.int().exactOptional(),
});
export type RunParameters = z.output<typeof parametersSchema>;
/** Parameters of one call, its token limit included. */
export type TextParameters = RunParameters & { readonly max_tokens: number };

export const providerSchema = z.enum(PROVIDER_NAMES);
export const modelNameSchema = z.string().min(1).max(200);
