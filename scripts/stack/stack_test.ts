import assert from "node:assert/strict";
import { join } from "node:path";
import { createClient } from "@supabase/supabase-js";
import postgres from "postgres";
import type { ConfigOverrides } from "./config.ts";
import { planEnvironment } from "./plan_environment.ts";
import { waitUntil } from "./processes.ts";
import { startStack } from "./stack.ts";
import { loadTestConfig, makeScratchDirectory } from "./testing.ts";

/** Function that answers with its request and its environment. */
const ECHO = `
Deno.serve(async (request) =>
  Response.json({
    token: request.headers.get("x-worker-token"),
    body: await request.json(),
    url: Deno.env.get("SUPABASE_URL"),
    stripe: Deno.env.get("STRIPE_SECRET_KEY"),
    site: Deno.env.get("SITE_URL"),
  })
);
`;

const MIGRATION = `
create extension if not exists pg_net with schema extensions;
create extension if not exists pg_cron with schema pg_catalog;
select vault.create_secret('token-of-the-migration', 'worker_token');
create table public.notes (id int primary key, text text);
alter table public.notes enable row level security;
create policy "Anybody reads" on public.notes for select to anon using (true);
grant select on public.notes to anon;

create function public.call_worker(payload jsonb) returns bigint language sql as $$
  select net.http_post(
    url => (select decrypted_secret from vault.decrypted_secrets where name = 'project_url')
      || '/functions/v1/benchmark-worker',
    body => payload,
    headers => jsonb_build_object(
      'Content-Type', 'application/json',
      'x-worker-token', (
        select decrypted_secret from vault.decrypted_secrets where name = 'worker_token'
      )
    ),
    timeout_milliseconds => 60000
  )
$$;
select cron.schedule('sweep', '1 second', $$select public.call_worker('{"from": "cron"}')$$);
`;

/** Writes a project with one migration, one row of seed data and one function. */
async function writeProject(directory: string): Promise<ConfigOverrides> {
  const functionDir = join(directory, "supabase", "functions", "benchmark-worker");
  const migrationsDir = join(directory, "supabase", "migrations");
  await Deno.mkdir(functionDir, { recursive: true });
  await Deno.mkdir(migrationsDir);
  await Deno.writeTextFile(join(functionDir, "index.ts"), ECHO);
  await Deno.writeTextFile(join(functionDir, "deno.json"), "{}");
  await Deno.writeTextFile(join(migrationsDir, "1_create_notes.sql"), MIGRATION);
  const seedFile = join(directory, "supabase", "seed.sql");
  await Deno.writeTextFile(seedFile, "insert into public.notes values (1, 'seeded');");
  return {
    functionsDir: join(directory, "supabase", "functions"),
    migrationsDir,
    seedFile,
    keepWarm: false,
  };
}

Deno.test("SQL calls a function with the secrets of the vault, directly and from cron", async () => {
  await using scratch = await makeScratchDirectory();
  const config = await loadTestConfig(join(scratch.path, "stack"), {
    ...await writeProject(scratch.path),
    localServices: false,
    env: { STRIPE_SECRET_KEY: "sk_test_given" },
  });
  await using stack = await startStack(config);
  const sql = postgres(stack.dbUrl, { max: 1, onnotice: () => {} });
  try {
    const read = () =>
      sql<{ status_code: number; content: string }[]>`
        select status_code, content from net._http_response order by id`;
    const isAnswered = (from: string) => async () =>
      (await read()).some(({ content }) => JSON.parse(content).body.from === from);
    await sql`select public.call_worker('{"from": "sql"}')`;
    assert.ok(await waitUntil(isAnswered("sql"), 60_000));
    assert.ok(await waitUntil(isAnswered("cron"), 60_000));
    const [response] = await read();
    assert.equal(response?.status_code, 200);
    const { body: _body, ...seen } = JSON.parse(response?.content ?? "");
    assert.deepEqual(seen, {
      token: "token-of-the-migration",
      url: stack.apiUrl,
      stripe: "sk_test_given",
      site: stack.apiUrl,
    });
  } finally {
    await sql.end();
  }
  const client = createClient(stack.apiUrl, stack.keys.publishable, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  const { data, error } = await client.from("notes").select();
  assert.equal(error, null);
  assert.deepEqual(data, [{ id: 1, text: "seeded" }]);
});

Deno.test("a stack that was killed continues with its data and jobs", async () => {
  await using scratch = await makeScratchDirectory();
  const config = await loadTestConfig(join(scratch.path, "stack"), {
    ...await writeProject(scratch.path),
    localServices: false,
    fsync: true,
  });
  const first = await startStack(config);
  const sql = postgres(first.dbUrl, { max: 1, onnotice: () => {} });
  await sql`insert into public.notes values (2, 'committed')`;
  await first.kill();
  await sql.end({ timeout: 0 });

  await using second = await startStack(config);
  const again = postgres(second.dbUrl, { max: 1, onnotice: () => {} });
  try {
    assert.equal((await again`select from public.notes`).length, 2);
  } finally {
    await again.end();
  }
});

Deno.test("a stack starts the local services that it needs, and stops them", async () => {
  await using scratch = await makeScratchDirectory();
  const config = await loadTestConfig(join(scratch.path, "stack"), {
    ...await writeProject(scratch.path),
    env: { DEBUG_MOCK_OPENROUTER: "true" },
  });
  const stack = await startStack(config);
  try {
    assert.deepEqual(Object.keys(stack.localServices).sort(), [
      "ocr",
      "openai",
      "openrouter",
      "resend",
      "stripe",
    ]);
    const { stdout } = await new Deno.Command("ps", { args: ["-ww", "-e", "-o", "args="] })
      .output();
    const commands = new TextDecoder().decode(stdout);
    assert.ok(commands.includes("services/stripe/server.ts"));
    const secrets = Object.entries(planEnvironment(config, config.env).forced)
      .filter(([name]) => /_(KEY|SECRET)$/.test(name));
    assert.ok(secrets.length >= 5);
    for (const [name, secret] of secrets) assert.ok(!commands.includes(secret), name);
    for (const url of Object.values(stack.localServices)) {
      const response = await fetch(url);
      await response.body?.cancel();
      assert.ok(response.status < 500);
    }
  } finally {
    await stack.stop();
  }
  for (const url of Object.values(stack.localServices)) await assert.rejects(fetch(url));
});
