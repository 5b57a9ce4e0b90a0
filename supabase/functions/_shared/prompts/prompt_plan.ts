import { parametersSchema, type RunParameters } from "../models/calls/parameters.ts";
import type { TokenPrices } from "../models/token_prices.ts";
import { type Grader, graderSchema } from "./grader_config.ts";
import type { LoadedPromptRun } from "./ports.ts";

/** A model as calls to it are made. */
export interface PlannedModel {
  readonly provider: string;
  readonly model: string;
  readonly prices: TokenPrices | null;
}

/** A run as a worker carries it out. */
export interface PromptPlan {
  readonly runId: string;
  /** By the id of the run's model. */
  readonly models: ReadonlyMap<string, PlannedModel>;
  readonly parameters: RunParameters;
  readonly body: string;
  readonly usesCache: boolean;
  readonly grader: Grader | null;
  /** What a model that grades is given. */
  readonly graderBody: string | null;
}

/** Reads a run once for all its jobs. */
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
