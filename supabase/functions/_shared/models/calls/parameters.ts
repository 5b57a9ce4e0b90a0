import { z } from "zod";

/** Most tokens that one call of a text model may ask for, thinking included. */
export const MAX_TOKENS = 32_768;

/** What models are asked with; what is left out is the provider's to choose. */
export const parametersSchema = z.strictObject({
  temperature: z.number().min(0).max(2).exactOptional(),
  top_p: z.number().gt(0).max(1).exactOptional(),
  /** Thinking included; absent, what `limitAnswer` allows. */
  max_tokens: z.int().min(1).max(MAX_TOKENS).exactOptional(),
  seed: z.int().exactOptional(),
});

export type RunParameters = z.output<typeof parametersSchema>;

/** Parameters of one call, its token limit included. */
export type TextParameters = RunParameters & { readonly max_tokens: number };
