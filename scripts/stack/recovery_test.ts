// Kills the database or its connections while everything is in use. All parts must work again by
// themselves.

import assert from "node:assert/strict";
import { join } from "node:path";
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import postgres from "postgres";
import type { ConfigOverrides } from "./config.ts";
import { startDetached, stopDetached } from "./control.ts";
import { freeStackPorts } from "./free_ports.ts";
import { commandOf, waitUntil } from "./processes.ts";
import { findRunningStack } from "./state_file.ts";
import { makeScratchDirectory } from "./testing.ts";

const ECHO = `Deno.serve(() => new Response("echo"));`;

const MIGRATION = `
create extension if not exists pg_net with schema extensions;
create extension if not exists pg_cron with schema pg_catalog;
create table public.notes (id bigint generated always as identity primary key, text text);
alter table public.notes enable row level security;
create policy "Anybody does all" on public.notes to anon using (true) with check (true);
grant select, insert on public.notes to anon;
alter publication supabase_realtime add table public.notes;
create table public.ticks (at timestamptz not null default clock_timestamp());
select cron.schedule('tick', '1 second', $$
  insert into public.ticks default values;
  select net.http_get((select decrypted_secret from vault.decrypted_secrets
    where name = 'project_url') || '/functions/v1/benchmark-worker')
$$);
`;

/** Stack in a process of its own with one function and one table, which clients use all the time. */
interface BusyStack extends AsyncDisposable {
  /** Connection as the superuser. */
  readonly admin: postgres.Sql;
  /** Asserts that REST, cron, pg_net, Realtime and schema changes all work now. */
  worksAgain(): Promise<void>;
}

async function startBusyStack(): Promise<BusyStack> {
  const scratch = await makeScratchDirectory();
  const functionDir = join(scratch.path, "functions", "benchmark-worker");
  const migrationsDir = join(scratch.path, "migrations");
  await Deno.mkdir(functionDir, { recursive: true });
  await Deno.mkdir(migrationsDir);
  await Deno.writeTextFile(join(functionDir, "index.ts"), ECHO);
  await Deno.writeTextFile(join(functionDir, "deno.json"), "{}");
  await Deno.writeTextFile(join(migrationsDir, "1_create_notes.sql"), MIGRATION);
  const stackDir = join(scratch.path, "stack");
  const overrides: ConfigOverrides = {
    stackDir,
    ports: freeStackPorts(),
    functionsDir: join(scratch.path, "functions"),
    migrationsDir,
    seedFile: join(scratch.path, "none.sql"),
    keepWarm: false,
    localServices: false,
  };
  const { state } = await startDetached(overrides);
  const keys = JSON.parse(await Deno.readTextFile(join(stackDir, "keys.json")));
  const adminUrl = new URL(state.dbUrl);
  adminUrl.username = "supabase_admin";
  adminUrl.password = keys.databaseAdminPassword;
  const connect = () => postgres(adminUrl.href, { max: 1, onnotice: () => {} });
  const admin = connect();
  const client = createClient(state.apiUrl, state.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
    realtime: { reconnectAfterMs: () => 100 },
  });
  const received: string[] = [];
  let isSubscribed = false;
  client.channel("notes").on(
    "postgres_changes",
    { event: "INSERT", schema: "public", table: "notes" },
    ({ new: row }) => received.push(row.text),
  ).subscribe((status) => isSubscribed = status === "SUBSCRIBED");
  const until = async (what: string, isDone: () => boolean | Promise<boolean>) => {
    if (await waitUntil(isDone, 60_000)) return;
    const logs = await Promise.all(
      ["supervisor", "realtime", "pg_cron", "pg_net", "postgres"].map(async (name) => {
        const text = await Deno.readTextFile(join(state.logsDir, `${name}.log`)).catch(() => "");
        return `${name}:\n${text.split("\n").slice(-15).join("\n")}`;
      }),
    );
    assert.fail(`waited in vain for ${what}\n${logs.join("\n")}`);
  };
  await until("the channel to be joined", () => isSubscribed);

  let isEnding = false;
  const traffic = Promise.all(Array.from({ length: 4 }, async () => {
    while (!isEnding) await client.from("notes").select().limit(1);
  }));
  return {
    admin,
    worksAgain: async () => {
      await checkWorks(connect, client, received, until);
      // It is the same process that works again.
      assert.equal((await findRunningStack(stackDir))?.pid, state.pid);
    },
    [Symbol.asyncDispose]: async () => {
      isEnding = true;
      await traffic;
      await client.removeAllChannels();
      await admin.end({ timeout: 1 });
      await stopDetached(overrides);
      await scratch[Symbol.asyncDispose]();
    },
  };
}

