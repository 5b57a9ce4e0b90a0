import type postgres from "postgres";
import { median } from "simple-statistics";
import { z } from "zod";
import { readSnippet, type SnippetQuery } from "../support/read_snippet.ts";
import { type BenchDatabase, startBenchDatabase } from "./bench_database.ts";
import {
  type Benchmark,
  type BenchmarkOptions,
  interleave,
  type Measure,
  ratios,
  repeat,
  type Section,
  time,
} from "./harness.ts";

const ROWS = 1_000_000;
const USERS = 5_000;
const DAYS = 90;
/** Number of times that a report is read in a round. The median counts. */
const ASKINGS = 3;
const GOALS = { reportMs: 50, overallMs: 30, insertsPerSecond: 5_000 };
/** Rows per round, and rows per statement. */
const INSERTS = { rows: 10_000, batch: 100 };

const SNIPPET = new URL("../../supabase/snippets/observability_reports.sql", import.meta.url);
const UNAIDED = new URL("./telemetry_without_sums.sql", import.meta.url);
const REQUESTS = `${import.meta.dirname}/telemetry_requests.sql`;
const OVERALL = "percentiles over all rows";
const OURS = "ours";
const PLAIN = "the log alone, unaided";

/** Benchmark of the chat's reports over a large log, and the cost of their sums for writers. */
export const telemetry: Benchmark = {
  name: "telemetry",
  summary: "chat reports over 1,000,000 rows, with and without sums by day; inserts",
  async *run(options) {
    await using database = await startBenchDatabase();
    options.progress(`writing ${ROWS.toLocaleString("en")} rows in random order`);
    await fillLog(database.sql);
    yield* measureReports(database, options);
    yield await measureInserts(database, options);
  },
};

async function fillLog(sql: postgres.Sql): Promise<void> {
  await sql`
    insert into auth.users (id, email)
    select ('00000000-0000-4000-8000-' || lpad(u::text, 12, '0'))::uuid, 'user-' || u || '@example.com'
    from generate_series(1, ${USERS}) u`;
  await insertRows(sql, "public.chat_telemetry_log", ROWS, DAYS);
  await sql`select private.fold_chat_telemetry()`;
  await sql`vacuum analyze`;
}

/** Invents requests: a twelfth fails, a twentieth is off topic, a tenth asks a new question. */
async function insertRows(
  sql: postgres.Sql,
  table: string,
  rows: number,
  days: number,
): Promise<void> {
  await sql`
    insert into ${sql.unsafe(table)}
      (user_id, created_at, user_question, ai_response, generated_sql, result_row_count, error_type,
       failed_step, is_off_topic, sql_model, response_model, nl_to_sql_duration_ms,
       sql_execution_duration_ms, response_generation_duration_ms, ttfb_ms, sql_input_tokens,
       sql_output_tokens, sql_cached_tokens, response_input_tokens, response_output_tokens,
       response_cached_tokens)
    select ('00000000-0000-4000-8000-' || lpad(user_number::text, 12, '0'))::uuid,
      now() - random() * make_interval(days => ${days}), 'Which model was cheapest?', repeat('answer ', 30),
      case when not off_topic then
        'select model_id, avg(actual_cost) from chat.benchmark_runs where image_index = '
        || case when random() < 0.1 then n else floor(400 * random() ^ 3) end
      end,
      case when is_fine and not off_topic then (random() * 500)::integer end,
      case when not is_fine then (array['sql_generation', 'sql_validation', 'sql_execution', 'response_generation'])[1 + n % 4] end,
      case when not is_fine then (array['understanding', 'looking_up', 'looking_up', 'response'])[1 + n % 4] end,
      off_topic, model, case when not off_topic then model end,
      exp(6.5 + 0.5 * spread)::integer, case when not off_topic then exp(3 + 0.8 * spread)::integer end,
      case when is_fine then exp(7.3 + 0.6 * spread)::integer end,
      case when is_fine then exp(7 + 0.5 * spread)::integer end,
      (800 + random() * 1500)::integer, (30 + random() * 200)::integer, (random() * 700)::integer,
      case when is_fine then (500 + random() * 3000)::integer end,
      case when is_fine then (50 + random() * 400)::integer end, case when is_fine then 0 end
    from (
      select n, random() < 0.92 as is_fine, random() < 0.05 as off_topic,
        1 + floor(${USERS} * random() ^ 1.5)::integer as user_number,
        (array['gpt-6-luna', 'gpt-5.4-mini', 'gpt-5.6-luna', 'an-unpriced-model'])[1 + floor(random() * 3.3)::integer] as model,
        sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()) as spread
      from generate_series(1, ${rows}::integer) n
    ) requests`;
}

async function* measureReports(
  { sql, workers }: BenchDatabase,
  options: BenchmarkOptions,
): AsyncIterable<Section> {
  await sql.file(REQUESTS).simple();
  const reports = readSnippet(await Deno.readTextFile(SNIPPET));
  const unaided = readSnippet(await Deno.readTextFile(UNAIDED));
  const latencies = unaided.find(({ number }) => number === 2)?.sql ?? "";
  const overall = (sql: string): SnippetQuery => ({ number: 0, title: OVERALL, sql });
  const ours = [...reports, overall("select * from public.report_chat_latencies_overall")];
  const theirs = [...unaided, overall(latencies.replace(/l\.created_at >= .*/, "true"))];
  const results = await interleave({
    [OURS]: asker(workers, ours),
    [PLAIN]: asker(workers, theirs),
  }, options);
  const labels = ours.map(labelOf);
  const plans: string[] = [];
  for (const query of ours) {
    plans.push(`${labelOf(query)}: ${await describePlan(workers, query.sql)}`);
  }
  const users = USERS.toLocaleString("en");
  const worst = await worstError(workers, ours, theirs);
  yield {
    title: `Telemetry: reports over ${ROWS.toLocaleString("en")} rows of ${DAYS} days`,
    unit: "ms",
    rows: labels.map((label) =>
      results.row(OURS, label, {
        label,
        goal: { atMost: label === OVERALL ? GOALS.overallMs : GOALS.reportMs },
      })
    ),
    notes: [
      `${users} users; rows in random order. Default period: 30 days in (1), (4) and (6), otherwise 7.`,
      `Percentiles deviate by at most ${worst} %; the limit is 1 %.`,
      "Scans:",
      ...plans,
    ],
  };
  yield {
    title: "Telemetry: the same reports from the log and its indexes alone",
    unit: "ms",
    ratio: "it ÷ ours",
    rows: labels.map((label) => {
      const values = results.series(PLAIN, label);
      return { label, values, ratios: ratios(values, results.series(OURS, label)) };
    }),
  };
}

