import type postgres from "postgres";
import { z } from "zod";

/** Models in the report. */
const MODELS = 6;
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

/** Limits on jobs in flight during a benchmark. */
export interface Caps {
  readonly perModel: number;
  readonly perReport: number;
}

/** Returns the limits for `batch` jobs in flight, in the proportion of the product's own: 3 to 10. */
export function capsFor(batch: number): Caps {
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
    model_id: `bench/${index % MODELS}`,
    image_index: Math.floor(index / MODELS) % 50,
    repeat_index: 0,
  }));
}

/** Sets the limits of reports that are ordered from now on. */
export async function setCaps(sql: postgres.Sql, caps: Caps): Promise<void> {
  await sql`update private.queue_settings
    set max_in_flight_per_lane = ${caps.perModel}, max_in_flight_per_group = ${caps.perReport},
      max_in_flight_per_provider = ${caps.perReport}`;
}

/** Installs a job kind and an entry point for the benchmark; see `queue_entry_point.sql`. */
export async function installEntryPoint(sql: postgres.Sql): Promise<void> {
  await sql.file(new URL("queue_entry_point.sql", import.meta.url).pathname).simple();
}

/** Deletes all reports and jobs. */
export async function emptyQueue(sql: postgres.Sql): Promise<void> {
  await sql`delete from public.reports`;
  await sql`delete from private.job_queue`;
  await sql`delete from private.job_groups`;
  await sql`vacuum analyze`;
}

/** Deletes all reports and jobs, and the results of the benchmark's own jobs. */
export async function emptyQueueAndResults(sql: postgres.Sql): Promise<void> {
  await sql`delete from bench.results`;
  await emptyQueue(sql);
}

/** Adds jobs to the queue as one group. Returns the milliseconds it took. */
export async function enqueueJobs(sql: postgres.Sql, count: number): Promise<number> {
  const payloads = makePayloads(count);
  const group = crypto.randomUUID();
  const lanes = Object.fromEntries(Array.from({ length: MODELS }, (_, index) => [
    `bench/${index}`,
    { provider: "bench", reservation_usd: RESERVED_USD },
  ]));
  const begun = performance.now();
  await sql`select private.enqueue_jobs('bench', ${group}, 'model_id', ${sql.json(lanes)}, ${
    sql.json(payloads)
  })`;
  return performance.now() - begun;
}

/**
 * Orders and pays for a report of about `runs` runs. Returns its id, the number of runs and the
 * milliseconds of the payment.
 */
export async function payForReport(
  sql: postgres.Sql,
  runs: number,
): Promise<{ readonly id: string; readonly runs: number; readonly milliseconds: number }> {
  const perModel = Math.max(1, Math.round(runs / MODELS));
  const images = Math.min(perModel, 50);
  const config = {
    images: Array.from({ length: images }, (_, index) => ({ path: `${index}.png`, expected: {} })),
    runs_per_model: Math.ceil(perModel / images),
    models: Array.from({ length: MODELS }, (_, index) => ({
      id: `bench/${index}`,
      base_url_key: "bench",
      estimated_cost: RESERVED_USD,
      reserved_cost: RESERVED_USD,
    })),
  };
  const id = crypto.randomUUID();
  await sql`insert into auth.users (id, email) values (${id}, ${`${id}@example.com`})`;
  const [opened] = await sql<[{ report: string }]>`
    select public.open_report(${id}, null, ${
    sql.json(config)
  }, 'bench', 0.1) ->> 'report_id' as report`;
  const report = opened.report;
  await sql`select public.await_payment(${report}, ${`cs_${report}`}, 'https://pay.example')`;
  const begun = performance.now();
  await sql`select public.apply_stripe_event(${`evt_${report}`}, 'checkout.session.completed', now(),
    ${report}, ${`cs_${report}`}, ${`pi_${report}`}, true, '{}')`;
  return {
    id: report,
    runs: images * config.runs_per_model * MODELS,
    milliseconds: performance.now() - begun,
  };
}

/** Function that records results and leases the next jobs in one statement. */
type EntryPoint = (results: readonly JobResult[]) => Promise<Reply>;

/** Completes the jobs that {@link enqueueJobs} added. */
export function drainJobs(worker: postgres.Sql, batch: number): Promise<Drained> {
  const id = crypto.randomUUID();
  return drain(
    async (results) => {
      const [row] = await worker<[{ jobs: unknown }]>`
        select bench.advance_jobs(${id}, ${worker.json(results)}, ${batch}) as jobs`;
      return replySchema.parse(row);
    },
    { outcome: "complete", actual_cost: RESERVED_USD, result: RESULT },
    capsFor(batch),
  );
}

/** Completes a report as the product's worker does. */
export function drainReport(
  worker: postgres.Sql,
  report: string,
  batch: number,
): Promise<Drained> {
  const id = crypto.randomUUID();
  return drain(
    (results) => advance(worker, id, results, batch, report),
    {
      outcome: "complete",
      actual_cost: RESERVED_USD,
      output_json: RESULT,
      is_valid_json: true,
      exact_match: true,
      field_accuracy: 100,
      response_time_ms: 300,
    },
    capsFor(batch),
  );
}

export interface Drained {
  readonly jobs: number;
  readonly milliseconds: number;
}

/**
 * Takes jobs until none is left, with a handler that does nothing.
 *
 * @throws {Error} if more jobs were leased than the limits allow.
 */
async function drain(advance: EntryPoint, result: JobResult, caps: Caps): Promise<Drained> {
  const begun = performance.now();
  let results: JobResult[] = [];
  let done = 0;
  while (true) {
    const { jobs } = await advance(results);
    // The job that completes a report becomes available once all its runs are recorded.
    if (jobs.length === 0 || jobs.some(({ kind }) => kind === "report_finalization")) {
      return { jobs: done, milliseconds: performance.now() - begun };
    }
    assertWithinCaps(jobs, caps);
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

function assertWithinCaps(jobs: Reply["jobs"], caps: Caps): void {
  const perModel = new Map<string, number>();
  for (const { payload, model_id = payload?.model_id ?? "" } of jobs) {
    perModel.set(model_id, (perModel.get(model_id) ?? 0) + 1);
  }
  if (jobs.length > caps.perReport || Math.max(...perModel.values()) > caps.perModel) {
    throw new Error("more jobs were leased than the limits allow");
  }
}
