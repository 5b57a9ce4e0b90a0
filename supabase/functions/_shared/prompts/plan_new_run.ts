import { refuseEffort } from "../models/calls/refuse_effort.ts";
import type { ModelLists } from "../models/catalogue/model_lists.ts";
import { parseContestant } from "../models/contestant.ts";
import type { TokenPrices } from "../models/token_prices.ts";
import type { FieldError } from "../platform/http/field_error.ts";
import { invalid, notFound, Problem } from "../platform/http/problem.ts";
import type { JsonObject } from "../platform/json/json_value.ts";
import { estimatePromptRun, type RunEstimate } from "./estimate_prompt_run.ts";
import { GRADER_FIELDS } from "./grade_with_model.ts";
import type {
  FieldSize,
  FoundDataset,
  FoundPrompt,
  PromptCatalogue,
  RunCeilings,
} from "./prompt_catalogue.ts";
import { PROMPT_RUN_LIMITS, type RunRequest } from "./run_request.ts";
import type { NewPromptRun, PromptRunStore } from "./store.ts";

/** Dependencies of {@link planNewRun}. */
export interface PlanRunDeps {
  readonly catalogue: PromptCatalogue;
  readonly lists: ModelLists;
  readonly runs: Pick<PromptRunStore, "findMissingField">;
}

/** Run that passed all checks, with its estimated cost. */
interface PlannedRun {
  readonly run: NewPromptRun;
  readonly estimate: RunEstimate;
}

/**
 * Plans a run and checks everything before anything is spent: prompt, dataset, each field of each row,
 * grader, models, and the estimate against the cost ceiling.
 *
 * @throws {Problem} `resource.not_found` if the owner has no such prompt or dataset;
 * `prompt_runs.missing_field` with `field` and `row_index`; `prompt_runs.over_budget` with `estimate`;
 * `request.invalid`
 */
export async function planNewRun(
  ownerId: string,
  request: RunRequest,
  deps: PlanRunDeps,
): Promise<PlannedRun> {
  const { catalogue } = deps;
  const promptGrader = request.grader?.type === "prompt" ? request.grader : null;
  const [prompt, graderPrompt, dataset, ceilings] = await Promise.all([
    catalogue.findPrompt(ownerId, request),
    promptGrader === null ? null : catalogue.findPrompt(ownerId, promptGrader),
    request.dataset_id === undefined ? null : catalogue.findDataset(ownerId, request.dataset_id),
    catalogue.readCeilings(),
  ]);
  if (prompt === null) throw notFound("The prompt");
  if (promptGrader !== null && graderPrompt === null) throw notFound("The grader prompt");
  if (request.dataset_id !== undefined && dataset === null) throw notFound("The dataset");

  const labels = request.models.map(({ label, model }) => label ?? model);
  const errors: FieldError[] = [
    ...checkTypes(prompt, graderPrompt),
    ...checkLabels(labels),
    ...await checkModels(request, deps),
    ...checkCeiling(request.cost_ceiling_usd ?? 0, ceilings),
  ];
  const ceiling = request.cost_ceiling_usd ?? ceilings.usual;
  const rows = dataset?.row_count ?? 1;
  const cells = rows * request.models.length * request.repeats;
  if (rows === 0) {
    errors.push({ path: "dataset_id", code: "empty", message: "The dataset has no rows." });
  }
  if (cells > PROMPT_RUN_LIMITS.cells) {
    errors.push({
      path: "dataset_id",
      code: "too_big",
      message: `The run would make ${cells} calls; at most ${PROMPT_RUN_LIMITS.cells} are allowed.`,
    });
  }
  if (errors.length > 0) throw invalid(errors);

  const fields = fieldsOf(request, prompt, graderPrompt);
  await checkFields(ownerId, request, dataset, fields, deps);

  const names = [...request.models, ...promptGrader === null ? [] : [promptGrader]];
  const [sizes, prices] = await Promise.all([
    request.dataset_id === undefined
      ? new Map<string, FieldSize>()
      : catalogue.measureFields(request.dataset_id, fields),
    catalogue.findPrices(
      names.map(({ provider, model }) => ({ provider, model: parseContestant(model).modelId })),
    ),
  ]);
  refuseUnpriced(request, labels, prices);
  const graderPrices = prices[request.models.length] ?? null;
  const expected = promptGrader === null ? undefined : sizes.get(promptGrader.expected);
  const { estimate, reservations, gradingReservation } = estimatePromptRun({
    body: prompt.body,
    rows,
    repeats: request.repeats,
    parameters: request.parameters,
    models: request.models.map(({ model }, index) => ({
      label: labels[index] ?? model,
      model,
      prices: prices[index] ?? null,
    })),
    fields: expected === undefined ? sizes : new Map([...sizes, ["expected", expected]]),
    grader: graderPrompt === null || request.grader?.type !== "prompt"
      ? null
      : { body: graderPrompt.body, model: request.grader.model, prices: graderPrices },
  }, ceiling);
  refuseOverBudget(estimate, Math.max(...reservations, gradingReservation));

  return {
    estimate,
    run: {
      name: request.name,
      prompt_version_id: prompt.version_id,
      dataset_id: request.dataset_id ?? null,
      grader_version_id: graderPrompt?.version_id ?? null,
      grader: storedGrader(request.grader, graderPrices),
      parameters: { ...request.parameters },
      repeats: request.repeats,
      use_cache: request.use_cache,
      estimated_cost_usd: estimate.total_usd,
      cost_ceiling_usd: ceiling,
      grading_reservation_usd: gradingReservation,
      models: request.models.map(({ provider, model }, index) => ({
        provider,
        model,
        label: labels[index] ?? model,
        input_price: prices[index]?.input ?? null,
        cached_input_price: prices[index]?.cached_input ?? null,
        output_price: prices[index]?.output ?? null,
        long_context: prices[index]?.long_context ?? null,
        reservation_usd: reservations[index] ?? 0,
      })),
    },
  };
}

