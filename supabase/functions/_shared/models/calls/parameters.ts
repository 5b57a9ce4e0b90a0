import { z } from "zod";

/** Largest token limit of one call to a text model, thinking included. */
export const MAX_TOKENS = 32_768;

/** Parameters of a text model's calls. The provider's default applies to those that are absent. */
export const parametersSchema = z.strictObject({
  temperature: z.number().min(0).max(2).exactOptional(),
  top_p: z.number().gt(0).max(1).exactOptional(),
  /** Token limit, thinking included. If absent, the one of `limitAnswer`. */
  max_tokens: z.int().min(1).max(MAX_TOKENS).exactOptional(),
  seed: z.int().exactOptional(),
});

export type RunParameters = z.output<typeof parametersSchema>;

/** Parameters of one call, its token limit included. */
export type TextParameters = RunParameters & { readonly max_tokens: number };
