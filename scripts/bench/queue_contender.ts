import type postgres from "postgres";
import { z } from "zod";
import { type Connections, orderReport, payReport } from "../testing/database.ts";
import { time } from "./harness.ts";

/** Models in the report. */
const MODELS = ["bench/0", "bench/1", "bench/2", "bench/3", "bench/4", "bench/5"];
const RESERVED_USD = 0.0001;

const replySchema = z.object({
  jobs: z.array(z.object({
    job_id: z.number(),
    attempt: z.number(),
    kind: z.string(),
    model_id: z.string().optional(),
    payload: z.object({ model_id: z.string() }).optional(),
  })),
});

type Reply = z.infer<typeof replySchema>;

/** Entry of `p_results`. */
export type JobResult = Record<string, postgres.JSONValue>;

/** Returns the limits for `batch` jobs in flight, in the proportion of the product's own: 3 to 10. */
export function capsFor(batch: number) {
  return { perModel: Math.ceil(batch * 0.3), perReport: batch };
}

/** Small result that every contender stores for each job. */
export const RESULT = { total: 12.5, currency: "EUR" };

/** Returns payloads of the same length for every contender. */
export function makePayloads(count: number) {
  const reportId = crypto.randomUUID();
  return Array.from({ length: count }, (_, index) => ({
    report_id: reportId,
    run_id: crypto.randomUUID(),
    model_id: MODELS[index % MODELS.length] ?? "",
    image_index: Math.floor(index / MODELS.length) % 50,
    repeat_index: 0,
  }));
}

/** Sets the limits of reports that are ordered from now on; see {@link capsFor}. */
export async function setCaps(sql: postgres.Sql, batch: number): Promise<void> {
  const { perModel, perReport } = capsFor(batch);
  await sql`update private.queue_settings
    set max_in_flight_per_lane = ${perModel}, max_in_flight_per_group = ${perReport},
      max_in_flight_per_provider = ${perReport}`;
}

/** Deletes all reports and jobs. */
export async function emptyQueue(sql: postgres.Sql): Promise<void> {
  await sql`delete from public.reports`;
  await sql`delete from private.job_queue`;
  await sql`delete from private.job_groups`;
  await sql`vacuum analyze`;
}

/** Adds jobs to the queue as one group. Returns their number and the milliseconds it took. */
export async function enqueueJobs(sql: postgres.Sql, jobs: number): Promise<Timed> {
  const payloads = sql.json(makePayloads(jobs));
  const group = crypto.randomUUID();
  const lane = { provider: "bench", reservation_usd: RESERVED_USD };
  const lanes = sql.json(Object.fromEntries(MODELS.map((model) => [model, lane])));
  const milliseconds = await time(() =>
    sql`select private.enqueue_jobs('bench', ${group}, 'model_id', ${lanes}, ${payloads})`
  );
  return { jobs, milliseconds };
}

/** Orders and pays for a report of about `runs` runs. Returns its id and the time of the payment. */
export async function payForReport(
  database: Connections,
  runs: number,
): Promise<Timed & { readonly id: string }> {
  const perModel = Math.max(1, Math.round(runs / MODELS.length));
  const images = Math.min(perModel, 50);
  const runsPerModel = Math.ceil(perModel / images);
  const { report, session } = await orderReport(database, {
    models: MODELS,
    images,
    runsPerModel,
    reservedCost: RESERVED_USD,
    baseUrlKey: "bench",
  });
  const milliseconds = await time(() => payReport(database, report, session));
  return { id: report, jobs: images * runsPerModel * MODELS.length, milliseconds };
}

/** Completes the jobs that {@link enqueueJobs} added. */
export function drainJobs(worker: postgres.Sql, batch: number): Promise<Timed> {
  const id = crypto.randomUUID();
  const result = { outcome: "complete", actual_cost: RESERVED_USD, result: RESULT };
  return drain(batch, result, async (results) => {
    const [row] = await worker<[{ jobs: unknown }]>`
      select bench.advance_jobs(${id}, ${worker.json(results)}, ${batch}) as jobs`;
    return replySchema.parse(row);
  });
}

/** Completes a report as the product's worker does. */
export function drainReport(worker: postgres.Sql, report: string, batch: number): Promise<Timed> {
  const id = crypto.randomUUID();
  const result = {
    outcome: "complete",
    actual_cost: RESERVED_USD,
    output_json: RESULT,
    is_valid_json: true,
    exact_match: true,
    field_accuracy: 100,
    response_time_ms: 300,
  };
  return drain(batch, result, (results) => advance(worker, id, results, batch, report));
}

/** Number of jobs and the time of what was done with them. */
export interface Timed {
  readonly jobs: number;
  readonly milliseconds: number;
}

/**
 * Takes jobs until none is left, with a handler that does nothing.
 *
 * @param advance records results and leases the next jobs in one statement
 * @throws {Error} if more jobs were leased than the limits allow.
 */
async function drain(
  batch: number,
  result: JobResult,
  advance: (results: readonly JobResult[]) => Promise<Reply>,
): Promise<Timed> {
  const { perModel, perReport } = capsFor(batch);
  const begun = performance.now();
  let results: JobResult[] = [];
  let done = 0;
  while (true) {
    const { jobs } = await advance(results);
    // The job that completes a report becomes available once all its runs are recorded.
    if (jobs.length === 0 || jobs.some(({ kind }) => kind === "report_finalization")) {
      return { jobs: done, milliseconds: performance.now() - begun };
    }
    const byModel = Map.groupBy(jobs, ({ model_id, payload }) => model_id ?? payload?.model_id);
    const most = Math.max(...[...byModel.values()].map((own) => own.length));
    if (jobs.length > perReport || most > perModel) {
      throw new Error("more jobs were leased than the limits allow");
    }
    done += jobs.length;
    results = jobs.map(({ job_id, attempt }) => ({ job_id, attempt, ...result }));
  }
}

/** Runs the worker's statement. */
export async function advance(
  worker: postgres.Sql,
  id: string,
  results: readonly JobResult[],
  want: number,
  report: string | null = null,
): Promise<Reply> {
  const [row] = await worker<[{ reply: unknown }]>`
    select public.advance_benchmark_runs(${id}, ${
    worker.json(results)
  }, ${want}, ${report}) as reply`;
  return replySchema.parse(row.reply);
}
