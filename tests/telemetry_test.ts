import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import type postgres from "postgres";
import { readSnippet, type SnippetQuery } from "../scripts/support/read_snippet.ts";
import {
  advance,
  completed,
  payForReport,
  startTestDatabase,
  type TestDatabase,
} from "../scripts/testing/database.ts";
import { waitFor } from "../scripts/testing/wait_for.ts";
import { createTelemetry } from "../supabase/functions/_shared/chat/telemetry.ts";
import {
  createTelemetryLog,
  type TelemetryRecord,
} from "../supabase/functions/_shared/chat/telemetry_log.ts";
import { connectDatabase } from "../supabase/functions/_shared/platform/database.ts";
import { createLogger } from "../supabase/functions/_shared/platform/logger.ts";
import { systemClock } from "../supabase/functions/_shared/platform/system_clock.ts";

const ROOT = new URL("../", import.meta.url);
const ADA = "00000000-0000-4000-8000-00000000000a";
const BOB = "00000000-0000-4000-8000-00000000000b";
const EVE = "00000000-0000-4000-8000-00000000000e";

type Row = Readonly<Record<string, unknown>>;

async function readQueries(path: string): Promise<Map<number, SnippetQuery>> {
  const queries = readSnippet(await Deno.readTextFile(new URL(path, ROOT)));
  return new Map(queries.map((query) => [query.number, query]));
}

async function ask(sql: postgres.Sql, query: SnippetQuery | undefined): Promise<Row[]> {
  assert.ok(query);
  return [...await sql.unsafe(query.sql)];
}

const DAY_MS = 86_400_000;
/** These tests count days from today, and midnight (UTC) must not fall in between. */
const UNTIL_MIDNIGHT_MS = DAY_MS - Date.now() % DAY_MS;
if (UNTIL_MIDNIGHT_MS < 180_000) {
  await new Promise((resolve) => setTimeout(resolve, UNTIL_MIDNIGHT_MS));
}

const reports = await readQueries("supabase/snippets/observability_reports.sql");

/** Reads a report, with dates as days ago and decimals as numbers. */
async function askReport(db: TestDatabase, number: number): Promise<Row[]> {
  return plain(await ask(db.workers, reports.get(number)));
}

function plain(rows: readonly Row[]): Row[] {
  const today = Date.parse(new Date().toISOString().slice(0, 10));
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => {
        if (value instanceof Date) return [name, (today - value.valueOf()) / DAY_MS];
        const isDecimal = typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value);
        return [name, isDecimal ? Number(value) : value];
      }),
    )
  );
}

async function addUsers(db: TestDatabase): Promise<void> {
  for (const id of [ADA, BOB, EVE]) {
    await db.sql`insert into auth.users (id, email) values (${id}, ${`${id}@example.com`})`;
  }
}

interface LogRow extends Record<string, string | number | boolean | null> {
  user_id: string;
  user_question: string;
}

/** Inserts rows that are some days old and returns their ids. */
async function log(
  db: TestDatabase,
  rows: readonly { readonly daysAgo: number; readonly hour?: number; readonly row: LogRow }[],
): Promise<string[]> {
  const dated = rows.map(({ daysAgo, hour = 0, row }) => {
    const today = new Date().toISOString().slice(0, 10);
    const at = Date.parse(today) - daysAgo * DAY_MS + hour * 3_600_000;
    return { ...row, created_at: new Date(at).toISOString() };
  });
  const inserted = await db.workers<{ log_id: string }[]>`
    insert into public.chat_telemetry_log ${db.workers(dated)} returning log_id`;
  return inserted.map(({ log_id }) => log_id);
}

/** Folds the changes, as if it were that many days ago. */
function fold(db: TestDatabase, daysAgo = 0): PromiseLike<unknown> {
  return db.workers`
    select private.fold_chat_telemetry((now() at time zone 'UTC')::date - ${daysAgo}::integer)`;
}

