import type postgres from "postgres";
import { median } from "simple-statistics";
import { z } from "zod";
import { configSnapshotSchema } from "../../supabase/functions/_shared/benchmark/snapshot.ts";
import { connectDatabase } from "../../supabase/functions/_shared/platform/database.ts";
import { createLogger } from "../../supabase/functions/_shared/platform/logger.ts";
import { concludeReport } from "../../supabase/functions/_shared/report/conclude_report.ts";
import { reportRunSchema } from "../../supabase/functions/_shared/report/report_run.ts";
import { createRescoring } from "../../supabase/functions/_shared/report/rescoring.ts";
import { createReportViews } from "../../supabase/functions/_shared/report/store.ts";
import { NO_TEAMS } from "../../supabase/functions/_shared/testing/account_access_fake.ts";
import { createHandler } from "../../supabase/functions/report/handler.ts";
import { comparePolicies } from "./account_policies.ts";
import { type BenchDatabase, startBenchDatabase } from "./bench_database.ts";
import {
  type Benchmark,
  type BenchmarkOptions,
  interleave,
  type Measure,
  repeat,
  time,
} from "./harness.ts";

const REPORTS = 500;
const RUNS = 2_000;
/**
 * Numbers of the reports by status. The runs of the reports that are running or failed were just
 * written; the others are as seeded.
 */
const RANGES = { complete: [1, 40], running: [41, 50], failed: [51, 60] } as const;
type Ending = keyof typeof RANGES;
/** Largest number of runs that the worker writes together. */
const BATCH = 4;
/** Number of reports that are read in a round. */
const SAMPLE = 20;
const GOAL_MS = 2;

/** Benchmark of one large report among many: response time of the views and of the report function. */
export const views: Benchmark = {
  name: "views",
  summary:
    "views and function of a report of 2,000 runs among 1,000,000, and the cost of policies by account",
  async *run(options) {
    await using database = await startBenchDatabase();
    options.progress(`seeding ${REPORTS * RUNS} runs, which takes a minute or two`);
    await database.sql.file(new URL("views_seed.sql", import.meta.url).pathname).simple();
    await database.sql`vacuum analyze`;
    options.progress(`completing ${numbersOf("complete").length} reports`);
    const completion = await completeReports(database);
    yield {
      title: `Completing a report of ${RUNS} runs`,
      unit: "ms",
      rows: [
        { label: "summary with all intervals, in the worker", values: completion.summing },
        { label: "storing the error patterns, in Postgres", values: completion.keeping },
      ],
    };
    options.progress("writing runs");
    const writing = await writeRuns(database);
    yield {
      title: `Writing results, ${BATCH} runs together`,
      unit: "ms a run, in Postgres",
      rows: [
        { label: "their rows, with all triggers", values: writing.all },
        { label: "of which: updating the views' figures", values: writing.keeping },
      ],
    };
    yield await measureViews(database, options);
    yield await comparePolicies(database, options);
    yield* measureFunction(database, options);
  },
};

