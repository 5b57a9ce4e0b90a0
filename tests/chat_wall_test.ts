// The database's own protection of the chat, without the gate: each statement runs as one user who reads
// their own rows, and whatever else it does is undone.
import assert from "node:assert/strict";
import fc from "fast-check";
import postgres from "postgres";
import { z } from "zod";
import {
  type ChatSchema,
  chatSchemaSchema,
} from "../supabase/functions/_shared/chat/chat_schema.ts";
import { QueryError } from "../supabase/functions/_shared/chat/failures.ts";
import { createChatStore } from "../supabase/functions/_shared/chat/store.ts";
import { attacks, VICTIM_ID } from "../supabase/functions/_shared/testing/chat_corpus/attacks.ts";
import type { CorpusStatement } from "../supabase/functions/_shared/testing/chat_corpus/corpus_statement.ts";
import { legitimate } from "../supabase/functions/_shared/testing/chat_corpus/legitimate.ts";
import { startTestDatabase } from "../scripts/testing/database.ts";
import { waitFor } from "../scripts/testing/wait_for.ts";

const ASKER_ID = "ada0ada0-0000-4000-8000-00000000ada0";
/** Returns a user who asks for their own account. */
const asker = (id: string) => ({ accountId: id, userId: id, keyId: null });
/** Part of every text of the victim's. Their ids are recognised by their beginning. */
const MARKER = "victims-own-words";
/** Patterns that match the marker without being equal to it: an error may repeat a statement's own text. */
const MARKER_PATTERN = MARKER.replaceAll("-", ".");
const MARKER_LIKE = MARKER.replaceAll("-", "_");
const VICTIM_SIGNS = new RegExp(`${MARKER}|b0b0b0b0`, "i");

const database = await startTestDatabase();
const admin = postgres(database.adminUrl, { max: 1, onnotice: () => {} });
Deno.test.afterAll(async () => {
  await admin.end();
  await database[Symbol.asyncDispose]();
});

await seedUser(ASKER_ID, "askers-own-words");
await seedUser(VICTIM_ID, MARKER);

const resultSchema = z.object({
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  rows: z.array(z.array(z.unknown())),
  row_count: z.int(),
  truncated: z.boolean(),
  duration_ms: z.int(),
});
type Outcome =
  | { readonly ok: true; readonly result: z.infer<typeof resultSchema> }
  | { readonly ok: false; readonly code: string; readonly told: string };

/** Opens a session like the function's own. */
function connect(statementTimeoutMs = 250): postgres.Sql {
  return postgres(database.url, {
    max: 1,
    onnotice: () => {},
    connection: { role: "service_role", statement_timeout: statementTimeoutMs },
  });
}

async function ask(sql: postgres.ISql, user: string, query: string): Promise<Outcome> {
  try {
    const [row] = await sql`select public.run_chat_query(${user}, ${query}) as result`;
    return { ok: true, result: resultSchema.parse(row?.["result"]) };
  } catch (error) {
    // A query that ends its session is rolled back.
    if (Reflect.get(Object(error), "code") === "CONNECTION_CLOSED") {
      return { ok: false, code: "CONNECTION_CLOSED", told: "" };
    }
    if (!(error instanceof postgres.PostgresError)) throw error;
    const { code, message, detail, hint, where } = error;
    return { ok: false, code, told: JSON.stringify({ message, detail, hint, where }) };
  }
}

/** Returns every view of the chat with its columns. */
async function listViews(): Promise<ChatSchema["relations"]> {
  const [row] = await database.workers`select public.chat_schema() as schema`;
  return chatSchemaSchema.parse(row?.["schema"]).relations;
}

const TIMED_OUT = "57014";
/** On a busy machine, the timeout for attacks may be too short for a legitimate query. */
const TRIES = 20;

/** Asks again if the time was too short for the answer. */
async function askInTime(sql: postgres.ISql, user: string, query: string): Promise<Outcome> {
  for (let tries = 1;; tries++) {
    const outcome = await ask(sql, user, query);
    if (outcome.ok || outcome.code !== TIMED_OUT || tries === TRIES) return outcome;
  }
}