function labelOf({ number, title }: SnippetQuery): string {
  return number === 0 ? title : `(${number}) ${title.replace(/ \(\w+\)$/, "")}`;
}

function asker(sql: postgres.Sql, queries: readonly SnippetQuery[]): Measure<string> {
  return async () => {
    const measured: Record<string, number> = {};
    for (const query of queries) {
      const times = await repeat(ASKINGS, () => time(() => sql.unsafe(query.sql)));
      measured[labelOf(query)] = median(times);
    }
    return measured;
  };
}

/** Returns the largest deviation of our percentiles from the exact ones, in percent. */
async function worstError(
  sql: postgres.Sql,
  ours: readonly SnippetQuery[],
  theirs: readonly SnippetQuery[],
): Promise<string> {
  let worst = 0;
  for (const number of [0, 2]) {
    const ask = async (
      queries: readonly SnippetQuery[],
    ) => [...await sql.unsafe(queries.find((query) => query.number === number)?.sql ?? "")];
    const [approximate, exact] = [await ask(ours), await ask(theirs)];
    for (const [index, row] of exact.entries()) {
      for (const name of ["p50_ms", "p95_ms", "p99_ms"]) {
        const [is, should] = [Number(approximate[index]?.[name]), Number(row[name])];
        worst = Math.max(worst, Math.abs(is - should) / should * 100);
      }
    }
  }
  return worst.toFixed(2);
}

const scanSchema = z.object({
  "Node Type": z.string(),
  "Relation Name": z.string().optional(),
  "Function Name": z.string().optional(),
  "Actual Rows": z.number(),
});

/** Describes the scans of a statement's plan with the number of rows of each. */
async function describePlan(sql: postgres.Sql, query: string): Promise<string> {
  const [row] = await sql.unsafe(`explain (analyze, timing off, format json) ${query}`);
  const scans: string[] = [];
  JSON.stringify(row?.["QUERY PLAN"], (_, value: unknown) => {
    const { data: node } = scanSchema.safeParse(value);
    const source = node?.["Relation Name"] ?? node?.["Function Name"];
    if (source !== undefined) {
      scans.push(`${node?.["Node Type"]} ${source} ${node?.["Actual Rows"]}`);
    }
    return value;
  });
  return scans.join(", ");
}

/** Returns rows per second written to the log, with and without the sums. */
async function measureInserts(
  { sql, workers }: BenchDatabase,
  options: BenchmarkOptions,
): Promise<Section> {
  options.progress("copying the log");
  await copyLog(sql);
  const insert =
    (table: string, fold: () => Promise<unknown>): Measure<"alone" | "folded"> => async () => {
      const alone = await time(() =>
        repeat(INSERTS.rows / INSERTS.batch, () => insertRows(workers, table, INSERTS.batch, 1))
      );
      const folded = alone + await time(fold);
      return { alone: INSERTS.rows / alone * 1000, folded: INSERTS.rows / folded * 1000 };
    };
  const results = await interleave({
    [OURS]: insert(
      "public.chat_telemetry_log",
      () => workers`select private.fold_chat_telemetry()`,
    ),
    [PLAIN]: insert("bench.plain_log", () => Promise.resolve()),
  }, options);
  const rows = ROWS.toLocaleString("en");
  const goal = { atLeast: GOALS.insertsPerSecond };
  return {
    title: `Telemetry: inserting ${INSERTS.batch} rows a statement, on one connection`,
    unit: "rows/s",
    ratio: "ours ÷ it",
    rows: [
      results.row(OURS, "alone", { goal }),
      results.row(OURS, "folded", { label: "ours, with the sums brought up to date", goal }),
      results.row(PLAIN, "alone", { dividend: OURS }),
    ],
    notes: [
      `The same ${rows} rows, indexes, foreign keys and fingerprint; unaided has neither costs nor sums.`,
    ],
  };
}

async function copyLog(sql: postgres.Sql): Promise<void> {
  await sql.unsafe(`
    create table bench.plain_log (like public.chat_telemetry_log including defaults including indexes);
    insert into bench.plain_log select * from public.chat_telemetry_log;
    alter table bench.plain_log
      add foreign key (user_id) references public.accounts (id) on delete cascade,
      add foreign key (conversation_id) references public.chat_conversations (id) on delete set null;
    create function bench.set_fingerprint() returns trigger language plpgsql as $$
    begin
      if new.generated_sql is not null then
        new.sql_fingerprint := md5(lower(regexp_replace(new.generated_sql, '\\s+', ' ', 'g')));
      end if;
      return new;
    end;
    $$;
    create trigger set_fingerprint before insert on bench.plain_log
      for each row execute function bench.set_fingerprint();
    grant insert on bench.plain_log to service_role;
    analyze bench.plain_log;
  `).simple();
}
