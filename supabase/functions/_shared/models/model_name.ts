import { z } from "zod";
import { PROVIDER_NAMES } from "./providers.ts";

export const providerSchema = z.enum(PROVIDER_NAMES);

export const modelNameSchema = z.string().min(1).max(200);

/** A model by its endpoint and its name there. */
export interface ModelName {
  /** Name of the provider that serves it: `base_url_key`. */
  readonly provider: string;
  /** Its name there or in the catalogue: `gpt-5-mini`, `openai/gpt-5-mini`. */
  readonly model: string;
}