/** Checks that the project allows this cost ceiling, in USD. */
export function checkCeiling(ceiling: number, { highest }: RunCeilings): FieldError[] {
  return ceiling <= highest ? [] : [{
    path: "cost_ceiling_usd",
    code: "too_big",
    message: `At most ${highest} USD are allowed.`,
  }];
}

function storedGrader(
  grader: RunRequest["grader"],
  prices: TokenPrices | null,
): JsonObject | null {
  if (grader === undefined) return null;
  if (grader.type !== "prompt") return { ...grader };
  const { type, provider, model, expected, scale } = grader;
  return { type, provider, model, expected, scale, prices: prices === null ? null : { ...prices } };
}

function checkTypes(prompt: FoundPrompt, grader: FoundPrompt | null): FieldError[] {
  const refuse = (path: string, is: string, wanted: string): FieldError => ({
    path,
    code: "wrong_type",
    message: `This prompt is a ${is} prompt: send a ${wanted} prompt.`,
  });
  return [
    ...prompt.type === "task" ? [] : [refuse("prompt_id", "grader", "task")],
    ...grader?.type === "task" ? [refuse("grader.prompt_id", "task", "grader")] : [],
  ];
}

function checkLabels(labels: readonly string[]): FieldError[] {
  return labels.flatMap((label, index) =>
    labels.indexOf(label) === index ? [] : [{
      path: `models.${index}.label`,
      code: "duplicate",
      message: `Another model of the run has the label ${label}: send a label of its own.`,
    }]
  );
}