function numbersOf(ending: Ending): number[] {
  const [first, last] = RANGES[ending];
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

async function startReport(sql: postgres.Sql, id: string): Promise<void> {
  await sql`update public.reports set status = 'awaiting_payment' where id = ${id}`;
  await sql`update public.reports set status = 'paid', paid_at = now(),
    share_token = private.make_share_token() where id = ${id}`;
  await sql`update public.reports set status = 'running' where id = ${id}`;
}

const rowSchema = z.object({
  id: z.string(),
  snapshot: configSnapshotSchema,
  runs: z.array(reportRunSchema),
});

/** Completes reports as the worker's last job does. Returns the milliseconds of each. */
async function completeReports({ sql }: BenchDatabase) {
  const summing: number[] = [];
  const keeping: number[] = [];
  for (const number of numbersOf("complete")) {
    const [found] = await sql`
      select id, config_snapshot as snapshot, public.load_finalization(id) -> 'runs' as runs
      from public.reports join public.report_orders on report_id = id
      where id = md5(${`report${number}`})::uuid`;
    const { id, snapshot, runs } = rowSchema.parse(found);
    const begun = performance.now();
    const concluded = concludeReport({ reportId: id, snapshot }, runs);
    summing.push(performance.now() - begun);
    await startReport(sql, id);
    keeping.push(
      await time(() =>
        sql`update public.reports set status = 'complete', completed_at = now(),
          total_api_cost = 1, summary = ${JSON.stringify(concluded.summary)}::text::jsonb,
          recommended_model = ${concluded.recommendedModelId}, rationale = ${concluded.rationale}
          where id = ${id}`
      ),
    );
  }
  await sql`vacuum analyze`;
  return { summing, keeping };
}

/** Answer to `explain (analyze, format json)`, with times in milliseconds. */
const planSchema = z.tuple([z.object({
  "QUERY PLAN": z.tuple([z.object({
    "Execution Time": z.number(),
    Triggers: z.array(z.object({ "Trigger Name": z.string(), Time: z.number().optional() })),
  })]),
})]).transform(([{ "QUERY PLAN": [plan] }]) => plan);

/** Runs reports in batches and makes half of them fail. Returns the median of each report. */
async function writeRuns({ sql }: BenchDatabase) {
  const all: number[] = [];
  const keeping: number[] = [];
  for (const number of [...numbersOf("running"), ...numbersOf("failed")]) {
    const [{ id }] = await sql<[{ id: string }]>`select md5(${`report${number}`})::uuid as id`;
    await startReport(sql, id);
    const runs = await sql<{ id: string }[]>`
      update public.benchmark_runs set status = 'running' where report_id = ${id} returning id`;
    const written: { whole: number; kept: number }[] = [];
    for (let at = 0; at < runs.length; at += BATCH) {
      const plan = await sql`explain (analyze, format json)
        update public.benchmark_runs set status = 'complete', completed_at = now()
        where id = any (${runs.slice(at, at + BATCH).map((run) => run.id)})`;
      const { "Execution Time": whole, Triggers: triggers } = planSchema.parse([...plan]);
      const kept = triggers.find((trigger) => trigger["Trigger Name"].includes("_keep_"))?.Time;
      if (kept === undefined) throw new Error("the report has no stored figures");
      written.push({ whole, kept });
    }
    all.push(median(written.map(({ whole }) => whole)) / BATCH);
    keeping.push(median(written.map(({ kept }) => kept)) / BATCH);
    if (numbersOf("failed").includes(number)) {
      await sql`update public.reports set status = 'failed' where id = ${id}`;
    }
  }
  return { all, keeping };
}

const VIEWS = ["report_model_summaries", "report_field_errors", "report_error_patterns"];
/** Alternatives that read the runs. */
const NAIVE = ["naive_model_summaries", "naive_field_errors"];
const ENDINGS = ["complete", "running", "failed"] as const;

async function measureViews({ sql }: BenchDatabase, options: BenchmarkOptions) {
  const contenders: Record<string, Measure<"ms">> = {};
  const add = (label: string, view: string, ending: Ending) => {
    contenders[label] = async () => ({
      ms: median(await repeat(SAMPLE, () => timeView(sql, view, ending))),
    });
    return label;
  };
  const kept = ENDINGS.flatMap((ending) =>
    VIEWS.map((view) => add(`${ending}: ${view}`, view, ending))
  );
  const naive = NAIVE.map((view) => add(`running, from its runs: ${view}`, view, "running"));
  const results = await interleave(contenders, options);
  return {
    title: `A report of ${RUNS} runs among ${REPORTS * RUNS}, read by its owner`,
    unit: "ms in Postgres",
    rows: [
      ...kept.map((label) => results.row(label, "ms", { goal: { atMost: GOAL_MS } })),
      ...naive.map((label) => results.row(label, "ms")),
    ],
    notes: [
      `"Execution Time" of explain (analyze, timing off) under row level security, median of ${SAMPLE} reports per round.`,
    ],
  };
}

/** Returns the milliseconds that Postgres needs for a view of one report, read by its owner. */
async function timeView(sql: postgres.Sql, view: string, ending: Ending): Promise<number> {
  const [first, last] = RANGES[ending];
  const number = first + Math.floor(Math.random() * (last - first + 1));
  return await sql.begin(async (own) => {
    await own`select set_config('request.jwt.claims', jsonb_build_object(
      'sub', md5(${`owner${number}`})::uuid, 'role', 'authenticated')::text, true)`;
    await own`set local role authenticated`;
    const plan = await own`explain (analyze, timing off, format json)
      select * from ${own(`public.${view}`)} where report_id = md5(${`report${number}`})::uuid`;
    return planSchema.parse([...plan])["Execution Time"];
  });
}

const DATABASE = "Postgres alone: view_report as text";
const FORMATS = ["json", "csv", "csv&table=runs", "md", "svg"];

/** Measures the function in this process by a report's token: whole responses and their size. */
async function* measureFunction({ sql, url }: BenchDatabase, options: BenchmarkOptions) {
  const tokens = (await sql<{ token: string }[]>`
    select share_token as token from public.reports where status = 'complete'`)
    .map(({ token }) => token);
  const pick = () => tokens[Math.floor(Math.random() * tokens.length)] ?? "";
  const database = connectDatabase(url, { name: "report" });
  const handle = createHandler({
    lookUpUser: () => Promise.resolve(null),
    accounts: NO_TEAMS,
    reports: createReportViews(database),
    rescoring: createRescoring(database),
    images: { signUrls: (paths) => Promise.resolve(paths.map(() => null)) },
    log: createLogger({ name: "report", level: "error" }),
  });
  type Metric = "ms" | "kilobytes";
  const contenders: Record<string, Measure<Metric>> = {};
  const add = (name: string, readBytes: () => Promise<number>) => {
    contenders[name] = async () => {
      let bytes = 0;
      const ms = await time(async () => bytes = await readBytes());
      return { ms, kilobytes: bytes / 1_000 };
    };
  };
  add(DATABASE, async () => {
    const [row] = await database<[{ bytes: string }]>`
      select public.view_report(${pick()}, null, null, true)::text as bytes`;
    return row.bytes.length;
  });
  for (const format of FORMATS) {
    add(`?format=${format}`, async () => {
      const response = await handle(
        new Request(`https://project.example/report?format=${format}`, {
          headers: { "x-share-token": pick() },
        }),
      );
      if (response.status !== 200) throw new Error(await response.text());
      return (await response.arrayBuffer()).byteLength;
    });
  }
  const names = Object.keys(contenders);
  try {
    const results = await interleave(contenders, options);
    yield {
      title: `Function report with ${RUNS} runs`,
      unit: "ms",
      ratio: "÷ Postgres alone",
      rows: names.map((name) =>
        results.row(name, "ms", { divisor: name === DATABASE ? undefined : DATABASE })
      ),
    };
    yield {
      title: "How large its answers are",
      unit: "KB, not compressed",
      rows: names.map((name) => results.row(name, "kilobytes")),
    };
  } finally {
    await database.end();
  }
}