/** Connections of the gateway and Realtime that change to a caller's role. */
const MAX_CALLERS = 10 + 4;

async function checkWorks(
  connect: () => postgres.Sql,
  client: SupabaseClient,
  received: readonly string[],
  until: (what: string, isDone: () => boolean | Promise<boolean>) => Promise<void>,
): Promise<void> {
  const asks = async () => (await client.from("notes").select().limit(1)).error === null;
  // More at once than the gateway has connections: none of them may be lost for good. Processes of a
  // killed server may still answer the first requests.
  await until(
    "REST to answer 30 requests at once",
    async () => (await Promise.all(Array.from({ length: 30 }, asks))).every(Boolean),
  );
  const sql = connect();
  try {
    const countCallers = async () =>
      (await sql`select from pg_stat_activity where usename = 'authenticator'`).length;
    assert.ok(await countCallers() <= MAX_CALLERS, "connections that nobody uses stay open");
    const [{ now }] = await sql<[{ now: string }]>`select clock_timestamp()::text as now`;
    const later = async (rows: PromiseLike<readonly unknown[]>) => (await rows).length > 0;
    await until("cron to run", () =>
      later(sql`select from cron.job_run_details
        where status = 'succeeded' and start_time > ${now}::text::timestamptz`));
    await until("pg_net to deliver", () =>
      later(sql`select from net._http_response
        where content = 'echo' and created > ${now}::text::timestamptz`));
    const table = `made_${crypto.randomUUID().replaceAll("-", "")}`;
    await sql`create table public.${sql(table)} (id int)`;
    await sql`grant select on public.${sql(table)} to anon`;
    await until(
      "REST to see a new table",
      async () => (await client.from(table).select()).error === null,
    );
  } finally {
    await sql.end({ timeout: 1 });
  }
  await until("Realtime to send a change", async () => {
    const text = crypto.randomUUID();
    await client.from("notes").insert({ text });
    return await waitUntil(() => received.includes(text), 1_000);
  });
}

/** Returns the id of the server's own process. */
async function postmasterOf(admin: postgres.Sql): Promise<number> {
  const [{ pid }] = await admin<[{ pid: number }]>`select pg_backend_pid() as pid`;
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "ppid=", "-p", String(pid)] })
    .output();
  return Number(new TextDecoder().decode(stdout));
}

Deno.test("after kill -9 of Postgres the stack starts it again and everything works", async () => {
  await using busy = await startBusyStack();
  await busy.worksAgain();
  for (let round = 0; round < 2; round++) {
    const postmaster = await postmasterOf(busy.admin);
    assert.match(await commandOf(postmaster) ?? "", /postgres/);
    Deno.kill(postmaster, "SIGKILL");
    await busy.worksAgain();
  }
});

Deno.test("after kill -9 of a single connection's process everything works again", async () => {
  await using busy = await startBusyStack();
  for (const name of ["pg_cron", "pg_net", "schema-watch"]) {
    const [row] = await busy.admin<[{ pid: number }]>`
      select pid from pg_stat_activity where application_name = ${name}
      order by backend_start limit 1`;
    Deno.kill(row.pid, "SIGKILL");
    await busy.worksAgain();
  }
});

Deno.test("closing all connections again and again leaves everything working", async () => {
  await using busy = await startBusyStack();
  let closed = 0;
  const closeAll = async () => {
    const rows = await busy.admin`
      select pg_terminate_backend(pid) from pg_stat_activity
      where pid <> pg_backend_pid() and backend_type in ('client backend', 'walsender')`;
    closed += rows.length;
    return closed >= 300;
  };
  assert.ok(await waitUntil(closeAll, 60_000));
  await busy.worksAgain();
});
