import assert from "node:assert/strict";
import { join } from "node:path";
import { startTestDatabase } from "../scripts/testing/database.ts";
import { installPgTap, runPgTap } from "./support/pgtap.ts";

const folder = join(import.meta.dirname ?? ".", "../supabase/tests");

Deno.test("every pgTAP assertion of supabase/tests holds", async (test) => {
  await using database = await startTestDatabase();
  await installPgTap(database.adminUrl);
  const files = Array.from(Deno.readDirSync(folder), ({ name }) => name)
    .filter((name) => name.endsWith(".test.sql")).sort();
  assert.notEqual(files.length, 0);
  for (const file of files) {
    await test.step(file, async () => {
      const results = await runPgTap(database.url, join(folder, file));
      assert.deepEqual(results.filter(({ ok }) => !ok).map(({ text }) => text), []);
    });
  }
});
