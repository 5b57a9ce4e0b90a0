import { z } from "zod";
import { PROVIDER_NAMES } from "./providers.ts";

export const providerSchema = z.enum(PROVIDER_NAMES);

export const modelNameSchema = z.string().min(1).max(200);

/** A model by its endpoint and the name that it has there. */
export interface ModelName {
  readonly provider: string;
  readonly model: string;
}