/** Reads everything that a query may have changed in its own session. */
async function describeSession(sql: postgres.ISql): Promise<unknown> {
  for (let tries = 1;; tries++) {
    try {
      return await readSession(sql);
    } catch (error) {
      const code = Reflect.get(Object(error), "code");
      if (code !== TIMED_OUT || tries === TRIES) throw error;
    }
  }
}

async function readSession(sql: postgres.ISql): Promise<unknown> {
  const [row] = await sql`
    select current_user, session_user,
      (select jsonb_object_agg(name, setting) from pg_settings) as settings,
      (select jsonb_object_agg(name, nullif(current_setting(name, true), ''))
        from unnest(array['request.jwt.claims', 'request.jwt.claim.sub', 'chat.user_id']) name) as claims,
      (select count(*)::int from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) as locks,
      (select count(*)::int from pg_prepared_statements where from_sql) as prepared,
      (select count(*)::int from pg_cursors where is_holdable) as cursors,
      (select count(*)::int from pg_class where relpersistence = 't') as temporary,
      (select array_agg(c) from pg_listening_channels() c) as channels,
      (select count(*)::int from private.chat_identities) as identities`;
  return { ...row };
}

/** Reads everything that a query may have changed in the database. */
async function describeDatabase(): Promise<unknown> {
  const tables = await admin<{ name: string }[]>`
    select c.oid::regclass::text as name from pg_class c
    where c.relkind = 'r' and c.relnamespace::regnamespace::text in
      ('public', 'private', 'auth', 'storage', 'realtime', 'cron', 'net', 'vault', 'supabase_migrations')
    order by 1`;
  const contents: Record<string, unknown> = {};
  for (const { name } of tables) {
    const [row] = await admin.unsafe(
      `select count(*)::int as rows, sum(hashtextextended(t::text, 0))::text as hash from ${name} t`,
    );
    contents[name] = { ...row };
  }
  const [catalog] = await admin`
    select (select count(*)::int from pg_class where relpersistence <> 't') as relations,
      (select count(*)::int from pg_proc) as functions,
      (select jsonb_object_agg(rolname, rolsuper) from pg_roles) as roles,
      (select count(*)::int from pg_auth_members) as members,
      (select count(*)::int from pg_largeobject_metadata) as large_objects,
      (select count(*)::int from pg_replication_slots) as slots,
      (select count(*)::int from pg_locks where locktype = 'advisory') as locks,
      (select jsonb_object_agg(schemaname || '.' || sequencename, last_value) from pg_sequences) as sequences,
      (select jsonb_agg(relacl::text order by oid) from pg_class where relacl is not null) as rights,
      (select jsonb_agg(setconfig::text) from pg_db_role_setting) as defaults`;
  return { contents, catalog: { ...catalog } };
}

