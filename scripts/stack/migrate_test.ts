import assert from "node:assert/strict";
import { join } from "node:path";
import postgres from "postgres";
import { supabaseCli } from "../support/supabase_cli.ts";
import { listMigrations, migrate, MigrationError, splitStatements } from "./migrate.ts";
import { makeScratchDirectory, startTestDatabase } from "./testing.ts";

const noLog = () => {};

/** Writes a `supabase` folder with the given migrations and seed. */
async function writeProject(
  directory: string,
  migrations: Readonly<Record<string, string>>,
  seed?: string,
): Promise<{ migrationsDir: string; seedFile: string }> {
  const migrationsDir = join(directory, "supabase", "migrations");
  const seedFile = join(directory, "supabase", "seed.sql");
  await Deno.mkdir(migrationsDir, { recursive: true });
  for (const [name, text] of Object.entries(migrations)) {
    await Deno.writeTextFile(join(migrationsDir, name), text);
  }
  if (seed !== undefined) await Deno.writeTextFile(seedFile, seed);
  return { migrationsDir, seedFile };
}

Deno.test("migrations are applied in order and once, the seed after them and once", async () => {
  await using scratch = await makeScratchDirectory();
  await using database = await startTestDatabase();
  const project = await writeProject(scratch.path, {
    "20260102000000_add_second.sql": "insert into log (what) values ('second')",
    "20260101000000_create_log.sql":
      "create table log (id serial, what text); insert into log (what) values ('first');",
    "README.md": "not a migration",
  }, "insert into log (what) values ('seed');");

  const first = await migrate(database.dbUrl, project, noLog);
  assert.deepEqual(first.applied.map(({ name }) => name), ["create_log", "add_second"]);
  await Deno.writeTextFile(
    join(project.migrationsDir, "20260103000000_add_third.sql"),
    "insert into log (what) values ('third')",
  );
  const second = await migrate(database.dbUrl, project, noLog);
  assert.deepEqual(second.applied.map(({ version }) => version), ["20260103000000"]);
  const rows = await database.sql`select what from log order by id`;
  assert.deepEqual(rows.map(({ what }) => what), ["first", "second", "seed", "third"]);
});

Deno.test("a failed migration leaves no change and reports the line that failed", async () => {
  await using scratch = await makeScratchDirectory();
  await using database = await startTestDatabase();
  const project = await writeProject(scratch.path, {
    "1_good.sql": "create table kept ();",
    "2_bad.sql": "create table undone ();\n\nselect no_such_column\nfrom kept;",
  });
  await assert.rejects(migrate(database.dbUrl, project, noLog), (error) => {
    assert.ok(error instanceof MigrationError);
    assert.match(error.message, /2_bad\.sql:3: column "no_such_column" does not exist/);
    return true;
  });
  const [left] = await database.sql`
    select to_regclass('kept') is not null as kept, to_regclass('undone') is null as undone`;
  assert.deepEqual({ ...left }, { kept: true, undone: true });
  const history = await database.sql`select version from supabase_migrations.schema_migrations`;
  assert.deepEqual(history.map(({ version }) => version), ["1"]);
});

Deno.test("migrations run as the project's owner, not as a superuser", async () => {
  await using scratch = await makeScratchDirectory();
  await using database = await startTestDatabase();
  const project = await writeProject(scratch.path, {
    "1_escalate.sql": "create role intruder superuser;",
  });
  await assert.rejects(migrate(database.dbUrl, project, noLog), /permission denied/);
});

Deno.test("a project without migrations and seed is up to date", async () => {
  await using database = await startTestDatabase();
  const nowhere = { migrationsDir: "/nonexistent", seedFile: "/nonexistent.sql" };
  assert.deepEqual(await migrate(database.dbUrl, nowhere, noLog), { applied: [] });
  assert.deepEqual(await listMigrations("/nonexistent"), []);
});

Deno.test("splitStatements() handles quotes, function bodies and multi-byte characters", async () => {
  const statements = [
    "select 'ä;' as \"ö;\"",
    "create function f() returns int language plpgsql as $body$ begin return 1; end; $body$",
    "create function g() returns int begin atomic select 1; select 2; end",
    "select 1 /* ; /* nested; */ */",
  ];
  assert.deepEqual(await splitStatements(statements.join(";\n\n") + ";\n"), statements);
  assert.deepEqual(await splitStatements("-- nothing\n"), []);
});

Deno.test("the migration history has the format of the Supabase CLI, which accepts it", async () => {
  const migrations = {
    "20260101000000_create_things.sql": `-- Things; all of them
create table public.things (id int primary key, label text default ';');

create function public.count_things() returns bigint language sql as $$
  select count(*) from public.things;
$$;
comment on table public.things is 'Ümlaut';
`,
    "20260102000000_fill_things.sql": "insert into public.things values (1), (2);\n",
  };
  await using scratch = await makeScratchDirectory();
  const project = await writeProject(scratch.path, migrations);
  await Deno.writeTextFile(join(scratch.path, "supabase", "config.toml"), 'project_id = "x"\n');
  const read = (sql: postgres.Sql) =>
    sql`select version, statements, name from supabase_migrations.schema_migrations order by 1`;

  await using theirs = await startTestDatabase();
  const pushed = await supabaseCli(
    ...["db", "push", "--yes", "--workdir", scratch.path, "--db-url", theirs.dbUrl],
  );
  assert.equal(pushed.code, 0, pushed.stderr);
  await using ours = await startTestDatabase();
  await migrate(ours.dbUrl, project, noLog);
  assert.deepEqual([...await read(ours.sql)], [...await read(theirs.sql)]);

  const listed = await supabaseCli(
    ...["migration", "list", "--workdir", scratch.path, "--db-url", ours.dbUrl],
  );
  assert.equal(listed.code, 0, listed.stderr);
  for (const version of ["20260101000000", "20260102000000"]) {
    assert.match(listed.stdout, new RegExp(`${version}.*${version}`));
  }
});