const NOTHING: LogRow = {
  user_id: ADA,
  user_question: "q",
  generated_sql: null,
  result_row_count: null,
  error_type: null,
  failed_step: null,
  is_off_topic: false,
  sql_model: null,
  response_model: null,
  nl_to_sql_duration_ms: null,
  sql_execution_duration_ms: null,
  response_generation_duration_ms: null,
  ttfb_ms: null,
  sql_input_tokens: null,
  sql_output_tokens: null,
  sql_cached_tokens: null,
  response_input_tokens: null,
  response_output_tokens: null,
  response_cached_tokens: null,
};

const answered: LogRow = {
  ...NOTHING,
  generated_sql: "SELECT\n 1",
  result_row_count: 5,
  sql_model: "gpt-6-luna",
  sql_input_tokens: 1000,
  sql_cached_tokens: 400,
  sql_output_tokens: 100,
  response_model: "gpt-6-sol",
  response_input_tokens: 2000,
  response_cached_tokens: 0,
  response_output_tokens: 300,
  nl_to_sql_duration_ms: 100,
  sql_execution_duration_ms: 20,
  response_generation_duration_ms: 200,
  ttfb_ms: 150,
};
const offTopic: LogRow = {
  ...NOTHING,
  is_off_topic: true,
  sql_model: "gpt-6-luna",
  sql_input_tokens: 500,
  sql_output_tokens: 50,
  nl_to_sql_duration_ms: 300,
};
const failedAtOnce: LogRow = {
  ...NOTHING,
  user_id: BOB,
  error_type: "sql_generation",
  failed_step: "understanding",
  sql_model: "gpt-6-luna",
  nl_to_sql_duration_ms: 5000,
};
const answeredByUnpricedModel: LogRow = {
  ...answered,
  user_id: BOB,
  generated_sql: "select 1",
  result_row_count: null,
  sql_cached_tokens: 0,
  response_model: "mystery",
  response_input_tokens: 1000,
  response_cached_tokens: 500,
  response_output_tokens: 100,
  nl_to_sql_duration_ms: 200,
  sql_execution_duration_ms: 40,
  response_generation_duration_ms: 400,
  ttfb_ms: 250,
};
const aborted: LogRow = {
  ...NOTHING,
  user_id: BOB,
  error_type: "unexpected",
  failed_step: "response",
  generated_sql: "select 2",
  result_row_count: 1,
  sql_execution_duration_ms: 7,
  sql_model: "gpt-6-luna",
  sql_input_tokens: 100,
};
const lastWeek: LogRow = {
  ...NOTHING,
  generated_sql: "select 3",
  sql_model: "gpt-6-luna",
  sql_input_tokens: 1000,
  nl_to_sql_duration_ms: 9999,
};

