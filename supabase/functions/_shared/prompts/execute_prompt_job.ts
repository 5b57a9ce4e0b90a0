import { limitAnswer, limitGrade } from "../models/calls/token_limit.ts";
import { MAX_OUTPUT_CHARACTERS, storableText } from "../models/answers/parse_output.ts";
import { askTextModel } from "../models/calls/ask_text_model.ts";
import {
  callWithRetries,
  concludeCall,
  type RetryDeps,
} from "../models/calls/call_with_retries.ts";
import type { Answer, TextModels } from "../models/calls/model_call.ts";
import type { RunParameters, TextParameters } from "../models/calls/parameters.ts";
import type { JobContext } from "../platform/jobs/run_worker.ts";
import { hashJson } from "../platform/json/hash_json.ts";
import type { CachedAnswer, LookUpCached } from "./cached_answers.ts";
import { type Grade, gradeWithCode } from "./grade_with_code.ts";
import { parseGrade, renderGraderPrompt } from "./grade_with_model.ts";
import type {
  AnsweredCell,
  AnsweredGrade,
  PromptCellJob,
  PromptGradeJob,
  PromptJob,
  PromptResult,
  UnsentPrompt,
} from "./prompt_job.ts";
import type { PlannedModel, PromptPlan } from "./prompt_plan.ts";
import { renderPrompt } from "./render_prompt.ts";

/** Dependencies of {@link executeCell} and {@link executeGrade}. */
export interface ExecutePromptDeps extends RetryDeps {
  readonly models: TextModels;
  readonly lookUpCached: LookUpCached;
  /** Milliseconds that one call may take. */
  readonly timeoutMs: number;
}

/**
 * Executes a cell: renders the prompt, looks it up in the cache, asks the model, and grades the answer
 * if code grades.
 *
 * @throws {MissingFieldError} before anything is spent, if the row lacks a field of the prompt
 */
export async function executeCell(
  job: PromptCellJob,
  plan: PromptPlan,
  deps: ExecutePromptDeps,
  context: JobContext,
): Promise<PromptResult | UnsentPrompt> {
  const model = plan.models.get(job.run_model_id);
  if (model === undefined) throw new Error(`the run has no model ${job.run_model_id}`);
  const lease = { job_id: job.job_id, attempt: job.attempt };
  const prompt = renderPrompt(plan.body, job.data ?? {});
  let cacheKey: string | null = null;
  if (plan.usesCache) {
    cacheKey = keyOf(model, plan.parameters, prompt);
    const cached = await deps.lookUpCached(plan.runId, { key: cacheKey, repeat: job.repeat });
    if (cached !== null) return serveCached(job, cached, plan);
  }
  const { limit, raised } = limitAnswer(model.model, plan.parameters);
  const parameters = { ...plan.parameters, max_tokens: limit };
  const call = await ask({ ...model, prompt, parameters }, raised, job, deps, context);
  if (call.answer === null) return call.result;
  const { answer } = call;
  const output_text = storableText(answer.text.slice(0, MAX_OUTPUT_CHARACTERS));
  return {
    ...lease,
    ...call.pace,
    outcome: "complete",
    output_text,
    answer_ending: answer.ending,
    latency_ms: answer.responseTimeMs,
    ...tokensOf(answer),
    ...servedBy(answer),
    ...costOf(answer, model),
    // An answer that was cut off or withheld is not cached: another try may bring a whole one.
    ...cacheKey === null || answer.ending !== "stop" ? {} : { cache_key: cacheKey },
    ...gradeByCode(plan, answer.text, job),
  };
}

/**
 * Has a model grade an answer. If no score can be read from what it wrote, the grade is an error and not
 * a zero.
 *
 * @throws {MissingFieldError} before anything is spent, if the row lacks a field of a prompt
 */
export async function executeGrade(
  job: PromptGradeJob,
  plan: PromptPlan,
  deps: ExecutePromptDeps,
  context: JobContext,
): Promise<PromptResult | UnsentPrompt> {
  const { grader, graderBody } = plan;
  if (grader?.type !== "prompt" || graderBody === null) {
    throw new Error("the run is not graded by a model");
  }
  const { data, output_text } = job;
  const prompt = renderGraderPrompt(
    graderBody,
    plan.body,
    data ?? {},
    output_text,
    grader.expected,
  );
  const { limit, raised } = limitGrade(grader.model);
  const parameters: TextParameters = { temperature: 0, max_tokens: limit };
  const call = await ask({ ...grader, prompt, parameters }, raised, job, deps, context);
  if (call.answer === null) return call.result;
  return {
    job_id: job.job_id,
    attempt: job.attempt,
    ...call.pace,
    outcome: "complete",
    ...costOf(call.answer, grader),
    ...toColumns(parseGrade(call.answer.text, grader.scale)),
  };
}