/** Inserts rows for every view, each with `words` in its texts. */
async function seedUser(id: string, words: string): Promise<void> {
  const prefix = id.slice(0, 8);
  const sql = admin;
  const [draft, report] = [
    `${prefix}-0000-4000-8000-0000000000d1`,
    `${prefix}-0000-4000-8000-0000000000e1`,
  ];
  await sql`insert into auth.users (id, email) values (${id}, ${`${words}@example.com`})`;
  await sql`insert into public.benchmark_drafts (id, owner_id, name, prompt)
    values (${draft}, ${id}, ${words}, ${words})`;
  const config = {
    images: [{ path: words }, { path: words }],
    priorities: ["cost", "accuracy", "speed"],
    runs_per_model: 2,
    prompt: words,
  };
  await sql`insert into public.reports (id, owner_id, draft_id, config_hash, estimated_api_cost, model_count, rationale,
      recommended_model)
    values (${report}, ${id}, ${draft}, ${words}, 1, 2, ${words}, 'openai/gpt-6-sol')`;
  await sql`insert into public.report_orders (report_id, owner_id, config_snapshot)
    values (${report}, ${id}, ${sql.json(config)})`;
  await sql`
    insert into public.benchmark_runs (id, report_id, owner_id, model_id, image_index, repeat_index, estimated_cost,
      status, actual_cost, field_accuracy, field_errors, score, output_json, raw_output, error_message,
      response_time_ms, input_tokens, output_tokens, completed_at)
    select (${prefix} || right(gen_random_uuid()::text, 28))::uuid, ${report}, ${id}, model, image, repeat, 1,
      'complete', 0.5, 50, jsonb_build_array(jsonb_build_object('fieldPath', ${words}::text, 'expected', ${words}::text)),
      '{"relaxed": {"correct": 3, "wrong": 0, "missing": 1, "extra": 0}}',
      jsonb_build_object('vendor', ${words}::text), ${words}, ${words}, 100 * (image + 1), 10, 20, now()
    from unnest(array['openai/gpt-6-sol', 'openai/gpt-6-luna']) model, generate_series(0, 1) image,
      generate_series(0, 1) repeat`;
  const conversation = `${prefix}-0000-4000-8000-0000000000f1`;
  await sql`insert into public.chat_conversations (id, owner_id, title)
    values (${conversation}, ${id}, ${words})`;
  await sql`insert into public.chat_messages (id, conversation_id, owner_id, role, content, sql)
    values (${`${prefix}-0000-4000-8000-0000000000a1`}, ${conversation}, ${id}, 'assistant', ${words}, ${words})`;
  await sql`insert into public.prompts (id, owner_id, name, body) values (${report}, ${id}, ${words}, ${words})`;
  await sql`insert into public.datasets (id, owner_id, name, version, content_hash, format, file_path, file_bytes,
      columns, row_count)
    values (${report}, ${id}, ${words}, 1, ${
    "0".repeat(64)
  }, 'csv', ${words}, 1, array[${words}::text], 1)`;
  await sql`insert into public.dataset_rows (dataset_id, row_index, data_json)
    values (${report}, 0, jsonb_build_object(${words}::text, 1))`;
  await sql`insert into public.runs (id, owner_id, name, prompt_version_id, dataset_id, cell_count, cost_ceiling_usd)
    select prompt_id, owner_id, body, id, prompt_id, 1, 1 from public.prompt_versions where owner_id = ${id}`;
  await sql`insert into public.run_models (id, run_id, owner_id, provider, model, label)
    values (${report}, ${report}, ${id}, 'groq', ${words}, ${words})`;
  await sql`insert into public.run_cells (run_id, run_model_id, owner_id, row_index, status, output_text,
      grader_score, latency_ms)
    values (${report}, ${report}, ${id}, 0, 'complete', ${words}, 1, 1)`;
  const [run] =
    await sql`insert into public.test_runs (owner_id, suite) values (${id}, ${words}) returning id`;
  await sql`insert into public.test_results (run_id, owner_id, ordinal, tool_name, status)
    values (${run?.["id"]}, ${id}, 0, ${words}, 'FAIL')`;
  const [issue] = await sql`insert into public.issues (owner_id, issue_code, suite, title)
    values (${id}, ${`${
    words.slice(0, 3).toUpperCase()
  }-HIGH-001`}, ${words}, ${words}) returning id`;
  await sql`insert into public.issue_occurrences (issue_id, run_id, owner_id, severity, notes)
    values (${issue?.["id"]}, ${run?.["id"]}, ${id}, 'HIGH', ${words})`;
}