const EXPECTED: Readonly<Record<number, readonly Row[]>> = {
  1: [
    [0, 3, 3500, 450, 400, 0.007189, 0.007189, 0, 0],
    [1, 2, 2100, 200, 500, 0.0003325, 0.00016, 0.0001725, 1],
    [8, 1, 1000, 0, 0, 0.0001, 0.0001, 0, 0],
  ].map(([day, requests, input_tokens, output_tokens, cached_tokens, cost, known, guess, un]) => ({
    day,
    requests,
    input_tokens,
    output_tokens,
    cached_tokens,
    cost_usd: cost,
    known_usd: known,
    estimated_usd: guess,
    unpriced_requests: un,
  })),
  2: [
    { step: "nl_to_sql", requests: 3, p50_ms: 200, p95_ms: 300, p99_ms: 300 },
    { step: "sql_execution", requests: 2, p50_ms: 20, p95_ms: 40, p99_ms: 40 },
    { step: "response_generation", requests: 2, p50_ms: 200, p95_ms: 400, p99_ms: 400 },
    { step: "ttfb", requests: 2, p50_ms: 150, p95_ms: 250, p99_ms: 250 },
  ],
  3: [["sql_generation", "understanding"], ["unexpected", "response"]].map(
    ([error_type, failed_step]) => ({
      error_type,
      failed_step,
      errors: 1,
      requests: 5,
      percent_of_requests: 20,
      percent_of_errors: 50,
    }),
  ),
  4: [
    {
      user_id: ADA,
      requests: 3,
      input_tokens: 4500,
      output_tokens: 450,
      cached_tokens: 400,
      errors: 0,
      off_topic: 1,
      cost_usd: 0.007289,
      known_usd: 0.007289,
      estimated_usd: 0,
      unpriced_requests: 0,
    },
    {
      user_id: BOB,
      requests: 3,
      input_tokens: 2100,
      output_tokens: 200,
      cached_tokens: 500,
      errors: 2,
      off_topic: 0,
      cost_usd: 0.0003325,
      known_usd: 0.00016,
      estimated_usd: 0.0001725,
      unpriced_requests: 1,
    },
  ],
  5: [
    { requests: 2, mean_execution_ms: 30, mean_rows: 5 },
    { requests: 1, mean_execution_ms: 7, mean_rows: 1 },
  ],
  6: [
    { day: 0, requests: 3, off_topic: 1, percent_off_topic: 33.33 },
    { day: 1, requests: 2, off_topic: 0, percent_off_topic: 0 },
    { day: 8, requests: 1, off_topic: 0, percent_off_topic: 0 },
  ],
  7: [
    ["nl_to_sql", "gpt-6-luna", 5, 200, 300, 650, 100, 62.5],
    ["response_generation", "gpt-6-sol", 1, 200, 200, 2000, 0, 300],
    ["response_generation", "mystery", 1, 400, 400, 1000, 500, 100],
  ].map(([step, model, requests, p50_ms, p95_ms, input, cached, output]) => ({
    step,
    model,
    requests,
    p50_ms,
    p95_ms,
    mean_input_tokens: input,
    mean_cached_tokens: cached,
    mean_output_tokens: output,
  })),
};

/** Tells whether a time from a histogram is within 1 % and rounding of the real time. */
function isNear(approximate: unknown, exact: unknown): boolean {
  if (approximate === null || exact === null) return approximate === exact;
  return Math.abs(Number(approximate) - Number(exact)) <= Number(exact) * 0.01 + 0.05;
}

/** Compares without the examples, of which any will do. */
function assertSameReport(actual: readonly Row[], expected: readonly Row[], what: string): void {
  const dull = (rows: readonly Row[]) =>
    rows.map((row) =>
      Object.fromEntries(
        Object.entries(row).filter(([name]) =>
          !/^p\d+_ms$|^example$|^sql_shape_hash$|^sql_fingerprint$/.test(name)
        ),
      )
    );
  assert.deepEqual(dull(actual), dull(expected), what);
  for (const [index, row] of expected.entries()) {
    for (const [name, value] of Object.entries(row)) {
      if (!/^p\d+_ms$/.test(name)) continue;
      assert.ok(isNear(actual[index]?.[name], value), `${what}: ${name} of row ${index}`);
    }
  }
}

Deno.test("each of the seven reports is right for folded and unfolded rows", async () => {
  await using db = await startTestDatabase();
  await addUsers(db);
  assert.equal(reports.size, 7);
  for (const [number, { sql }] of reports) {
    assert.match(sql, /^-- /, "each says what it measures");
    assert.deepEqual(await askReport(db, number), [], "nothing comes of nothing");
  }
  const rows = [
    { daysAgo: 1, row: aborted },
    { daysAgo: 30, hour: 23, row: answered },
    { daysAgo: 0, row: answered },
    { daysAgo: 8, row: lastWeek },
    { daysAgo: 0, row: failedAtOnce },
    { daysAgo: 1, row: answeredByUnpricedModel },
    { daysAgo: 0, row: offTopic },
  ];
  for (const foldAfter of [rows.length, 3, 0]) {
    await db.sql`truncate public.chat_telemetry_log`;
    for (const [index, row] of rows.entries()) {
      await log(db, [row]);
      if (index + 1 === foldAfter) await fold(db);
    }
    for (const [number, { title }] of reports) {
      const actual = await askReport(db, number);
      assertSameReport(actual, EXPECTED[number] ?? [], title);
      const view = /\((report_chat_\w+)\)/.exec(title)?.[1] ?? "";
      const viewed = await db.workers`select * from ${db.workers(view)}`;
      assert.deepEqual(plain(viewed), actual, `${view} and the snippet agree`);
    }
    const [pattern] = await askReport(db, 5);
    assert.match(String(pattern?.["example"]), /^select\s+1$/i);
    const overall = await db.workers`select * from public.report_chat_latencies_overall`;
    assert.deepEqual(plain(overall).map(({ requests }) => requests), [5, 3, 3, 3]);
  }
});

