import assert from "node:assert/strict";
import { renderSchema } from "../scripts/schema.ts";
import { startTestDatabase } from "../scripts/testing/database.ts";

Deno.test("the committed schema, types and schema page match the migrations", async () => {
  await using database = await startTestDatabase();
  const behind: string[] = [];
  for (const [path, text] of await renderSchema(database.url)) {
    const committed = await Deno.readTextFile(new URL(`../${path}`, import.meta.url));
    if (committed !== text) behind.push(path);
  }
  assert.deepEqual(
    behind,
    [],
    "out of date: run `deno task schema` and commit the files",
  );
});
