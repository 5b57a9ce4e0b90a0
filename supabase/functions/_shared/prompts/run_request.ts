import { z } from "zod";
import { parametersSchema } from "../models/calls/parameters.ts";
import { modelNameSchema, providerSchema } from "../models/model_name.ts";
import { codeGraderSchema } from "./grade_with_code.ts";
import { promptGraderFields } from "./grade_with_model.ts";

/** Upper limits of a run; a cell is one call: model × row × repeat. */
export const PROMPT_RUN_LIMITS = {
  models: 12,
  repeats: 20,
  cells: 100_000,
} as const;

/**
 * Fields that name a prompt version: by its id, or by the prompt's id or name. Of a prompt it is the
 * newest version, or the one that `label` points to.
 */
const promptRefFields = {
  prompt_version_id: z.guid().exactOptional(),
  prompt_id: z.guid().exactOptional(),
  /** Name of the prompt. */
  prompt: z.string().min(1).max(200).exactOptional(),
  label: z.string().min(1).max(64).exactOptional(),
} as const;

const promptRefSchema = z.object(promptRefFields);
export type PromptRef = z.output<typeof promptRefSchema>;

function refineRef(ref: PromptRef, context: z.RefinementCtx): void {
  const given = [ref.prompt_version_id, ref.prompt_id, ref.prompt].filter((id) => id !== undefined);
  if (given.length !== 1) {
    context.addIssue({
      code: "custom",
      path: ["prompt_id"],
      message: "Send exactly one of prompt_version_id, prompt_id and prompt.",
    });
  }
  if (ref.label !== undefined && ref.prompt_version_id !== undefined) {
    context.addIssue({
      code: "custom",
      path: ["label"],
      message:
        "Send a label only with prompt_id or prompt: prompt_version_id already names a version.",
    });
  }
}

const promptGraderRequest = z.strictObject({ ...promptGraderFields, ...promptRefFields })
  .superRefine(refineRef);

/** Body of `POST /prompt-runs`. */
export const runRequestSchema = z.strictObject({
  ...promptRefFields,
  name: z.string().max(200).default(""),
  dataset_id: z.guid().exactOptional(),
  models: z.array(z.strictObject({
    provider: providerSchema,
    model: modelNameSchema,
    /** Name within the run; the default is the model's name. */
    label: z.string().min(1).max(200).exactOptional(),
  })).min(1).max(PROMPT_RUN_LIMITS.models),
  grader: z.union([promptGraderRequest, codeGraderSchema]).exactOptional(),
  repeats: z.int().min(1).max(PROMPT_RUN_LIMITS.repeats).default(1),
  parameters: parametersSchema.prefault({}),
  use_cache: z.boolean().default(false),
  /** USD; the default is the project's ceiling. */
  cost_ceiling_usd: z.number().nonnegative().exactOptional(),
}).superRefine(refineRef);
export type RunRequest = z.output<typeof runRequestSchema>;