/** Stores an answer of Ada's and her rating of it. Returns the log's columns that refer to it. */
async function rateAnswer(db: TestDatabase, rating: number, reason: string | null) {
  const [row] = await db.sql<[{ conversation_id: string; answer_id: string }]>`
    with conversation as (
      insert into public.chat_conversations (owner_id, title) values (${ADA}, 'q') returning id
    ), answer as (
      insert into public.chat_messages (conversation_id, owner_id, role, content)
      select id, ${ADA}, 'assistant', 'a' from conversation returning id, conversation_id
    )
    select conversation_id, id as answer_id from answer`;
  await db.sql`insert into public.chat_ratings (message_id, owner_id, rating, reason)
    values (${row.answer_id}, ${ADA}, ${rating}, ${reason})`;
  return row;
}

Deno.test("ratings and reasons stand beside cost and latency", async () => {
  await using db = await startTestDatabase();
  await addUsers(db);
  const queries = await readQueries("supabase/snippets/chat_ratings.sql");
  const read = async (number: number) => plain(await ask(db.workers, queries.get(number)));
  assert.deepEqual([queries.size, await read(1), await read(2)], [2, [], []]);
  await log(db, [{ daysAgo: 0, row: { ...answered, ...await rateAnswer(db, 1, null) } }]);
  await log(db, [{ daysAgo: 0, row: { ...answered, ...await rateAnswer(db, -1, "Wrong sum.") } }]);
  await log(db, [{ daysAgo: 0, row: answered }]);
  assert.deepEqual(await read(1), [{
    sql_model: "gpt-6-luna",
    response_model: "gpt-6-sol",
    requests: 3,
    rated: 2,
    up: 1,
    down: 1,
    percent_up: 50,
    mean_cost_usd: 0.007114,
    p50_ttfb_ms: 150,
  }]);
  const [newest, ...older] = await read(2);
  assert.equal(older.length, 1);
  assert.deepEqual([newest?.["rating"], newest?.["reason"]], [-1, "Wrong sum."]);
  assert.deepEqual([newest?.["cost_usd"], newest?.["ttfb_ms"]], [0.007114, 150]);
});

const maybe = (max: number) => fc.option(fc.integer({ min: 0, max }));
const anyModel = fc.constantFrom("gpt-6-luna", "gpt-5.6-terra", "mystery", null);
const anyRow: fc.Arbitrary<LogRow> = fc.record({
  user_id: fc.constantFrom(ADA, BOB, EVE),
  user_question: fc.constant("q"),
  generated_sql: fc.constantFrom(null, "select 1", "SELECT  1", "select 2", "select 3"),
  result_row_count: maybe(500),
  error_type: fc.option(fc.constantFrom("sql_generation", "sql_execution", "unexpected")),
  failed_step: fc.option(fc.constantFrom("understanding", "looking_up", "response")),
  is_off_topic: fc.boolean(),
  sql_model: anyModel,
  response_model: anyModel,
  nl_to_sql_duration_ms: maybe(600_000),
  sql_execution_duration_ms: maybe(100),
  response_generation_duration_ms: maybe(60_000),
  ttfb_ms: maybe(2_147_483_647),
  sql_input_tokens: maybe(5000),
  sql_output_tokens: maybe(500),
  sql_cached_tokens: maybe(5000),
  response_input_tokens: maybe(2_147_483_647),
  response_output_tokens: maybe(500),
  response_cached_tokens: maybe(5000),
});
const anyStep = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.array(
      fc.record({
        daysAgo: fc.integer({ min: 0, max: 45 }),
        hour: fc.integer({ min: 0, max: 23 }),
        row: anyRow,
      }),
      { minLength: 1, maxLength: 12 },
    ).map((rows) => ({ kind: "insert" as const, rows })),
  },
  {
    weight: 2,
    arbitrary: fc.nat(20).map((daysAgo) => ({ kind: "fold" as const, daysAgo })),
  },
  { weight: 1, arbitrary: fc.nat().map((pick) => ({ kind: "delete" as const, pick })) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("correct" as const), pick: fc.nat(), row: anyRow }),
  },
);

