import { z } from "zod";
import { parametersSchema } from "../models/calls/parameters.ts";
import { modelNameSchema, providerSchema } from "../models/model_name.ts";
import { PROMPT_RUN_LIMITS } from "./config.ts";
import { codeGraderSchema } from "./grade_with_code.ts";
import { promptGraderFields } from "./grader_config.ts";

/** Which version of which prompt: one version, or a prompt's newest, or the one under a label. */
const promptRefFields = {
  prompt_version_id: z.guid().exactOptional(),
  prompt_id: z.guid().exactOptional(),
  /** A prompt's name. */
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
      message: "Send one of prompt_version_id, prompt_id and prompt.",
    });
  }
  if (ref.label !== undefined && ref.prompt_version_id !== undefined) {
    context.addIssue({
      code: "custom",
      path: ["label"],
      message: "A version is one already: a label goes with prompt_id or prompt.",
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
    /** By default the model's name. */
    label: z.string().min(1).max(200).exactOptional(),
  })).min(1).max(PROMPT_RUN_LIMITS.models),
  grader: z.union([promptGraderRequest, codeGraderSchema]).exactOptional(),
  repeats: z.int().min(1).max(PROMPT_RUN_LIMITS.repeats).default(1),
  parameters: parametersSchema.prefault({}),
  use_cache: z.boolean().default(false),
  /** USD; by default the project's. */
  cost_ceiling_usd: z.number().nonnegative().exactOptional(),
}).superRefine(refineRef);
export type RunRequest = z.output<typeof runRequestSchema>;
