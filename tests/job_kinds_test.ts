import assert from "node:assert/strict";
import { join } from "node:path";
import { startTestDatabase } from "../scripts/testing/database.ts";

const root = join(import.meta.dirname ?? ".", "..");

Deno.test("each kind of job has an edge function that serves the queue and that Postgres may call", async () => {
  await using database = await startTestDatabase();
  const kinds = await database.sql<{ kind: string; function_name: string }[]>`
    select kind, function_name from private.job_kinds order by kind`;
  assert.notEqual(kinds.length, 0);
  const config = await Deno.readTextFile(join(root, "supabase/config.toml"));
  const faults: string[] = [];
  for (const { kind, function_name: name } of kinds) {
    const file = `supabase/functions/${name}/index.ts`;
    const text = await Deno.readTextFile(join(root, file)).catch(() => "");
    if (!text.includes("serveQueueWorker({") || !text.includes(`name: "${name}"`)) {
      faults.push(`${kind}: ${file} does not call serveQueueWorker() with the name ${name}`);
    }
    const [, section = ""] = config.split(`[functions.${name}]`);
    const [own = ""] = section.split(/^\[/m);
    if (!/^verify_jwt = false$/m.test(own)) {
      faults.push(
        `${kind}: supabase/config.toml lacks [functions.${name}] with verify_jwt = false`,
      );
    }
  }
  assert.deepEqual(faults, []);
});

Deno.test("each kind of job that the code names has its row in job_kinds", async () => {
  await using database = await startTestDatabase();
  const rows = await database.sql<{ kind: string }[]>`select kind from private.job_kinds`;
  const known = new Set(rows.map(({ kind }) => kind));
  const migrations = join(root, "supabase/migrations");
  const faults: string[] = [];
  for (const { name } of Deno.readDirSync(migrations)) {
    const text = await Deno.readTextFile(join(migrations, name));
    const named = [
      ...text.matchAll(/enqueue_jobs\('(\w+)'/g),
      ...text.matchAll(/insert into private\.job_queue \(kind[^)]*\)\s+values \('(\w+)'/g),
      ...text.matchAll(/v_kinds constant text\[\] := array\[([^\]]+)\]/g),
    ].flatMap(([, list = ""]) => list.match(/\w+/g) ?? []);
    for (const kind of named) {
      if (!known.has(kind)) faults.push(`${name}: job_kinds has no row for ${kind}`);
    }
  }
  assert.deepEqual(faults, []);
});