Deno.test("the sums by day equal the log after any inserts, deletions and corrections", async () => {
  await using db = await startTestDatabase();
  await addUsers(db);
  await db.sql.file(new URL("scripts/bench/telemetry_requests.sql", ROOT).pathname).simple();
  const unaided = await readQueries("scripts/bench/telemetry_without_sums.sql");
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { minLength: 1, maxLength: 12 }), async (steps) => {
      await db.sql`truncate public.chat_telemetry_log`;
      await db.sql`
        update private.chat_window set first_day = (now() at time zone 'UTC')::date - 50`;
      const ids: string[] = [];
      for (const step of steps) {
        if (step.kind === "insert") ids.push(...await log(db, step.rows));
        else if (step.kind === "fold") await fold(db, step.daysAgo);
        else {
          const id = ids[step.pick % Math.max(ids.length, 1)] ?? null;
          if (step.kind === "delete") {
            await db.workers`delete from public.chat_telemetry_log where log_id = ${id}`;
          } else {
            await db.workers`
              update public.chat_telemetry_log set ${db.workers(step.row)} where log_id = ${id}`;
          }
        }
      }
      for (const [number, { title }] of reports) {
        const [actual, expected] = [
          await askReport(db, number),
          plain(await ask(db.workers, unaided.get(number))),
        ];
        assertSameReport(actual, expected, title);
      }
      for (const days of [1, 20, 29, 46]) {
        const [since] = await db.workers<{ log: number; sums: number }[]>`
          with today as (select (now() at time zone 'UTC')::date as day)
          select
            (select count(*)::int from public.chat_telemetry_log
              where (created_at at time zone 'UTC')::date >= day - ${days}::integer) as log,
            (select coalesce(sum(requests), 0)::int
              from private.chat_users_since(day - ${days}::integer)) as sums
          from today`;
        assert.equal(since?.sums, since?.log, `the users of ${days} days`);
      }
    }),
    { numRuns: 40 },
  );
});

Deno.test("nothing is lost or counted twice while many write and two fold at once", async () => {
  await using db = await startTestDatabase();
  await addUsers(db);
  const writers = Array.from({ length: 6 }, async () => {
    for (let round = 0; round < 20; round++) await log(db, [{ daysAgo: round % 3, row: answered }]);
  });
  let isWriting = true;
  const folders = [0, 1].map(async () => {
    while (isWriting) {
      await fold(db);
      const [seen] = await db.workers<{ log: number; sums: number }[]>`
        select (select count(*) from public.chat_telemetry_log)::int as log,
          (select coalesce(sum(requests), 0) from private.chat_usage)::int as sums`;
      assert.equal(seen?.sums, seen?.log, "every moment's sums are that moment's");
    }
  });
  await Promise.all(writers);
  isWriting = false;
  await Promise.all(folders);
  await fold(db);
  const [folded] = await db.workers`
    select sum(requests)::int as requests from private.chat_usage_days`;
  assert.equal(folded?.requests, 120);
});

