import assert from "node:assert/strict";
import { join } from "node:path";
import postgres from "postgres";
import type { ConfigOverrides } from "./config.ts";
import { removeData, startDetached, StartError, stopDetached } from "./control.ts";
import { writeEnvLocal } from "./write_env_local.ts";
import { readEnvFile } from "./env_file.ts";
import { freeStackPorts } from "./free_ports.ts";
import { waitUntil } from "./processes.ts";
import { StackRunningError } from "./stack_lock.ts";
import { findRunningStack } from "./state_file.ts";
import { makeScratchDirectory } from "./testing.ts";

/** Returns the configuration of a small stack. It starts, stops and recovers like a full one. */
function overridesFor(stackDir: string): ConfigOverrides {
  return {
    stackDir,
    ports: freeStackPorts(),
    migrationsDir: "/nonexistent",
    seedFile: "/nonexistent.sql",
    localServices: false,
    keepWarm: false,
  };
}

async function countKept(dbUrl: string): Promise<number> {
  const sql = postgres(dbUrl, { max: 1, onnotice: () => {} });
  try {
    await sql`create table if not exists public.kept (id int)`;
    await sql`insert into public.kept values (1)`;
    return (await sql`select from public.kept`).length;
  } finally {
    await sql.end();
  }
}

Deno.test("a started stack is found by a second start, and gone after a stop", async () => {
  await using scratch = await makeScratchDirectory();
  const overrides = overridesFor(scratch.path);
  const first = await startDetached(overrides);
  try {
    assert.equal(first.wasRunning, false);
    const second = await startDetached(overrides);
    assert.equal(second.wasRunning, true);
    assert.deepEqual(second.state, first.state);
    const response = await fetch(`${first.state.apiUrl}/rest/v1/`, {
      headers: { apikey: first.state.secretKey },
    });
    await response.body?.cancel();
    assert.equal(response.status, 200);
    await assert.rejects(removeData(overrides), StackRunningError);
  } finally {
    assert.equal(await stopDetached(overrides), true);
  }
  assert.equal(await findRunningStack(scratch.path), undefined);
  assert.equal(await stopDetached(overrides), false);
  await assert.rejects(fetch(first.state.apiUrl));
});

Deno.test("of two starts at once one starts the stack and the other finds it", async () => {
  await using scratch = await makeScratchDirectory();
  const overrides = overridesFor(scratch.path);
  try {
    const started = await Promise.all([startDetached(overrides), startDetached(overrides)]);
    assert.deepEqual(started.map(({ wasRunning }) => wasRunning).sort(), [false, true]);
    assert.deepEqual(started[0].state, started[1].state);
  } finally {
    await stopDetached(overrides);
  }
});

Deno.test("a killed stack leaves its data, and the next start uses it", async () => {
  await using scratch = await makeScratchDirectory();
  const overrides = overridesFor(scratch.path);
  const { state } = await startDetached(overrides);
  assert.equal(await countKept(state.dbUrl), 1);
  Deno.kill(state.pid, "SIGKILL");
  assert.ok(
    await waitUntil(async () => await findRunningStack(scratch.path) === undefined, 60_000),
  );

  const again = await startDetached(overrides);
  try {
    assert.equal(again.wasRunning, false);
    assert.notEqual(again.state.pid, state.pid);
    assert.equal(again.state.secretKey, state.secretKey);
    assert.equal(await countKept(again.state.dbUrl), 2);
  } finally {
    await stopDetached(overrides);
  }
  await removeData(overrides);
  const emptied = await startDetached(overrides);
  try {
    assert.equal(await countKept(emptied.state.dbUrl), 1);
  } finally {
    await stopDetached(overrides);
  }
});

Deno.test("a start that fails says why and leaves nothing running", async () => {
  await using scratch = await makeScratchDirectory();
  const overrides = overridesFor(scratch.path);
  const { api = 0 } = overrides.ports ?? {};
  {
    using _listener = Deno.listen({ hostname: "127.0.0.1", port: api });
    await assert.rejects(startDetached(overrides), (error) => {
      assert.ok(error instanceof StartError);
      assert.match(error.message, new RegExp(`^port ${api},.*gateway.*process ${Deno.pid} `));
      return true;
    });
  }
  const migrationsDir = join(scratch.path, "migrations");
  await Deno.mkdir(migrationsDir);
  await Deno.writeTextFile(join(migrationsDir, "1_bad.sql"), "select nonsense;");
  await assert.rejects(
    startDetached({ ...overrides, migrationsDir }),
    /1_bad\.sql:1: column "nonsense" does not exist/,
  );
  assert.equal(await findRunningStack(scratch.path), undefined);
  const { wasRunning } = await startDetached(overrides);
  await stopDetached(overrides);
  assert.equal(wasRunning, false);
});

Deno.test("the commands print what supabase status prints and set their exit codes", async () => {
  await using scratch = await makeScratchDirectory();
  const overrides = overridesFor(scratch.path);
  const run = async (...args: string[]) => {
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", join(import.meta.dirname ?? ".", "../stack.ts")],
        ...[...args, "--stack-dir", scratch.path],
      ],
    }).output();
    return { code, text: new TextDecoder().decode(stdout) };
  };
  assert.equal((await run("status")).code, 1);
  const { state } = await startDetached(overrides);
  try {
    const shown = await run("status");
    assert.equal(shown.code, 0);
    assert.ok(shown.text.includes(`API URL: ${state.apiUrl}\n`));
    assert.ok(shown.text.includes(`DB URL: ${state.dbUrl}\n`));
    assert.ok(shown.text.includes(`Publishable key: ${state.publishableKey}\n`));
    assert.match(shown.text, /^ +Simulated: stripe, resend, openai$/m);
    assert.ok(shown.text.split("\n").every((line) => line.length <= 80));
    assert.match((await run("start")).text, /^The stack is already running/);

    const file = join(scratch.path, ".env.local");
    await Deno.writeTextFile(file, "# mine\nOTHER=1\nSUPABASE_URL=old\n\n");
    await writeEnvLocal(file, state);
    await writeEnvLocal(file, state);
    const text = await Deno.readTextFile(file);
    assert.ok(text.startsWith("# mine\nOTHER=1\n"));
    assert.equal(text.split("SUPABASE_URL=").length, 2);
    assert.deepEqual(readEnvFile(file), { OTHER: "1" });
    assert.ok(text.includes(`SUPABASE_URL="${state.apiUrl}"`));
  } finally {
    assert.equal((await run("stop")).text, "The stack was stopped.\n");
  }
});

Deno.test("a reset stack restarts empty, with its ports and settings", async () => {
  await using scratch = await makeScratchDirectory();
  const overrides = overridesFor(scratch.path);
  const { state } = await startDetached(overrides, { DEBUG_MOCK_OPENROUTER: "true" });
  try {
    await countKept(state.dbUrl);
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", join(import.meta.dirname ?? ".", "../stack.ts")],
        ...["reset", "--stack-dir", scratch.path],
      ],
      stdout: "null",
    }).output();
    assert.ok(success);
    const after = await findRunningStack(scratch.path);
    assert.deepEqual(after?.ports, state.ports);
    assert.equal(after?.settings.DEBUG_MOCK_OPENROUTER, "true");
    assert.equal(await countKept(state.dbUrl), 1);
  } finally {
    await stopDetached(overrides);
  }
});