/** Returns attacks on one view, like those of the corpus on benchmarks. */
function attacksOn(view: string): CorpusStatement[] {
  const claims = `{"sub":"${VICTIM_ID}","role":"authenticated"}`;
  const statements: Record<string, string> = {
    "sets the claims":
      `select v.*, set_config('request.jwt.claims', '${claims}', true) from chat.${view} v`,
    "sets the claims first":
      `with s as materialized (select set_config('request.jwt.claims', '${claims}', false) c) select v.* from s, chat.${view} v where s.c is not null`,
    "turns row security off":
      `select v.*, set_config('row_security', 'off', true) from chat.${view} v`,
    "becomes another first":
      `with s as materialized (select set_config('role', 'postgres', true) c) select v.* from s, chat.${view} v where s.c is not null`,
    "echoes rows in a cast's error": `select * from chat.${view} v where v::text::int is null`,
    "echoes the other's rows in a cast's error":
      `select * from chat.${view} v where case when v::text ~ '${MARKER_PATTERN}' then v::text::int > 0 end`,
    "is slow for the other's rows":
      `select count(*) from chat.${view} v where v::text ~ '${MARKER_PATTERN}' and pg_sleep(60)::text = ''`,
    "reads it through XML": `select query_to_xml('select * from chat.${view}', true, false, '')`,
    "reads it through XML as another":
      `select query_to_xml('select v.*, set_config(''request.jwt.claims'', ''${claims}'', true) from chat.${view} v', true, false, '')`,
    "asks the planner": `explain (analyze, verbose) select * from chat.${view}`,
    "asks the planner through XML":
      `select query_to_xml('explain select * from chat.${view}', true, false, '')`,
  };
  return Object.entries(statements).map(([name, sql]) => ({ name, class: view, sql }));
}

const LEAVERS_FILE = `/tmp/chat_wall_${crypto.randomUUID()}`;

/** Statements that would notify, write or keep something if they were allowed to. */
const LEAVERS: readonly CorpusStatement[] = Object.entries({
  "tells another session": `select pg_notify('chat_wall', 'x')`,
  "keeps locks of the session":
    `select pg_advisory_lock(g), pg_advisory_lock_shared(g) from generate_series(1, 50) g`,
  "keeps a lock and fails":
    `select pg_advisory_lock(7), 1 / (select count(*) - count(*) from chat.models)`,
  "keeps a lock and is stopped": `select pg_advisory_lock(8), pg_sleep(60)`,
  "sets everything for the session":
    `select set_config(name, coalesce(min_val, setting), false) from pg_settings where context = 'user' and vartype = 'integer'`,
  "sets the session read-only":
    `select set_config('default_transaction_read_only', 'on', false), set_config('search_path', 'nowhere', false), set_config('client_encoding', 'LATIN1', false), set_config('timezone', 'Asia/Tokyo', false)`,
  "sets claims for the session and fails":
    `select set_config('request.jwt.claims', '{"sub":"${VICTIM_ID}"}', false), 1 / (select count(*) - count(*) from chat.models)`,
  "writes a file": `select lo_export(lo_from_bytea(0, 'x'), '${LEAVERS_FILE}')`,
  "makes a large object": `select lo_create(0)`,
  "lifts the time limit":
    `select set_config('statement_timeout', '0', false), count(*) from generate_series(1, 1e15) g`,
  "lifts the limit of transactions":
    `select set_config('transaction_timeout', '0', false), set_config('statement_timeout', '0', false), count(*) from generate_series(1, 1e15) g`,
  "has its session ended by an error":
    `select set_config('exit_on_error', 'on', false), 1 / (select count(*) - count(*) from chat.models)`,
  "has its session ended by time":
    `select set_config('transaction_timeout', '1', false), pg_sleep(1)`,
  "has its session ended when it idles": `select set_config('idle_session_timeout', '1', false)`,
  "is a comment without an end": `/*${"*".repeat(8_000)}`,
  "is comments within comments": "/*".repeat(4_000),
  "begins with thousands of comments": `${"/**/".repeat(2_000)} explain select 1`,
  "begins with thousands of lines": `${"--\n".repeat(2_700)}show all`,
  "hides what it is behind a nested comment":
    "/* /* */ select */ explain select * from chat.models",
  "answers without an end": `select g, pg_sleep(0.01) from generate_series(1, 1e15) g`,
}).map(([name, sql]) => ({ name, class: "leaves something", sql }));