const RECORD: TelemetryRecord = {
  logId: "00000000-0000-4000-8000-0000000000a1",
  userId: ADA,
  conversationId: null,
  answerId: "00000000-0000-4000-8000-0000000000a2",
  responseId: "resp_1",
  userQuestion: "Which model was cheapest?\0",
  aiResponse: "GPT-6 Luna.",
  generatedSql: "SELECT  model_id\nFROM reports",
  sqlShapeHash: "ab12",
  resultRowCount: 3,
  followUpSuggestions: ["And the \ud800 dearest?"],
  errorType: "response_generation",
  errorMessage: "The stream ended.",
  failedStep: "response",
  isOffTopic: false,
  sqlModel: "gpt-6-luna",
  responseModel: "gpt-6-sol",
  nlToSqlDurationMs: 812.6,
  sqlExecutionDurationMs: 9,
  responseGenerationDurationMs: 40,
  ttfbMs: 900,
  sqlTokens: { inputTokens: 1000, outputTokens: 100, cachedTokens: 400 },
  responseTokens: { inputTokens: 2000, outputTokens: 300, cachedTokens: 10 },
  writtenOffUsd: 0.00123,
};

async function readLog(db: TestDatabase): Promise<Row[]> {
  return [...await db.workers<Row[]>`select * from public.chat_telemetry_log order by created_at`];
}

Deno.test("every field of a record is stored, also after its conversation was deleted", async () => {
  await using db = await startTestDatabase();
  await addUsers(db);
  const [kept] = await db.sql<{ id: string }[]>`
    insert into public.chat_conversations (owner_id, title) values (${ADA}, 'Kept') returning id`;
  const sql = connectDatabase(db.url, { name: "test" });
  const lines: string[] = [];
  const held: Promise<unknown>[] = [];
  const persistTelemetry = createTelemetry(createTelemetryLog(sql), {
    waitUntil: (work) => void held.push(work),
    log: createLogger({ name: "chat", write: (line) => void lines.push(line) }),
    clock: systemClock,
  });
  try {
    await persistTelemetry({ ...RECORD, conversationId: kept?.id ?? null });
    await Promise.all(held);
    const [logId, conversationId] = [crypto.randomUUID(), crypto.randomUUID()];
    await persistTelemetry({ ...RECORD, logId, conversationId });
    await Promise.all(held);
    assert.deepEqual(lines, []);
    const [row, orphan, ...others] = await readLog(db);
    assert.deepEqual(others, []);
    const {
      log_id,
      created_at,
      sql_price_id,
      response_price_id,
      cost_usd,
      written_off_usd,
      ...rest
    } = row ?? {};
    assert.equal(log_id, RECORD.logId);
    assert.ok(created_at && sql_price_id && response_price_id);
    assert.deepEqual(rest, {
      user_id: ADA,
      conversation_id: kept?.id,
      answer_id: RECORD.answerId,
      response_id: "resp_1",
      user_question: "Which model was cheapest?\ufffd",
      ai_response: "GPT-6 Luna.",
      generated_sql: "SELECT  model_id\nFROM reports",
      sql_fingerprint: createHash("md5").update("select model_id from reports").digest("hex"),
      sql_shape_hash: "ab12",
      result_row_count: 3,
      follow_up_suggestions: ["And the \ufffd dearest?"],
      error_type: "response_generation",
      error_message: "The stream ended.",
      failed_step: "response",
      is_off_topic: false,
      sql_model: "gpt-6-luna",
      response_model: "gpt-6-sol",
      nl_to_sql_duration_ms: 813,
      sql_execution_duration_ms: 9,
      response_generation_duration_ms: 40,
      ttfb_ms: 900,
      sql_input_tokens: 1000,
      sql_output_tokens: 100,
      sql_cached_tokens: 400,
      response_input_tokens: 2000,
      response_output_tokens: 300,
      response_cached_tokens: 10,
      texts_deleted_at: null,
    });
    assert.equal(Number(written_off_usd), 0.00123);
    const microUsd = 600 * 0.1 + 400 * 0.01 + 100 * 0.5 + 1990 * 2 + 10 * 0.2 + 300 * 10;
    assert.equal(Number(cost_usd), microUsd / 1e6);
    assert.equal(orphan?.["conversation_id"], null);
    assert.equal(orphan?.["user_question"], "");
    assert.equal(orphan?.["ai_response"], null);

    await persistTelemetry({ ...RECORD, logId: crypto.randomUUID(), userId: crypto.randomUUID() });
    await Promise.all(held);
    assert.equal((await readLog(db)).length, 2);
    assert.equal(lines.length, 1, "a row that cannot be is logged");
  } finally {
    await sql.end();
  }
});

