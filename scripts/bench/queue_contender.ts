import type postgres from "postgres";
import { z } from "zod";

/** Models of the report that is worked on. */
const MODELS = 6;

const replySchema = z.object({
  jobs: z.array(z.object({
    job_id: z.number(),
    attempt: z.number(),
    kind: z.string(),
    model_id: z.string().optional(),
  })),
});

type Reply = z.infer<typeof replySchema>;

/** One entry of `p_results`. */
export type JobResult = Record<string, postgres.JSONValue>;

/** Caps while a benchmark runs. */
export interface Caps {
  readonly perModel: number;
  readonly perReport: number;
}

/** The caps for `batch` jobs in flight, in the proportion of the product's own: 3 to 10. */
export function capsFor(batch: number): Caps {
  return { perModel: Math.ceil(batch * 0.3), perReport: batch };
}

/** The small result that every contender stores for each job. */
export const RESULT = { total: 12.5, currency: "EUR" };

/** The payload of a job, as long for every contender. */
export function makePayloads(count: number): Readonly<Record<string, string | number>>[] {
  const reportId = crypto.randomUUID();
  return Array.from({ length: count }, (_, index) => ({
    report_id: reportId,
    run_id: crypto.randomUUID(),
    model_id: `bench/${index % MODELS}`,
    image_index: Math.floor(index / MODELS) % 50,
    repeat_index: 0,
  }));
}

/** Sets the caps of reports that are ordered from now on. */
export async function setCaps(sql: postgres.Sql, caps: Caps): Promise<void> {
  await sql`update private.queue_settings
    set max_in_flight_per_lane = ${caps.perModel}, max_in_flight_per_group = ${caps.perReport},
      max_in_flight_per_provider = ${caps.perReport}`;
}

/** Deletes all reports and jobs. */
export async function emptyQueue(sql: postgres.Sql): Promise<void> {
  await sql`delete from public.reports`;
  await sql`delete from private.job_queue`;
  await sql`delete from private.job_groups`;
}

/** Sends jobs to the queue as one group; returns the milliseconds it took. */
export async function enqueueJobs(sql: postgres.Sql, count: number): Promise<number> {
  const payloads = makePayloads(count);
  const group = crypto.randomUUID();
  const begun = performance.now();
  await sql`select private.enqueue_jobs('benchmark_run', ${group}, ${
    sql.json(payloads.map((payload) => ({
      lane: String(payload["model_id"]),
      provider: "bench",
      reservation_usd: 0.0001,
      payload,
    })))
  })`;
  return performance.now() - begun;
}

/** Orders and pays for a report of about `runs` runs; returns its id, the runs and the payment's milliseconds. */
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
      estimated_cost: 0.0001,
      reserved_cost: 0.0001,
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

/**
 * Works a report off with a handler that does nothing, `batch` jobs at a time: one statement writes
 * their results, settles their costs and leases the next ones.
 *
 * @returns runs recorded, and the milliseconds
 * @throws {Error} when more was leased than the caps allow
 */
export async function drainReport(
  worker: postgres.Sql,
  report: string,
  batch: number,
  caps: Caps,
): Promise<{ readonly runs: number; readonly milliseconds: number }> {
  const id = crypto.randomUUID();
  const begun = performance.now();
  let results: JobResult[] = [];
  let runs = 0;
  while (true) {
    const { jobs } = await advance(worker, id, results, batch, report);
    // All runs are recorded once the report's last job, which sums it up, comes out.
    if (jobs.some(({ kind }) => kind !== "benchmark_run") || jobs.length === 0) {
      return { runs, milliseconds: performance.now() - begun };
    }
    assertWithinCaps(jobs, caps);
    runs += jobs.length;
    results = jobs.map(({ job_id, attempt }) => ({
      job_id,
      attempt,
      outcome: "complete",
      output_json: RESULT,
      is_valid_json: true,
      exact_match: true,
      field_accuracy: 100,
      response_time_ms: 300,
      actual_cost: 0.0001,
    }));
  }
}

/** The worker's one statement. */
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
  for (const { model_id = "" } of jobs) perModel.set(model_id, (perModel.get(model_id) ?? 0) + 1);
  if (jobs.length > caps.perReport || Math.max(...perModel.values()) > caps.perModel) {
    throw new Error("more jobs were leased than the caps allow");
  }
}
