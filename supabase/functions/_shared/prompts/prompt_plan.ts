import { z } from "zod";
import { parametersSchema, type RunParameters } from "../models/calls/parameters.ts";
import { longContextSchema, type TokenPrices } from "../models/token_prices.ts";
import { codeGraderSchema } from "./grade_with_code.ts";
import { promptGraderSchema } from "./grade_with_model.ts";
import { storedObject } from "./prompt_run.ts";

/** Run as the database hands it to a worker. */
export const loadedRunSchema = z.object({
  run: z.object({
    id: z.guid(),
    grader: storedObject.nullable(),
    parameters: storedObject,
    use_cache: z.boolean(),
  }),
  models: z.array(z.object({
    id: z.guid(),
    provider: z.string(),
    model: z.string(),
    /** USD per token, as the other prices; null if the model has no price. */
    input_price: z.number().nullable(),
    cached_input_price: z.number().nullable(),
    output_price: z.number().nullable(),
    long_context: longContextSchema.nullable(),
  })),
  prompt: z.object({ body: z.string() }),
  grader_prompt: z.object({ body: z.string() }).nullable(),
});
export type LoadedPromptRun = z.output<typeof loadedRunSchema>;

const graderSchema = z.union([promptGraderSchema, codeGraderSchema]);

/** Model with what a call to it needs. */
export interface PlannedModel {
  readonly provider: string;
  readonly model: string;
  readonly prices: TokenPrices | null;
}

/** Run with everything that its jobs have in common. */
export interface PromptPlan {
  readonly runId: string;
  /** By the id of the run's model. */
  readonly models: ReadonlyMap<string, PlannedModel>;
  readonly parameters: RunParameters;
  readonly body: string;
  readonly usesCache: boolean;
  readonly grader: z.output<typeof graderSchema> | null;
  /** Text of the grader prompt; null unless a model grades. */
  readonly graderBody: string | null;
}

/**
 * Plans a run once for all its jobs.
 *
 * @throws {z.ZodError} if the stored parameters or grader are not of this version of the code
 */
export function planPromptRun(loaded: LoadedPromptRun): PromptPlan {
  const { run, models, prompt, grader_prompt } = loaded;
  return {
    runId: run.id,
    models: new Map(models.map((model) => [model.id, {
      provider: model.provider,
      model: model.model,
      prices: pricesOf(model),
    }])),
    parameters: parametersSchema.parse(run.parameters),
    body: prompt.body,
    usesCache: run.use_cache,
    grader: run.grader === null ? null : graderSchema.parse(run.grader),
    graderBody: grader_prompt?.body ?? null,
  };
}

function pricesOf(model: LoadedPromptRun["models"][number]): TokenPrices | null {
  const { input_price: input, cached_input_price: cached, output_price: output, long_context } =
    model;
  return input === null || output === null
    ? null
    : { input, cached_input: cached ?? input, output, long_context };
}