Deno.test("without the gate, no attack returns another user's row or leaves a trace", async () => {
  let sql = connect();
  try {
    const heard: string[] = [];
    const channels = [...attacks, ...LEAVERS]
      .flatMap(({ sql }) => /(?:pg_notify\s*\(\s*'|notify\s+)(\w+)/i.exec(sql)?.[1] ?? []);
    assert.notEqual(channels.length, 0);
    for (const channel of new Set(channels)) {
      await database.sql.listen(channel, () => heard.push(channel));
    }
    const views = await listViews();
    // Each view is attacked in a third of the ways, and each way goes at a third of the views.
    const onViews = views.flatMap(({ name }, view) =>
      attacksOn(name).filter((_, way) => (view + way) % 3 === 0)
    );
    const all = [...attacks, ...onViews, ...LEAVERS];
    assert.ok(all.length >= 100);
    const known = new Set(views.map(({ name }) => name));

    // The first query brings in the procedural language and pg_trgm with their settings.
    const first = "select similarity('a', 'b')";
    assert.ok((await askInTime(sql, ASKER_ID, first)).ok);
    const session = await describeSession(sql);
    const before = await describeDatabase();
    for (const { name, class: kind, sql: query } of all) {
      const what = `${kind}: ${name}`;
      // One that no timeout stops would never come back.
      const outcome = await within(120_000, what, ask(sql, ASKER_ID, query));
      const told = JSON.stringify(outcome);
      assert.doesNotMatch(told.replaceAll(VICTIM_ID, ""), VICTIM_SIGNS, what);
      if (!outcome.ok && outcome.code === "42P01") {
        const missing = /relation \\"(?:chat\.)?(\w+)\\"/.exec(outcome.told)?.[1];
        assert.ok(missing === undefined || !known.has(missing), `${what}: ${outcome.told}`);
      }
      if (!outcome.ok && outcome.code === "CONNECTION_CLOSED") {
        await sql.end({ timeout: 1 });
        sql = connect();
        assert.ok((await askInTime(sql, ASKER_ID, first)).ok);
      }
      assert.deepEqual(await describeSession(sql), session, what);
    }
    assert.deepEqual(await describeDatabase(), before);
    await assert.rejects(Deno.stat(LEAVERS_FILE), Deno.errors.NotFound);

    // What was committed after them is heard after them.
    await database.sql.listen("chat_wall_end", () => heard.push("chat_wall_end"));
    await database.sql`select pg_notify('chat_wall_end', '')`;
    await waitFor("the last notification", () => Promise.resolve(heard.length > 0));
    assert.deepEqual(heard, ["chat_wall_end"]);

    // There was something to be seen everywhere.
    for (const name of known) {
      if (name === "models") continue;
      const victims = await askInTime(sql, VICTIM_ID, `select v.*, v::text from chat.${name} v`);
      assert.match(JSON.stringify(victims), VICTIM_SIGNS, name);
    }
  } finally {
    await sql.end({ timeout: 1 });
  }
});

Deno.test("without the gate, every legitimate statement runs", async () => {
  const sql = connect(5_000);
  try {
    assert.ok(legitimate.length >= 40);
    const refused: string[] = [];
    let answered = 0;
    for (const { name, sql: query } of legitimate) {
      const outcome = await ask(sql, ASKER_ID, query);
      if (!outcome.ok) refused.push(`${name}: ${outcome.code} ${outcome.told}`);
      else if (outcome.result.row_count > 0) answered++;
      assert.doesNotMatch(JSON.stringify(outcome), VICTIM_SIGNS, name);
    }
    assert.deepEqual(refused, []);
    // Statements over empty tables would show nothing.
    assert.ok(answered > legitimate.length / 2, `${answered} of ${legitimate.length} brought rows`);
  } finally {
    await sql.end();
  }
});

Deno.test("any statement returns a user the same result whether or not another user exists", async () => {
  const views = await listViews();
  const sql = connect(5_000);
  try {
    await fc.assert(
      fc.asyncProperty(queries(views), async (query) => {
        const [beside, alone] = await answerBesideAndAlone(sql, query);
        assert.doesNotMatch(JSON.stringify(beside).replaceAll(VICTIM_ID, ""), VICTIM_SIGNS);
        assert.deepEqual(beside, alone);
      }),
      { numRuns: 150 },
    );
  } finally {
    await sql.end();
  }
});

Deno.test("simultaneous users of shared connections each read their own rows", async () => {
  const pool = postgres(database.url, {
    max: 3,
    connection: { role: "service_role", statement_timeout: 5_000 },
  });
  try {
    await Promise.all(Array.from({ length: 60 }, async (_, index) => {
      const isVictim = index % 2 === 0;
      const query = index % 3 === 0
        ? "select 1 / (count(*) - count(*)) from chat.benchmarks"
        : "select name, pg_sleep(0.005) from chat.benchmarks";
      const outcome = await ask(pool, isVictim ? VICTIM_ID : ASKER_ID, query);
      if (index % 3 === 0) assert.ok(!outcome.ok && outcome.code === "22012");
      else {
        assert.ok(outcome.ok);
        assert.deepEqual(outcome.result.rows.map(([name]) => name), [
          isVictim ? MARKER : "askers-own-words",
        ]);
      }
    }));
    const [{ count }] = await pool<[{ count: number }]>`
      select count(*)::int as count from private.chat_identities`;
    assert.equal(count, 0);
  } finally {
    await pool.end();
  }
});

Deno.test("a query runs only if its session or transaction has set a timeout before it", async () => {
  const endless = "select count(*) from generate_series(1, 1e15) g";
  const sql = connect(0);
  try {
    const unarmed = await ask(sql, ASKER_ID, "select 1");
    assert.ok(!unarmed.ok && unarmed.code === "55000");
    const tooLate = await sql.begin(async (transaction) => {
      await transaction`set local statement_timeout = '6s'`;
      return await ask(transaction, ASKER_ID, "select 1").catch(() => undefined);
    }).catch((error) => error);
    assert.equal(tooLate.code, "55000");
    const armed = await sql.begin(async (transaction) => {
      await transaction`set local statement_timeout = '200ms'`;
      await transaction`select public.run_chat_query(${ASKER_ID}, ${endless})`;
    }).catch((error) => error);
    assert.equal(armed.code, "57014");
    const [{ timeout }] = await sql<[{ timeout: string }]>`
      select current_setting('statement_timeout') as timeout`;
    assert.equal(timeout, "0");
  } finally {
    await sql.end();
  }
});

Deno.test("a client that disconnects ends its query and releases its locks", async () => {
  const sql = connect(60_000);
  try {
    const query = "select pg_advisory_lock(4711), pg_sleep(60)";
    const running = sql`
      select public.run_chat_query(${ASKER_ID}, ${query}, p_timeout_ms => 60000)`.execute();
    await waitFor("the query to run", holdsLock);
    running.cancel();
    await assert.rejects(running, { code: "57014" });
    await waitFor("its lock to be let go", async () => !await holdsLock());
    const [next] = await sql<[{ rows: unknown }]>`
      select public.run_chat_query(${ASKER_ID}, 'select count(*) from chat.benchmarks',
        p_timeout_ms => 60000) -> 'rows' as rows`;
    assert.deepEqual(next.rows, [[1]]);
  } finally {
    await sql.end();
  }
});

Deno.test("a second signal while a cancelled query is undone leaves no lock", async () => {
  const sql = connect(60_000);
  try {
    const [{ pid }] = await sql<[{ pid: number }]>`select pg_backend_pid() as pid`;
    // Undoing thousands of locks takes so long that some of the second signals come meanwhile.
    const query = `select (select count(pg_advisory_xact_lock(g)) from generate_series(1, 3000) g),
      pg_advisory_lock(4711), pg_sleep(60)`;
    for (let ms = 0; ms < 4; ms += 0.1) {
      const ended = sql`select public.run_chat_query(${ASKER_ID}, ${query}, p_timeout_ms => 60000)`
        .then(() => "ok", ({ code }) => code);
      await waitFor("the query to run", holdsLock);
      await admin.unsafe(`
        do $$
        declare
          second constant timestamptz := clock_timestamp() + interval '${ms} ms';
        begin
          perform pg_cancel_backend(${pid});
          loop exit when clock_timestamp() >= second; end loop;
          perform pg_cancel_backend(${pid});
        end;
        $$`);
      assert.equal(await ended, "57014");
      assert.equal(await holdsLock(), false, `the second signal came after ${ms} ms`);
    }
  } finally {
    await sql.end();
  }
});

Deno.test("no query is started for a caller who has already disconnected", async () => {
  const sql = connect();
  const store = createChatStore({ sql, connectQueries: () => sql });
  const limits = { maxRows: 10, timeoutMs: 250 };
  try {
    await assert.rejects(
      store.run(asker(ASKER_ID), "select pg_sleep(60)", limits, AbortSignal.abort()),
      { name: "AbortError" },
    );
  } finally {
    await sql.end();
  }
});

Deno.test("simultaneous questions do not exceed the limit", async () => {
  const begun = await Promise.all(Array.from({ length: 12 }, async () => {
    const [row] = await database.workers<[{ turn: { retry_after_seconds: number | null } }]>`
      select public.begin_chat_turn(${ASKER_ID}, null, 'How many?', 5, 0) as turn`;
    return row.turn.retry_after_seconds;
  }));
  const refused = begun.filter((seconds) => seconds !== null);
  assert.equal(refused.length, 7);
  assert.ok(refused.every((seconds) => seconds >= 1 && seconds <= 60));
});

/** Tells whether a session holds the lock that queries of these tests take. */
async function holdsLock(): Promise<boolean> {
  const locks = await admin`select from pg_locks where locktype = 'advisory' and objid = 4711`;
  return locks.length > 0;
}

/** Fails when an answer does not come. */
async function within<T>(milliseconds: number, what: string, answer: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} never ended`)), milliseconds);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks with the victim's rows there, then without them, and has them back. */
async function answerBesideAndAlone(
  sql: postgres.Sql,
  query: string,
): Promise<readonly [unknown, unknown]> {
  const undone = new Error("undone");
  let answers: readonly [unknown, unknown] | undefined;
  await sql.begin(async (transaction) => {
    const beside = await comparable(transaction, query);
    await transaction`set local role postgres`;
    await transaction`delete from auth.users where id = ${VICTIM_ID}`;
    await transaction`set local role service_role`;
    answers = [beside, await comparable(transaction, query)];
    throw undone;
  }).catch((error) => {
    if (error !== undone) throw error;
  });
  assert.ok(answers !== undefined);
  return answers;
}

async function comparable(sql: postgres.TransactionSql, query: string): Promise<unknown> {
  let outcome: Outcome | undefined;
  await sql.savepoint(async (savepoint) => {
    outcome = await ask(savepoint, ASKER_ID, query);
    // A failed statement has to be rolled back before the next one.
    if (!outcome.ok) throw new Error(outcome.code);
  }).catch(() => {});
  assert.ok(outcome !== undefined);
  if (!outcome.ok) return { code: outcome.code };
  const { rows, columns } = outcome.result;
  // The order of rows that nobody ordered is nobody's.
  return { columns, rows: rows.map((row) => JSON.stringify(row)).toSorted() };
}

/** Statements of many shapes, some of which run and all of which would like to see more. */
function queries(views: ChatSchema["relations"]): fc.Arbitrary<string> {
  const view = fc.constantFrom(...views);
  const change = fc.constantFrom(
    ["role", "postgres"],
    ["role", "none"],
    ["session_authorization", "postgres"],
    ["row_security", "off"],
    ["search_path", "public"],
    ["request.jwt.claims", `{"sub":"${VICTIM_ID}","role":"authenticated"}`],
    ["request.jwt.claim.sub", VICTIM_ID],
    ["chat.user_id", VICTIM_ID],
    ["transaction_read_only", "off"],
  );
  const pull = fc.oneof(
    fc.tuple(change, fc.boolean())
      .map(([[name, to], local]) => `set_config('${name}', '${to}', ${local})`),
    view.map(({ name }) => `query_to_xml('select * from chat.${name}', true, true, '')::text`),
    fc.constantFrom(
      `query_to_xml('select * from public.reports', true, true, '')::text`,
      `(select string_agg(rationale, ',') from public.reports)`,
      `schema_to_xml('chat', true, true, '')::text`,
      "private.chat_account_id()::text",
      `(select string_agg(most_common_vals::text, ',') from pg_stats where schemaname <> 'pg_catalog')`,
    ),
  );
  const condition = fc.oneof(
    pull.map((text) => `${text} is not null`),
    fc.constantFrom(
      "true",
      `t::text like '%${MARKER_LIKE}%'`,
      `t::text not like '%${MARKER_LIKE}%'`,
      "length(t::text) % 2 = 0",
      "t::text::int is null",
      "1 / (position('victim' in t::text) - 1) < 0",
    ),
  );
  const source = view.chain((from) =>
    fc.record({
      columns: fc.subarray(from.columns.map(({ name }) => `t.${name}`), { minLength: 1 }),
      pulls: fc.array(pull, { maxLength: 1 }),
      joined: fc.option(view),
      conditions: fc.array(condition, { maxLength: 2 }),
      isNegated: fc.boolean(),
    }).map(({ columns, pulls, joined, conditions, isNegated }) =>
      [
        `select ${
          [...columns, ...pulls].map((column) => `(${column})::text`).join(" || ' ' || ")
        } as x`,
        `from chat.${from.name} t`,
        joined === null ? "" : `full join chat.${joined.name} u on u::text = t::text`,
        conditions.length === 0
          ? ""
          : `where ${isNegated ? "not " : ""}(${conditions.join(" or ")})`,
      ].join(" ")
    )
  );
  const shape = fc.constantFrom<(a: string, b: string, first: string) => string>(
    (a) => a,
    (a, _b, first) =>
      `with s as materialized (select ${first} as x) select a.x from s, (${a}) a where s.x is not null`,
    (a, b, first) =>
      `select a.x from (select ${first} as x offset 0) s cross join lateral (${a} limit length(s.x)) a union all ${b}`,
    (a, b) => `${a} union all ${b}`,
    (a, b) => `${a} except ${b}`,
    (a, b) => `with a as materialized (${a}), b as (${b}) select a.x from a left join b using (x)`,
    (a, b) => `select (${a} limit 1), b.x from (${b}) b`,
    (a) => `select count(*), max(x), string_agg(x, ',' order by x) from (${a}) a`,
    (a, b) => `select a.x from (${a}) a where exists (${b} offset 1)`,
    (a, b) => `select a.x, l.x from (${a}) a cross join lateral (${b} limit 2) l order by 1, 2`,
  );
  return fc.tuple(shape, source, source, pull)
    .map(([combine, a, b, first]) => combine(a, b, first));
}

Deno.test("a query that ends its own session fails no other query", async () => {
  const pools: postgres.Sql[] = [];
  const sql = connect(5_000);
  const store = createChatStore({
    sql,
    connectQueries: () => {
      const pool = connect(5_000);
      pools.push(pool);
      return pool;
    },
  });
  const limits = { maxRows: 10, timeoutMs: 5_000 };
  const { signal } = new AbortController();
  try {
    for (let round = 0; round < 3; round++) {
      await assert.rejects(
        store.run(
          asker(VICTIM_ID),
          "select set_config('exit_on_error', 'on', false), 1 / (random() * 0)::int",
          limits,
          signal,
        ),
        QueryError,
      );
      const statement = "select count(*) > 0 from models";
      const { rows } = await store.run(asker(ASKER_ID), statement, limits, signal);
      assert.deepEqual(rows, [[true]]);
    }
    assert.equal(pools.length, 4);
  } finally {
    await Promise.all([sql, ...pools].map((pool) => pool.end({ timeout: 1 })));
  }
});
