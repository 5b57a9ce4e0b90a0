import assert from "node:assert/strict";
import postgres from "postgres";
import { z } from "zod";
import { listMigrations } from "../scripts/stack/migrate.ts";
import { createSupabaseCli, supabaseCli } from "../scripts/support/supabase_cli.ts";
import { startTestDatabase, type TestDatabase } from "../scripts/testing/database.ts";

const MIGRATIONS = new URL("../supabase/migrations", import.meta.url).pathname;

const findingsSchema = z.array(z.object({ name: z.string(), detail: z.string() }));

/**
 * Returns the advisor's findings, except two that nothing can mend: unused indexes, since a database
 * without traffic has used none, and aggregates without a search_path, since Postgres gives aggregates
 * no settings. The functions that they call have one.
 */
async function advise(database: TestDatabase): Promise<string[]> {
  const { code, stdout, stderr } = await supabaseCli(
    ...["db", "advisors", "--level", "info", "--db-url", database.url],
  );
  assert.equal(code, 0, stderr);
  const aggregates = await database.sql<{ name: string }[]>`
    select distinct pronamespace::regnamespace || '.' || proname as name from pg_proc
    where prokind = 'a' and pronamespace = 'chat_aggregates'::regnamespace`;
  const ofAggregates = aggregates.map(({ name }) => `Function \`${name}\` has a role mutable`);
  const json = /^\[$[\s\S]*^\]$/m.exec(stdout)?.[0] ?? "[]";
  return findingsSchema.parse(JSON.parse(json))
    .filter(({ name, detail }) =>
      name !== "unused_index" && !ofAggregates.some((start) => detail.startsWith(start))
    )
    .map(({ name, detail }) => `${name}: ${detail}`);
}

Deno.test("the Supabase CLI applies every migration to an empty project and records it", async () => {
  await using database = await startTestDatabase({ bare: true });
  const cli = createSupabaseCli({ env: { PROJECT_URL: "https://example.supabase.co" } });
  const { code, stderr } = await cli("db", "push", "--yes", "--db-url", database.url);
  assert.equal(code, 0, stderr);
  const applied = await database.sql<{ version: string; name: string }[]>`
    select version, name from supabase_migrations.schema_migrations order by version`;
  assert.deepEqual(
    applied.map(({ version, name }) => `${version}_${name}`),
    (await listMigrations(MIGRATIONS)).map(({ version, name }) => `${version}_${name}`),
  );
  const [models] = await database.sql`select count(*)::int as n from public.models`;
  assert.ok(models?.n >= 12);
  // From [db.vault] in config.toml; the token is the migrations' own.
  const [secrets] = await database.sql`
    select json_object_agg(name, decrypted_secret) as vault from vault.decrypted_secrets`;
  assert.equal(secrets?.vault.project_url, "https://example.supabase.co");
  assert.match(secrets?.vault.worker_token, /^[0-9a-f]{64}$/);
});

Deno.test("Supabase's advisor has no findings, and does find a table without RLS", async () => {
  await using database = await startTestDatabase();
  // Without this setting, which hosted projects have, the lints of exposed schemas check nothing.
  const admin = postgres(database.adminUrl, { max: 1 });
  await admin`alter database postgres set pgrst.db_schemas = 'public'`;
  await admin.end();
  assert.deepEqual(await advise(database), []);
  await database.sql`create table public.canary (id bigint primary key)`;
  await database.sql`grant select on public.canary to anon`;
  const caught = await advise(database);
  assert.ok(
    caught.some((finding) => finding.startsWith("rls_disabled_in_public:")),
    String(caught),
  );
});