Deno.test("a question whose function was killed gets exactly one telemetry row", async () => {
  await using db = await startTestDatabase();
  await addUsers(db);
  const sql = connectDatabase(db.url, { name: "test" });
  const begin = async (question: string) => {
    const [row] = await sql<[{ turn: { message_id: string; conversation_id: string } }]>`
      select public.begin_chat_turn(${ADA}, null, ${question}, 100, 0.5) as turn`;
    return { logId: row.turn.message_id, conversationId: row.turn.conversation_id };
  };
  const storable = { userQuestion: "Answered?", followUpSuggestions: null, nlToSqlDurationMs: 812 };
  const record = { ...RECORD, ...storable };
  const findLost = async (after: string) => {
    const [row] = await sql<[{ lost: number }]>`
      select private.log_lost_chat_turns(${after}::interval) as lost`;
    return row.lost;
  };
  try {
    const answered = await begin("Answered?");
    const lost = await begin("Lost?");
    const deleted = await begin("Lost with its conversation?");
    await db.sql`delete from public.chat_conversations where id = ${deleted.conversationId}`;
    await createTelemetryLog(sql).insert({ ...record, ...answered });

    assert.equal(await findLost("10 minutes"), 0, "whoever still answers is left alone");
    assert.equal(await findLost("0"), 2);
    assert.equal(await findLost("0"), 0);
    const rows = await sql`
      select log_id, conversation_id, user_question, error_type, failed_step
      from public.chat_telemetry_log order by created_at`;
    assert.deepEqual(rows.map((row) => Object.values(row)), [
      [lost.logId, lost.conversationId, "Lost?", "unexpected", null],
      [deleted.logId, null, "", "unexpected", null],
      [answered.logId, answered.conversationId, "Answered?", "response_generation", "response"],
    ]);

    await createTelemetryLog(sql).insert({ ...record, ...lost });
    assert.equal((await readLog(db)).length, 3, "a row that comes late is the same row");
  } finally {
    await sql.end();
  }
});

Deno.test("persistTelemetry() of the function stores a row, and does not throw without a database", async () => {
  await using db = await startTestDatabase();
  await addUsers(db);
  const script = `
    const { persistTelemetry } = await import(${
    JSON.stringify(new URL("supabase/functions/chat/telemetry.ts", ROOT).href)
  });
    await persistTelemetry(${JSON.stringify(RECORD)});
    console.log("settled");`;
  const start = (env: Record<string, string>) =>
    new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-lock", "--config", new URL("deno.json", ROOT).pathname, script],
      env,
      stdout: "piped",
      stderr: "piped",
    }).spawn();

  const process = start({ SUPABASE_URL: "http://127.0.0.1:9", SUPABASE_DB_URL: db.url });
  const [row] = await waitFor("the row", async () => {
    const rows = await readLog(db);
    return rows.length > 0 && rows;
  });
  assert.equal(row?.["response_id"], "resp_1");
  process.kill("SIGKILL");
  await process.output();

  const { code, stdout, stderr } = await start({ SUPABASE_URL: "", SUPABASE_DB_URL: "" }).output();
  assert.equal(code, 0);
  assert.equal(new TextDecoder().decode(stdout).trim(), "settled");
  assert.match(new TextDecoder().decode(stderr), /telemetry row was not written.*SUPABASE_DB_URL/);
});