type Call =
  | { readonly answer: Answer; readonly pace: Pace }
  | { readonly answer: null; readonly result: PromptResult | UnsentPrompt };

type Pace = Pick<AnsweredCell, "rate_limited" | "pause_ms">;

async function ask(
  request: PlannedModel & { readonly prompt: string; readonly parameters: TextParameters },
  raisedLimit: number | null,
  job: PromptJob,
  deps: ExecutePromptDeps,
  context: JobContext,
): Promise<Call> {
  let wasRefused = false;
  let pauseMs: number | null = null;
  const call = await callWithRetries(
    {
      job,
      timeoutMs: deps.timeoutMs,
      probe: (signal) => deps.models.probe(request.provider, signal),
      send: async (timeoutMs) => {
        const reply = await askTextModel(
          deps.models,
          { ...request, timeoutMs },
          raisedLimit,
          context,
        );
        const { outcome } = reply;
        wasRefused ||= outcome.kind === "transient" && outcome.reason === "busy";
        pauseMs = reply.pauseMs;
        return outcome;
      },
    },
    deps,
    context,
  );
  const pace: Pace = {
    ...wasRefused || pauseMs !== null ? { rate_limited: true } : {},
    ...pauseMs === null ? {} : { pause_ms: pauseMs },
  };
  const ended = concludeCall(call);
  if ("kind" in ended) return { answer: ended, pace };
  return { answer: null, result: { job_id: job.job_id, attempt: job.attempt, ...pace, ...ended } };
}

/** Returns the SHA-256 of everything that determines an answer, except for the repeat. */
function keyOf(model: PlannedModel, parameters: RunParameters, prompt: string): string {
  return hashJson([model.provider, model.model, { ...parameters }, prompt]);
}

function serveCached(job: PromptCellJob, cached: CachedAnswer, plan: PromptPlan): PromptResult {
  return {
    job_id: job.job_id,
    attempt: job.attempt,
    outcome: "complete",
    output_text: cached.output_text,
    // Only whole answers are cached.
    answer_ending: "stop",
    latency_ms: cached.latency_ms ?? 0,
    tokens_in: cached.tokens_in,
    tokens_out: cached.tokens_out,
    tokens_cached: cached.tokens_cached,
    is_cached: true,
    actual_cost: 0,
    ...gradeByCode(plan, cached.output_text, job),
  };
}

function gradeByCode(
  { grader }: PromptPlan,
  output: string,
  { data }: PromptCellJob,
): Partial<GradeColumns> {
  return grader === null || grader.type === "prompt"
    ? {}
    : toColumns(gradeWithCode(grader, output, data ?? {}));
}

type GradeColumns = Pick<AnsweredGrade, "grader_score" | "grader_reason" | "grader_error">;

function toColumns(grade: Grade): GradeColumns {
  return "error" in grade
    ? { grader_score: null, grader_reason: null, grader_error: storableText(grade.error) }
    : {
      grader_score: grade.score,
      grader_reason: grade.reason === null ? null : storableText(grade.reason),
      grader_error: null,
    };
}

function tokensOf({ usage }: Answer): Pick<
  AnsweredCell,
  "tokens_in" | "tokens_out" | "tokens_cached"
> {
  return {
    tokens_in: usage?.inputTokens ?? null,
    tokens_out: usage?.outputTokens ?? null,
    tokens_cached: usage?.cachedTokens ?? null,
  };
}

function servedBy({ served }: Answer): Pick<
  AnsweredCell,
  "served_model" | "served_other" | "provider_request_id"
> {
  return served == null ? {} : {
    served_model: served.model,
    served_other: served.isOther,
    provider_request_id: served.requestId,
  };
}

/** Returns the cost. A model without a price has no reservation that could be written off. */
function costOf(
  { cost }: Answer,
  { prices }: Pick<PlannedModel, "prices">,
): Pick<AnsweredCell, "actual_cost" | "charge"> {
  return { actual_cost: cost, ...cost === null && prices === null ? { charge: "none" } : {} };
}