async function checkModels(
  request: RunRequest,
  { lists, catalogue }: PlanRunDeps,
): Promise<FieldError[]> {
  const asked = [
    ...request.models.map((model, index) => ({ ...model, path: `models.${index}` })),
    ...request.grader?.type === "prompt" ? [{ ...request.grader, path: "grader" }] : [],
  ];
  const names = asked.map(({ provider, model }) => ({
    provider,
    model: parseContestant(model).modelId,
  }));
  const takers = await catalogue.findEfforts(names);
  const errors = await Promise.all(asked.map(async ({ provider, model, path }, index) => {
    if (!lists.isConfigured(provider)) {
      return {
        path: `${path}.provider`,
        code: "not_configured",
        message: `The project has no API key for ${provider}.`,
      };
    }
    const { modelId } = parseContestant(model);
    if (await lists.hasModel({ provider, model: modelId }) === false) {
      const message = `${provider} has no model ${modelId}.`;
      return { path: `${path}.model`, code: "not_found", message };
    }
    const taker = takers[index] ?? null;
    const refusal = taker === null ? null : refuseEffort(model, { ...taker, id: modelId });
    return refusal === null ? null : { path: `${path}.model`, code: "effort", message: refusal };
  }));
  return errors.filter((error) => error !== null);
}

/** Returns all fields that a row must have. */
function fieldsOf(
  { grader }: RunRequest,
  prompt: FoundPrompt,
  graderPrompt: FoundPrompt | null,
): string[] {
  const fields = new Set(prompt.placeholders);
  if (graderPrompt !== null && grader?.type === "prompt") {
    for (const name of graderPrompt.placeholders) {
      if (!GRADER_FIELDS.some((own) => own === name)) fields.add(name);
    }
    if (graderPrompt.placeholders.includes("expected")) fields.add(grader.expected);
  } else if (grader !== undefined && grader.type !== "prompt" && "expected" in grader) {
    fields.add(grader.expected);
  }
  return [...fields];
}

async function checkFields(
  ownerId: string,
  request: RunRequest,
  dataset: FoundDataset | null,
  fields: readonly string[],
  { runs }: PlanRunDeps,
): Promise<void> {
  if (fields.length === 0) return;
  if (dataset === null || request.dataset_id === undefined) {
    throw invalid([{
      path: "dataset_id",
      code: "required",
      message: `The run needs a dataset with the fields ${fields.join(", ")}.`,
    }]);
  }
  const absent = fields.find((field) =>
    !dataset.columns.includes(field) && !dataset.columns.includes(field.split(".")[0] ?? field)
  );
  const missing = absent === undefined
    ? await runs.findMissingField(ownerId, request.dataset_id, fields)
    : { field: absent, row_index: 0 };
  if (missing === null) return;
  const { field, row_index } = missing;
  throw new Problem(
    "prompt_runs.missing_field",
    `Row ${row_index} (counted from 0) has no field "${field}".`,
    {
      errors: [{
        path: "dataset_id",
        code: "missing_field",
        message: `Row ${row_index} has no field "${field}".`,
      }],
      members: { field, row_index },
    },
  );
}

/** Refuses a ceiling that the caller asked for if some cost is unknown: it could not be kept. */
function refuseUnpriced(
  request: RunRequest,
  labels: readonly string[],
  prices: readonly (TokenPrices | null)[],
): void {
  if (request.cost_ceiling_usd === undefined) return;
  const errors = prices.flatMap((price, index) => {
    if (price !== null) return [];
    const path = index < labels.length ? `models.${index}.model` : "grader.model";
    return [{
      path,
      code: "unpriced",
      message:
        "The model has no price, so the cost ceiling cannot be kept: add a price to model_prices.",
    }];
  });
  if (errors.length > 0) throw invalid(errors);
}

function refuseOverBudget(estimate: RunEstimate, maxCallUsd: number): void {
  const { ceiling_usd } = estimate;
  const total = estimate.total_usd ?? 0;
  if (total <= ceiling_usd && maxCallUsd <= ceiling_usd) return;
  const problem = total > ceiling_usd
    ? `The run would cost about ${total.toFixed(4)} USD`
    : `A single call may cost up to ${maxCallUsd.toFixed(4)} USD`;
  const detail = `${problem}; the cost ceiling is ${ceiling_usd} USD.`;
  throw new Problem("prompt_runs.over_budget", detail, {
    errors: [{ path: "cost_ceiling_usd", code: "over_budget", message: detail }],
    members: { estimate: { ...estimate, dearest_call_usd: maxCallUsd } },
  });
}
