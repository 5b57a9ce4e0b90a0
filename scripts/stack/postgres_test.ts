import assert from "node:assert/strict";
import { join, relative } from "node:path";
import postgres from "postgres";
import { dbUrl, loadConfig } from "./config.ts";
import { freeStackPorts } from "./free_ports.ts";
import { PortTakenError } from "./assert_port_free.ts";
import { startPostgres } from "./postgres.ts";
import { commandOf, waitUntil } from "./processes.ts";
import { unprivilegedUser } from "./postgres/unix_user.ts";
import { loadTestConfig, makeScratchDirectory, startTestDatabase } from "./testing.ts";

const silent = () => {};

Deno.test("the owner's role is not a superuser and can do what migrations need", async () => {
  await using database = await startTestDatabase();
  const [role] = await database.sql`
    select rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls
    from pg_roles where rolname = current_user`;
  assert.deepEqual({ ...role }, {
    rolsuper: false,
    rolcreaterole: true,
    rolcreatedb: true,
    rolreplication: true,
    rolbypassrls: true,
  });
  await database.sql.unsafe(`
    create schema private;
    create role reader nologin;
    create table public.notes (id int primary key, owner uuid default auth.uid());
    alter table public.notes enable row level security;
    create policy "Owners read" on public.notes for select to authenticated
      using (owner = (select auth.uid()));
    grant select on public.notes to authenticated, service_role;
    alter publication supabase_realtime add table public.notes;
    set role service_role;
    reset role;
    set session_replication_role = replica;
  `).simple();
});

Deno.test("the settings of hosted Supabase apply", async () => {
  await using database = await startTestDatabase();
  const [settings] = await database.sql`
    select
      current_setting('wal_level') as wal_level,
      current_setting('server_version_num')::int / 10000 as major,
      current_setting('search_path') as search_path,
      (select datcollate from pg_database where datname = 'postgres') as collation`;
  assert.deepEqual({ ...settings }, {
    wal_level: "logical",
    major: 17,
    search_path: '"$user", public, extensions',
    collation: "C",
  });
});

Deno.test("extensions are created as a migration creates them on hosted Supabase", async () => {
  await using database = await startTestDatabase();
  await database.sql.unsafe(`
    create extension if not exists pg_net with schema extensions;
    create extension if not exists pg_cron with schema pg_catalog;
    create extension if not exists supabase_vault with schema vault;
    create extension if not exists moddatetime with schema extensions;
    create extension if not exists pg_trgm with schema extensions;
  `).simple();
  const rows = await database.sql`
    select extname, nspname from pg_extension join pg_namespace n on n.oid = extnamespace
    where extname in ('pg_net', 'pg_cron', 'supabase_vault') order by extname`;
  assert.deepEqual(rows.map((row) => Object.values(row)), [
    ["pg_cron", "pg_catalog"],
    ["pg_net", "extensions"],
    ["supabase_vault", "vault"],
  ]);
});

Deno.test("a vault secret is readable through its view and stored encrypted", async () => {
  await using database = await startTestDatabase();
  const { sql } = database;
  const [made] = await sql`select vault.create_secret('grün', 'colour', 'a word') as id`;
  const read = () =>
    sql`select name, description, secret, decrypted_secret from vault.decrypted_secrets`;
  const [before] = await read();
  assert.equal(before?.decrypted_secret, "grün");
  assert.equal(before?.name, "colour");
  assert.ok(!before?.secret.includes("grün"));

  await sql`select vault.update_secret(${made?.id}, new_description => 'changed')`;
  assert.equal((await read())[0]?.decrypted_secret, "grün");
  await sql`select vault.update_secret(${made?.id}, 'blau')`;
  assert.equal((await read())[0]?.decrypted_secret, "blau");
  assert.equal((await read())[0]?.description, "changed");

  await assert.rejects(
    sql.begin(async (as) => {
      await as`set local role anon`;
      await as`select * from vault.decrypted_secrets`;
    }),
    /permission denied/,
  );
});

Deno.test("committed data survives a killed server", async () => {
  await using scratch = await makeScratchDirectory();
  const config = await loadConfig({ stackDir: scratch.path, ports: freeStackPorts() });
  const first = await startPostgres(config, silent);
  const sql = postgres(dbUrl(config), { max: 1, onnotice: silent });
  await sql`create table kept (id int)`;
  await sql`create unlogged table lost (id int)`;
  await sql`insert into kept values (1)`;
  await sql`insert into lost values (1)`;
  await first.kill();
  await sql.end({ timeout: 0 });

  const second = await startPostgres(config, silent);
  try {
    assert.equal(second.isNew, false);
    const again = postgres(dbUrl(config), { max: 1 });
    assert.equal((await again`select * from kept`).length, 1);
    assert.equal((await again`select * from lost`).length, 0);
    await again.end();
  } finally {
    await second.stop();
  }
});

Deno.test("a server that outlived its stack is ended by the next start", async () => {
  await using scratch = await makeScratchDirectory();
  const config = await loadTestConfig(scratch.path);
  const orphan = await startPostgres(config, silent);
  const next = await startPostgres(config, silent);
  try {
    await orphan.ended;
    const sql = postgres(dbUrl(config), { max: 1 });
    assert.equal((await sql`select 1 as one`)[0]?.one, 1);
    await sql.end();
  } finally {
    await next.stop();
    await orphan.stop();
  }
});

