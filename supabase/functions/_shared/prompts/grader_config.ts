import { z } from "zod";
import { modelNameSchema, providerSchema } from "../models/model_name.ts";
import { tokenPricesSchema } from "../models/token_prices.ts";
import { codeGraderSchema } from "./grade_with_code.ts";

/** A model that grades, as a caller asks for it beside the prompt that it is given. */
export const promptGraderFields = {
  type: z.literal("prompt"),
  provider: providerSchema,
  model: modelNameSchema,
  /** Field of the row that `{{expected}}` stands for. */
  expected: z.string().min(1).max(200).default("expected"),
  /** The highest score there is. */
  scale: z.number().positive().max(1_000).default(1),
} as const;

/** `runs.grader` where a model grades. */
const promptGraderSchema = z.strictObject({
  ...promptGraderFields,
  prices: tokenPricesSchema.nullable(),
});
export type PromptGrader = z.output<typeof promptGraderSchema>;

/** `runs.grader`. */
export const graderSchema = z.union([promptGraderSchema, codeGraderSchema]);
export type Grader = z.output<typeof graderSchema>;

/** What a grader prompt knows besides the fields of the row. */
export const GRADER_FIELDS = ["input", "output", "expected"] as const;
