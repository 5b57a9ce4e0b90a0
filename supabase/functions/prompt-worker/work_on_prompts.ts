import { errorText } from "../_shared/models/answers/parse_output.ts";
import type { TextModels } from "../_shared/models/calls/model_call.ts";
import { createBoundedCache } from "../_shared/platform/bounded_cache.ts";
import { backoffMs } from "../_shared/platform/jobs/backoff.ts";
import { type WorkerRun, workOnQueue } from "../_shared/platform/jobs/queue_worker.ts";
import type { Handover, JobContext, WorkerSummary } from "../_shared/platform/jobs/run_worker.ts";
import type { Logger } from "../_shared/platform/logger.ts";
import { batchLookups } from "../_shared/prompts/cached_answers.ts";
import {
  executeCell,
  executeGrade,
  type ExecutePromptDeps,
} from "../_shared/prompts/execute_prompt_job.ts";
import type {
  PromptJob,
  PromptJobResult,
  PromptResult,
  UnsentPrompt,
} from "../_shared/prompts/prompt_job.ts";
import { planPromptRun, type PromptPlan } from "../_shared/prompts/prompt_plan.ts";
import { MissingFieldError } from "../_shared/prompts/render_prompt.ts";
import type { PromptRunReader, PromptSource } from "../_shared/prompts/store.ts";

/** Dependencies of {@link workOnPrompts}. */
export interface PromptWorkerDeps {
  readonly source: PromptSource;
  readonly reader: PromptRunReader;
  readonly models: TextModels;
}

/** Number of runs whose plans a worker keeps. */
const KEPT_RUNS = 50;

/** Runs one worker on prompt cells and their grades. It serves any run that waits. */
export function workOnPrompts(
  run: WorkerRun,
  { source, reader, models }: PromptWorkerDeps,
): Promise<WorkerSummary> {
  const { limits, log } = run;
  const plans = createBoundedCache(KEPT_RUNS, async (runId) => {
    const loaded = await reader.loadRun(runId);
    return loaded === null ? null : planPromptRun(loaded);
  });
  const tools: ExecutePromptDeps = {
    ...run,
    models,
    lookUpCached: batchLookups((runId, calls) => reader.lookUpCached(runId, calls)),
    timeoutMs: limits.jobTimeoutMs,
  };
  return workOnQueue({
    source,
    handle: (job, context) => handleJob(job, (id) => plans.get(id), tools, log, context),
    recover,
    replaceResult,
    handover,
    logReply({ closed }) {
      for (const ended of closed) log.info("run ended", { ...ended });
    },
  }, run);
}

async function handleJob(
  job: PromptJob,
  planOf: (runId: string) => Promise<PromptPlan | null>,
  deps: ExecutePromptDeps,
  log: Logger,
  context: JobContext,
): Promise<PromptResult | UnsentPrompt> {
  const { run_id, cell_id, job_id, attempt } = job;
  let result: PromptResult | UnsentPrompt;
  try {
    const plan = await planOf(run_id);
    if (plan === null) return unspent(job, "The run is gone.");
    result = job.kind === "prompt_cell"
      ? await executeCell(job, plan, deps, context)
      : await executeGrade(job, plan, deps, context);
  } catch (error) {
    if (error instanceof MissingFieldError) return unspent(job, error.message);
    log.warn("a prompt could not be prepared", { run_id, cell_id, job_id, attempt, error });
    // Calls do not throw, so nothing was sent: the database may be back in a moment.
    return {
      job_id,
      attempt,
      outcome: "retry",
      error_message: errorText(error),
      charge: "none",
      actual_cost: null,
      run_at_ms: backoffMs(job.tries, deps.retry.requeue, deps.random()),
    };
  }
  if (result.outcome !== "complete") {
    log.info("a call brought no answer", {
      run_id,
      cell_id,
      job_id,
      attempt,
      outcome: result.outcome,
      reason: result.error_message,
    });
  }
  return result;
}

function unspent(job: PromptJob, message: string): PromptResult {
  return {
    job_id: job.job_id,
    attempt: job.attempt,
    outcome: "failed",
    error_message: message,
    charge: "none",
    actual_cost: null,
  };
}

/** Returns the result of a job whose handler threw. A call may have been under way. */
function recover(job: PromptJob, error: unknown): PromptJobResult {
  return {
    job_id: job.job_id,
    attempt: job.attempt,
    outcome: "failed",
    error_message: `The call failed by a fault of ours: ${errorText(error)}`,
    charge: "unknown",
    actual_cost: null,
  };
}

/** Returns what is recorded in place of a result that the database refuses. */
function replaceResult(result: PromptJobResult): PromptJobResult {
  if (result.outcome === "release") return result;
  const { job_id, attempt, next_job } = result;
  return {
    job_id,
    attempt,
    ...next_job === undefined ? {} : { next_job },
    outcome: "failed",
    error_message: "The result could not be stored.",
    charge: "unknown",
    actual_cost: result.actual_cost,
  };
}

/** Lets calls of one run to one model follow each other while the model's provider answers. */
const handover: Handover<PromptJob, PromptJobResult> = {
  laneOf: (job) => `${job.run_id} ${job.kind === "prompt_cell" ? job.run_model_id : "grader"}`,
  idOf: (job) => job.job_id,
  haltsPrefetched: (result) =>
    result.outcome === "fatal" || "failure" in result ||
    "rate_limited" in result && result.rate_limited === true,
  passOn: (result, { job_id, attempt }) =>
    result.outcome === "release" ? result : { ...result, next_job: { job_id, attempt } },
  giveBack: ({ job_id, attempt }) => ({ job_id, attempt, outcome: "release" }),
};