Deno.test("a process that reuses a dead server's id is not killed", async () => {
  await using scratch = await makeScratchDirectory();
  const config = await loadTestConfig(scratch.path);
  const first = await startPostgres(config, silent);
  await first.kill();
  const bystander = new Deno.Command("sleep", { args: ["60"] }).spawn();
  try {
    const pidFile = join(first.dataDir, "postmaster.pid");
    const text = await Deno.readTextFile(pidFile);
    await Deno.writeTextFile(pidFile, text.replace(/^\d+/, String(bystander.pid)));
    const second = await startPostgres(config, silent);
    await second.stop();
    assert.match(await commandOf(bystander.pid) ?? "", /sleep/);
  } finally {
    bystander.kill();
    await bystander.status;
  }
});

Deno.test("a taken port is reported with the process that uses it", async () => {
  await using scratch = await makeScratchDirectory();
  const config = await loadTestConfig(scratch.path);
  using _listener = Deno.listen({ hostname: "127.0.0.1", port: config.ports.db });
  await assert.rejects(startPostgres(config, silent), (error) => {
    assert.ok(error instanceof PortTakenError);
    assert.match(error.message, new RegExp(`port ${config.ports.db},.*database.*is taken by`));
    assert.match(error.message, new RegExp(`process ${Deno.pid} `));
    return true;
  });
});

Deno.test("the server ends when the process that started it is killed", async () => {
  await using scratch = await makeScratchDirectory();
  const { ports } = await loadTestConfig(scratch.path);
  const program = `
    import { loadConfig } from ${JSON.stringify(import.meta.resolve("./config.ts"))};
    import { startPostgres } from ${JSON.stringify(import.meta.resolve("./postgres.ts"))};
    const config = await loadConfig(${JSON.stringify({ stackDir: scratch.path, ports })});
    const server = await startPostgres(config, () => {});
    console.log(server.dataDir);
    setInterval(() => {}, 1000);
  `;
  const parent = new Deno.Command(Deno.execPath(), {
    args: ["eval", program],
    cwd: import.meta.dirname ?? ".",
    stdout: "piped",
  }).spawn();
  const reader = parent.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const dataDir = (await reader.read()).value?.trim() ?? "";
  const pid = Number.parseInt(await Deno.readTextFile(join(dataDir, "postmaster.pid")), 10);
  assert.match(await commandOf(pid) ?? "", /postgres/);
  parent.kill("SIGKILL");
  await parent.status;
  await reader.cancel();
  assert.ok(await waitUntil(async () => await commandOf(pid) === undefined, 60_000));
});

Deno.test({
  name: "an ordinary user runs Postgres as itself",
  ignore: Deno.uid() !== 0,
  async fn() {
    await using scratch = await makeScratchDirectory();
    const clone = join(scratch.path, "clone");
    const user = await unprivilegedUser();
    await lendDeno(scratch.path);
    await Deno.mkdir(join(clone, "supabase"), { recursive: true });
    const { rootDir } = await loadTestConfig(scratch.path);
    for (const path of ["scripts", "deno.json", "supabase/config.toml"]) {
      await run("cp", ["-R", join(rootDir, path), join(clone, path)]);
    }
    await run("chown", ["-R", `${user?.uid}:${user?.gid}`, clone]);
    await Deno.chmod(scratch.path, 0o711);

    const program = `
      import { loadConfig } from "./scripts/stack/config.ts";
      import { freeStackPorts } from "./scripts/stack/free_ports.ts";
      import { startPostgres } from "./scripts/stack/postgres.ts";
      const server = await startPostgres(await loadConfig({ ports: freeStackPorts() }), () => {});
      const { uid } = await Deno.stat(server.dataDir);
      await server.stop();
      console.log(JSON.stringify({ uid, isNew: server.isNew, me: Deno.uid() }));
    `;
    const { stdout, stderr } = await new Deno.Command(join(scratch.path, "deno"), {
      args: ["eval", "--no-lock", program],
      ...user,
      cwd: clone,
      clearEnv: true,
      env: { ...Deno.env.toObject(), DENO_DIR: join(scratch.path, "cache"), HOME: clone },
    }).output();
    const output = new TextDecoder().decode(stdout);
    assert.notEqual(output, "", new TextDecoder().decode(stderr));
    assert.deepEqual(JSON.parse(output), { uid: user?.uid, isNew: true, me: user?.uid });
  },
});

/** Copies Deno and its cache to where other users can read them. */
async function lendDeno(directory: string): Promise<void> {
  const info = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const { npmCache, denoDir } = JSON.parse(new TextDecoder().decode(info.stdout));
  const cache = join(directory, "cache");
  await linkTree(Deno.execPath(), join(directory, "deno"));
  await Deno.mkdir(join(cache, relative(denoDir, npmCache)), { recursive: true });
  // Other processes may unpack packages meanwhile. A file that disappears is downloaded again.
  await linkTree(`${npmCache}/.`, join(cache, relative(denoDir, npmCache))).catch(() => {});
}

/** Copies a large tree with hard links where possible. Linked files must not be changed. */
async function linkTree(from: string, to: string): Promise<void> {
  const linked = await new Deno.Command("cp", { args: ["-RlL", from, to], stderr: "null" })
    .output();
  if (!linked.success) await run("cp", ["-RfL", from, to]);
}

async function run(program: string, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}
