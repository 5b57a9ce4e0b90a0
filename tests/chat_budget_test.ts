import assert from "node:assert/strict";
import { startTestDatabase, type TestDatabase } from "../scripts/testing/database.ts";
import { createTelemetryLog } from "../supabase/functions/_shared/chat/telemetry_log.ts";
import { connectDatabase, type Database } from "../supabase/functions/_shared/platform/database.ts";

const USERS = [1, 2, 3].map((number) => `00000000-0000-4000-8000-00000000000${number}`);
const [ADA = "", BOB = ""] = USERS;

interface Begun {
  readonly message_id: string;
  readonly conversation_id: string;
  readonly over_budget?: { readonly scope: string; readonly retry_after_seconds: number };
}

/** Database with three users and these ceilings. */
async function start(perUserDay: number | null, perMonth: number | null): Promise<TestDatabase> {
  const db = await startTestDatabase();
  await db.sql`
    insert into auth.users (id, email) select id, id || '@example.com' from unnest(${USERS}::uuid[]) id`;
  await db.sql`
    update private.chat_settings set usd_per_user_day = ${perUserDay}, usd_per_month = ${perMonth}`;
  return db;
}

async function begin(sql: Database, user: string, bound: number | null): Promise<Begun> {
  const [row] = await sql<[{ begun: Begun }]>`
    select public.begin_chat_turn(${user}, null, 'How many?', 1000, ${bound}) as begun`;
  return row.begun;
}

/** Ends a question as the function does, with a cost in tokens of gpt-6-luna. */
async function end(
  sql: Database,
  user: string,
  begun: Begun,
  { inputTokens = 0, writtenOffUsd = 0 },
): Promise<void> {
  await createTelemetryLog(sql).insert({
    logId: begun.message_id,
    userId: user,
    conversationId: begun.conversation_id,
    answerId: null,
    responseId: null,
    userQuestion: "How many?",
    aiResponse: null,
    generatedSql: null,
    sqlShapeHash: null,
    resultRowCount: null,
    followUpSuggestions: null,
    errorType: null,
    errorMessage: null,
    failedStep: null,
    isOffTopic: false,
    sqlModel: "gpt-6-luna",
    responseModel: null,
    nlToSqlDurationMs: null,
    sqlExecutionDurationMs: null,
    responseGenerationDurationMs: null,
    ttfbMs: null,
    sqlTokens: { inputTokens, outputTokens: 0, cachedTokens: 0 },
    responseTokens: null,
    writtenOffUsd,
  });
}

async function budgets(sql: Database): Promise<(readonly [string, number, number, number])[]> {
  const rows = await sql<{ who: string; spent: number; off: number; reserved: number }[]>`
    select coalesce(user_id::text, scope) as who, spent_usd::float8 as spent,
      written_off_usd::float8 as off, reserved_usd::float8 as reserved
    from public.report_chat_budgets`;
  return rows.map(({ who, spent, off, reserved }) => [who, spent, off, reserved] as const);
}

Deno.test("parallel questions never exceed a user's or the project's ceiling", async () => {
  await using db = await start(0.5, 1.2);
  const connections = Array.from({ length: 4 }, () => connectDatabase(db.url, { name: "test" }));
  try {
    const begun = await Promise.all(
      connections.flatMap((sql) => USERS.map((user) => [sql, user] as const))
        .flatMap((place) => [place, place, place])
        .map(async ([sql, user]) => ({ user, begun: await begin(sql, user, 0.1) })),
    );
    const admitted = begun.filter(({ begun }) => begun.over_budget === undefined);
    assert.equal(admitted.length, 12, "12 questions of 0.10 USD fit under 1.20");
    for (const user of USERS) {
      assert.ok(admitted.filter((one) => one.user === user).length <= 5, "5 fit under 0.50");
    }
    for (const { begun: { over_budget } } of begun) {
      assert.ok((over_budget?.retry_after_seconds ?? 0) <= 10, "what is held is free in seconds");
    }
    const [{ stored } = { stored: -1 }] = await db.sql<{ stored: number }[]>`
      select count(*)::int as stored from public.chat_messages`;
    assert.equal(stored, 12, "a refused question stores nothing");

    // Settled all at once, together with the sweep.
    await Promise.all([
      ...admitted.map(({ user, begun }, index) =>
        end(connections[index % 4] ?? db.workers, user, begun, { inputTokens: 100_000 })
      ),
      db.workers`select private.log_lost_chat_turns()`,
    ]);
    const [project, ...days] = await budgets(db.workers);
    assert.ok(project);
    const near = (one: number, other: number) => Math.abs(one - other) < 1e-9;
    assert.ok(near(project[1], 12 * 0.01) && project[2] === 0 && near(project[3], 0));
    assert.ok(near(days.reduce((sum, [, spent]) => sum + spent, 0), project[1]));
  } finally {
    await Promise.all(connections.map((sql) => sql.end()));
  }
});

Deno.test("what may have been charged stays spent: lost functions, uncounted calls, deleted users", async () => {
  await using db = await start(1, 100);
  const sql = db.workers;
  const uncounted = await begin(sql, ADA, 0.5);
  await end(sql, ADA, uncounted, { inputTokens: 200_000, writtenOffUsd: 0.25 });
  assert.deepEqual(await budgets(sql), [["project_month", 0.02, 0.25, 0], [ADA, 0.02, 0.25, 0]]);

  await begin(sql, ADA, 0.5);
  await sql`select private.log_lost_chat_turns('0')`;
  assert.deepEqual((await budgets(sql))[1], [ADA, 0.02, 0.75, 0]);
  const refused = await begin(sql, ADA, 0.5);
  assert.equal(refused.over_budget?.scope, "user_day");
  assert.ok((refused.over_budget?.retry_after_seconds ?? 0) > 10, "waits for the next day");

  await db.sql`delete from public.chat_conversations`;
  assert.equal((await begin(sql, ADA, 0.5)).over_budget?.scope, "user_day");

  await begin(sql, BOB, 0.5);
  await db.sql`delete from auth.users where id = any (${[ADA, BOB]}::uuid[])`;
  assert.deepEqual((await budgets(sql))[0], ["project_month", 0.02, 1.25, 0]);
});

Deno.test("a question's cost counts in the day and month it was asked in", async () => {
  await using db = await start(0.1, 0.1);
  const begun = await begin(db.workers, ADA, 0.1);
  // Asked in the last month and answered in this.
  await db.sql`
    with budgets as (
      update private.chat_budgets set starts_on = (starts_on - interval '1 month')::date
    )
    update private.open_chat_turns set begun_at = begun_at - interval '1 month'`;
  await end(db.workers, ADA, begun, { inputTokens: 500_000 });
  assert.deepEqual(await budgets(db.workers), []);
  assert.equal((await begin(db.workers, ADA, 0.1)).over_budget, undefined);
});

Deno.test("without ceilings a model without a price is free to use", async () => {
  await using db = await start(null, null);
  const begun = await begin(db.workers, ADA, null);
  await end(db.workers, ADA, begun, {});
  assert.deepEqual(await budgets(db.workers), [["project_month", 0, 0, 0], [ADA, 0, 0, 0]]);
});
