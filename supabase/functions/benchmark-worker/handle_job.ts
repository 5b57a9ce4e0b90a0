import { executeRun, type ExecuteRunDeps } from "../_shared/benchmark/execute_run.ts";
import { lookAtRace } from "../_shared/benchmark/look_at_race.ts";
import { type RunPreparer, UnpreparableError } from "../_shared/benchmark/prepare_runs.ts";
import type {
  BenchmarkRunJob,
  JobResult,
  ReportJob,
  RunResult,
  UnsentRun,
  WorkerJob,
} from "../_shared/benchmark/run_result.ts";
import type { BenchmarkStore } from "../_shared/benchmark/store.ts";
import { errorText } from "../_shared/models/answers/parse_output.ts";
import type { Charge } from "../_shared/models/calls/model_call.ts";
import { backoffMs } from "../_shared/platform/jobs/backoff.ts";
import type { Handover, JobContext } from "../_shared/platform/jobs/run_worker.ts";
import type { Logger } from "../_shared/platform/logger.ts";
import { concludeReport } from "../_shared/report/conclude_report.ts";
import type { ReportEndings } from "../_shared/report/store.ts";

/** Dependencies of {@link handleJob}. */
export interface HandleJobDeps extends ExecuteRunDeps {
  readonly preparer: RunPreparer;
  readonly store: Pick<BenchmarkStore, "loadRace" | "advanceRace"> & ReportEndings;
  readonly log: Logger;
}

/** Carries a job out. Returns null for a finalisation or a look, which record their own results. */
export async function handleJob(
  job: WorkerJob,
  deps: HandleJobDeps,
  context: JobContext,
): Promise<RunResult | UnsentRun | null> {
  if (job.kind === "benchmark_run") return await makeRun(job, deps, context);
  return job.kind === "race_look" ? await look(job, deps) : await finalize(job, deps);
}

async function makeRun(
  job: BenchmarkRunJob,
  deps: HandleJobDeps,
  context: JobContext,
): Promise<RunResult | UnsentRun> {
  let run;
  try {
    run = await deps.preparer.prepare(job);
  } catch (error) {
    deps.log.warn("a run could not be prepared", { ...fieldsOf(job), error });
    return failBeforeCall(job, deps, error);
  }
  let result;
  try {
    result = await executeRun(job, run, deps, context);
  } finally {
    run.release();
  }
  const { outcome, error_message: reason } = result;
  const fields = fieldsOf(job);
  if (result.outcome === "release") {
    deps.log.info("provider not reached", { ...fields, reason });
  } else if (result.outcome === "retry") {
    const { charge, run_at_ms } = result;
    deps.log.info("run postponed", { ...fields, reason, charge, run_at_ms });
  } else if (result.outcome !== "complete") {
    deps.log.warn("run failed", { ...fields, outcome, reason, charge: result.charge });
  }
  return result;
}

/** Returns the result of a run that could not be prepared: nothing was sent, so nothing was spent. */
function failBeforeCall(job: BenchmarkRunJob, deps: HandleJobDeps, error: unknown): RunResult {
  return error instanceof UnpreparableError
    ? { ...byOurFault(job, error.message, "none"), outcome: "failed" }
    : tryAgain(job, deps, error);
}

function tryAgain(job: WorkerJob, { retry, random }: HandleJobDeps, error: unknown): RunResult {
  return retryLater(job, error, backoffMs(job.tries, retry.requeue, random()));
}

/** Returns a result that puts the job back. The queue itself gives up a job that comes back too often. */
function retryLater(job: WorkerJob, error: unknown, run_at_ms: number): RunResult {
  return { ...byOurFault(job, errorText(error), "none"), outcome: "retry", run_at_ms };
}

function byOurFault({ job_id, attempt }: WorkerJob, error_message: string, charge: Charge) {
  return {
    job_id,
    attempt,
    error_message,
    error_kind: "fault",
    charge,
    actual_cost: null,
  } as const;
}

async function finalize(job: ReportJob, deps: HandleJobDeps): Promise<RunResult | null> {
  const log = deps.log.with({ report_id: job.report_id });
  try {
    const { runs, predicted_cost_usd, actual_cost_usd, ...report } = await deps.store.loadFinished(
      job.report_id,
    );
    const conclusion = deps.cpu.measure(() => concludeReport(report, runs));
    const isRecorded = await deps.store.finalizeReport(job, conclusion);
    log.info(isRecorded ? "report finalised" : "report was finalised by another worker", {
      status: conclusion.status,
      recommended_model: conclusion.recommendedModelId,
      runs: runs.length,
      predicted_cost_usd,
      actual_cost_usd,
      ...(conclusion.error === null ? {} : { error: conclusion.error }),
    });
    return null;
  } catch (error) {
    log.error("a report could not be finalised", { attempt: job.attempt, error });
    return tryAgain(job, deps, error);
  }
}

async function look(job: ReportJob, deps: HandleJobDeps): Promise<RunResult | null> {
  const log = deps.log.with({ report_id: job.report_id });
  try {
    const race = await deps.store.loadRace(job.report_id);
    const { leaderId, stopped, survivors } = lookAtRace(
      race ?? { looks: [], look: 0, accuracy_margin: 0, models: [] },
    );
    const isRecorded = await deps.store.advanceRace(job, stopped.map(({ modelId }) => modelId));
    log.info(isRecorded ? "race looked at" : "race was looked at by another worker", {
      leader: leaderId,
      stopped,
      running: survivors.length,
    });
    return null;
  } catch (error) {
    log.error("a race could not be looked at", { attempt: job.attempt, error });
    return tryAgain(job, deps, error);
  }
}

const BUG_DELAY_MS = 10_000;

/** Returns the result of a job whose handler threw. A call may have been under way. */
export function recoverJob(job: WorkerJob, error: unknown): RunResult {
  // A finalisation must not end without its report, nor a look without the next batch.
  if (job.kind !== "benchmark_run") return retryLater(job, error, BUG_DELAY_MS);
  const message = `The run failed by a fault of ours: ${errorText(error)}`;
  return { ...byOurFault(job, message, "unknown"), outcome: "failed" };
}

/** Returns what is recorded in place of a result that the database refuses. */
export function replaceResult(result: JobResult): JobResult {
  if (result.outcome === "release") return result;
  const replaced = {
    error_message: "The result could not be stored.",
    error_kind: "fault",
  } as const;
  if (result.outcome === "retry") return { ...result, ...replaced, actual_cost: null };
  const { job_id, attempt, next_job } = result;
  return {
    job_id,
    attempt,
    ...next_job === undefined ? {} : { next_job },
    outcome: "failed",
    ...replaced,
    charge: "unknown",
    actual_cost: result.outcome === "fatal" ? null : result.actual_cost,
  };
}

/** Lets runs of one report on one model follow each other while the model's provider answers. */
export const handover: Handover<WorkerJob, JobResult> = {
  laneOf: (job) => job.kind === "benchmark_run" ? `${job.report_id} ${job.model_id}` : null,
  idOf: (job) => job.job_id,
  haltsPrefetched: (result) => result.outcome === "fatal" || "failure" in result,
  passOn: (result, { job_id, attempt }) =>
    result.outcome === "release" ? result : { ...result, next_job: { job_id, attempt } },
  giveBack: ({ job_id, attempt }) => ({ job_id, attempt, outcome: "release" }),
};

function fieldsOf(job: BenchmarkRunJob): Record<string, unknown> {
  const { report_id, run_id, job_id, attempt, model_id } = job;
  return { report_id, run_id, job_id, attempt, model_id };
}
