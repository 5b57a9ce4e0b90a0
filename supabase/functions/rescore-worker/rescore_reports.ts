import { checkRuleChanges } from "../_shared/benchmark/order/check_rules.ts";
import { scoreStored } from "../_shared/benchmark/score_answer.ts";
import type { LoadedReport } from "../_shared/benchmark/store.ts";
import { readRules } from "../_shared/compare/field_rules.ts";
import { SCORER_VERSION } from "../_shared/compare/scorer_version.ts";
import { errorText, storableText } from "../_shared/models/answers/parse_output.ts";
import { type BoundedCache, createBoundedCache } from "../_shared/platform/bounded_cache.ts";
import { type Backoff, backoffMs } from "../_shared/platform/jobs/backoff.ts";
import type { WorkerRun } from "../_shared/platform/jobs/queue_worker.ts";
import { concludeReport } from "../_shared/report/conclude_report.ts";
import type {
  RescoredRun,
  RescoringJob,
  RescoringQueue,
} from "../_shared/report/rescoring_queue.ts";

/** Time limits and retry delays of one rescoring worker, in milliseconds. */
export interface RescoringLimits {
  /**
   * Longest time from the start to the last claim. It is half of the worker's lease if that is
   * shorter, since leases are not renewed.
   */
  readonly wallClockMs: number;
  /** Computing time after which a job ends; the answer being scored is finished first. */
  readonly sliceMs: number;
  /** Delay between attempts. The queue's eight take about ten minutes, as long as a deployment. */
  readonly requeue: Backoff;
}

export const DEFAULT_RESCORING_LIMITS: RescoringLimits = {
  wallClockMs: 20_000,
  sliceMs: 100,
  requeue: { baseMs: 5_000, maxMs: 300_000 },
};

/** CPU time for each millisecond of scoring: reading and writing take about as much. */
const CPU_WEIGHT = 2;

/** Dependencies of {@link rescoreReports}. */
interface RescoringDeps extends Pick<WorkerRun, "clock" | "cpu" | "random" | "log" | "shutdown"> {
  readonly queue: RescoringQueue;
  readonly limits: RescoringLimits;
}

/** Numbers of jobs claimed, answers scored and revisions completed by one worker. */
interface RescoringSummary {
  jobs: number;
  answers: number;
  revisions: number;
}

/**
 * Scores stored answers again, slice by slice, until no job is due, or time or CPU time is up. No model is called and no e-mail is sent. A slice that fails, or dies with its isolate, is
 * repeated from the last one that was stored.
 */
export async function rescoreReports(deps: RescoringDeps): Promise<RescoringSummary> {
  const { queue, limits, clock, cpu, log, shutdown } = deps;
  const count: RescoringSummary = { jobs: 0, answers: 0, revisions: 0 };
  const leaseMs = await queue.register();
  if (leaseMs === null) return count;

  const reports = createBoundedCache(1, (id) => queue.loadReport(id));
  const stopAt = clock.now() + Math.min(limits.wallClockMs, leaseMs / 2);
  try {
    while (!shutdown.aborted && clock.now() < stopAt && !cpu.isSpent) {
      const job = await queue.claim();
      if (job === null) break;
      count.jobs++;
      const { report_id, revision, tries } = job;
      const jobLog = log.with({ report_id, revision });
      try {
        await advance(job, { ...deps, log: jobLog }, reports, count);
      } catch (error) {
        const delayMs = backoffMs(tries, limits.requeue, deps.random());
        const fields = { tries, retry_in_ms: delayMs, error };
        jobLog.error("rescoring failed: the job will be retried", fields);
        await queue.retry(job, delayMs, errorText(error));
      }
    }
  } finally {
    // A worker that found nothing due starts no successor, which would find nothing either.
    await queue.release(count.jobs > 0);
  }
  log.info("rescoring worker finished", { ...count });
  return count;
}

/** Works on one job and adds to `count`. */
async function advance(
  job: RescoringJob,
  deps: RescoringDeps,
  reports: BoundedCache<LoadedReport>,
  count: RescoringSummary,
): Promise<void> {
  const { queue, limits, clock, cpu, log } = deps;
  const next = await queue.loadNext(job);
  if (next === null) {
    await queue.complete(job);
    return;
  }
  if (next.scorer_version !== SCORER_VERSION) {
    throw new Error(
      `the revision needs scorer ${next.scorer_version}, but this function has ${SCORER_VERSION}: ` +
        "deploy migrations and functions together",
    );
  }
  if (next.runs.length === 0) return await conclude(job, deps, count);

  const { snapshot } = await reports.get(job.report_id);
  const schema = next.json_schema ?? snapshot.json_schema;
  // The ordered rules were checked at checkout.
  if (next.scored_runs === 0 && next.json_schema !== null) {
    const problems = checkRuleChanges(snapshot, schema);
    if (problems.length > 0) {
      const reasons = problems.map(({ path, message }) => `${path}: ${message}`).join(" ");
      await queue.fail(job, storableText(reasons));
      await queue.complete(job);
      log.warn("revision failed: its comparison rules are invalid", { reasons });
      return;
    }
  }
  const rules = readRules(schema);
  const scores = cpu.measure(() => {
    const startedAt = clock.now();
    const scored: RescoredRun[] = [];
    for (const run of next.runs) {
      const image = snapshot.images[run.image_index];
      if (image === undefined) throw new Error(`the report has no image ${run.image_index}`);
      const key = { expected: image.expected, schema, rules };
      scored.push({ run_id: run.run_id, scores: scoreStored(run, key) });
      if (clock.now() - startedAt >= limits.sliceMs) break;
    }
    return scored;
  }, CPU_WEIGHT);
  if (!await queue.advance(job, scores)) {
    log.warn("scores discarded: another worker holds the lease or the revision has ended");
  }
  count.answers += scores.length;
}

async function conclude(
  job: RescoringJob,
  { queue, cpu, log }: RescoringDeps,
  count: RescoringSummary,
): Promise<void> {
  const { snapshot, runs } = await queue.loadRescored(job.report_id);
  const conclusion = cpu.measure(
    () => concludeReport({ reportId: job.report_id, snapshot }, runs),
    CPU_WEIGHT,
  );
  const isShown = await queue.apply(job, conclusion);
  // Last, after the revision is shown: if this call is lost, the job is claimed again and finds
  // nothing to do.
  await queue.complete(job);
  log.info(isShown ? "revision complete" : "revision was already complete", {
    recommended_model: conclusion.recommendedModelId,
    runs: runs.length,
  });
  if (isShown) count.revisions++;
}