Deno.test("the operator's other snippets report revenue, failures, waiting jobs and worker chains", async () => {
  await using db = await startTestDatabase();
  const benchmarks = await readQueries("supabase/snippets/benchmarks.sql");
  const queue = await readQueries("supabase/snippets/job_queue.sql");
  const workers = await readQueries("supabase/snippets/workers.sql");
  const report = await payForReport(db, { models: ["openai/gpt-6-luna"], images: 4 });

  const ids = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()];
  for (const id of ids) {
    const [{ isWelcome } = { isWelcome: false }] = await db.workers<{ isWelcome: boolean }[]>`
      select public.register_worker(${id}, 'benchmark-worker', ${report}, 100) is not null as "isWelcome"`;
    assert.ok(isWelcome);
    if (id === ids[2]) break;
    await db.workers`select public.release_worker(${id}, true)`;
  }
  const worker = ids[2] ?? "";
  const { jobs } = await advance(db, worker, [], 3);
  const [first, second, third] = jobs;
  assert.ok(first && second && third);
  await advance(db, worker, [
    completed(first, 0.002),
    { job_id: second.job_id, attempt: 1, outcome: "failed", charge: "none", error_message: "503" },
    {
      job_id: third.job_id,
      attempt: 1,
      outcome: "retry",
      charge: "none",
      error_message: "429",
      run_at_ms: 60_000,
    },
  ], 0);
  await db.sql`
    insert into private.job_queue (kind, attempts, last_error, dead_at)
    values ('report_email', 8, 'no such address', now())`;

  const [money, ...otherMoney] = plain(await ask(db.sql, benchmarks.get(1)));
  assert.deepEqual(otherMoney, []);
  assert.deepEqual(money, {
    day: 0,
    currency: "usd",
    livemode: false,
    reports: 1,
    revenue: 1900,
    refunded: 0,
    spent_usd: 0.002,
    written_off_usd: 0,
    margin_usd: 18.998,
  });
  const failures = plain(await ask(db.sql, benchmarks.get(2)));
  assert.deepEqual(
    failures.map(({ provider, status, runs, of_runs, percent }) => ({
      provider,
      status,
      runs,
      of_runs,
      percent,
    })),
    [{ provider: "openrouter", status: "failed", runs: 1, of_runs: 2, percent: 50 }],
  );

  const depth = plain(await ask(db.sql, queue.get(1)));
  assert.deepEqual(
    depth.map(({ kind, due, delayed, leased, dead }) => ({ kind, due, delayed, leased, dead })),
    [
      { kind: "benchmark_run", due: 1, delayed: 1, leased: 0, dead: 0 },
      { kind: "report_email", due: 0, delayed: 0, leased: 0, dead: 1 },
    ],
  );
  const retries = plain(await ask(db.sql, queue.get(2)));
  assert.deepEqual(
    retries.map(({ kind, attempts, jobs, an_error }) => ({ kind, attempts, jobs, an_error })),
    [{ kind: "benchmark_run", attempts: 1, jobs: 1, an_error: 429 }],
  );
  const dead = plain(await ask(db.sql, queue.get(3)));
  assert.deepEqual(
    dead.map(({ kind, error, jobs }) => ({ kind, error, jobs })),
    [{ kind: "report_email", error: "no such address", jobs: 1 }],
  );

  const alive = plain(await ask(db.sql, workers.get(1)));
  assert.deepEqual(
    alive.map(({ function_name, alive, expired }) => ({ function_name, alive, expired })),
    [{ function_name: "benchmark-worker", alive: 1, expired: 0 }],
  );
  const chains = plain(await ask(db.sql, workers.get(2)));
  assert.deepEqual(
    chains.map(({ function_name, chains, longest }) => ({ function_name, chains, longest })),
    [{ function_name: "benchmark-worker", chains: 1, longest: 3 }],
  );
});
