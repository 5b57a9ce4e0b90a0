import assert from "node:assert/strict";
import { findEdits, findForwardReferences, findStyleFaults } from "./migrations.ts";

Deno.test("a function body or cron job that names a later object is found, a comment is not", () => {
  const faults = findForwardReferences([
    {
      name: "1.sql",
      text: `
        -- private.later() will call this.
        create function private.first() returns void language plpgsql as $$
        begin
          perform private.later();
        end;
        $$;
        select cron.schedule('x', '* * * * *', 'select private.later()');`,
    },
    {
      name: "2.sql",
      text: `
        create or replace function private.later() returns void language sql as 'select private.first()';`,
    },
  ]);
  const message = "refers to private.later, which 2.sql creates";
  assert.deepEqual(faults, [
    { file: "1.sql", line: 5, message },
    { file: "1.sql", line: 8, message },
  ]);
});

Deno.test("an object that is replaced later belongs to the file that created it first", () => {
  assert.deepEqual(
    findForwardReferences([
      { name: "1.sql", text: "create view public.a as select 1;" },
      { name: "2.sql", text: "create view public.b as select * from public.a;" },
      { name: "3.sql", text: "create or replace view public.a as select 1;" },
    ]),
    [],
  );
});

Deno.test("uppercase SQL and wide lines are found, long literals and comments are not", () => {
  const text = [
    `comment on table public.a is '${"Who Knows? ".repeat(20)}';`,
    "-- It's a Comment.",
    "SELECT 'Text' from public.a where \"Name\" = 'it''s';",
    `select ${"a + ".repeat(30)}a;`,
  ].join("\n");
  assert.deepEqual(findStyleFaults({ name: "1.sql", text }), [
    { file: "1.sql", line: 3, message: "SELECT is not lowercase" },
    { file: "1.sql", line: 4, message: "is wider than 120 columns" },
  ]);
});

Deno.test("a released file that was changed or deleted is found, a new one is not", () => {
  // Hashes as `git hash-object` prints them.
  const released = new Map([
    ["1.sql", "ab290eb4c1f6e10ef89c4d95c1ede4471c4cad69"],
    ["2.sql", "e4ee53460adc01a14eca6e11fc5c2ab1b069df8e"],
    ["3.sql", "0000000000000000000000000000000000000000"],
  ]);
  const faults = findEdits(released, [
    { name: "1.sql", text: "select 1;\n" },
    { name: "2.sql", text: "select 2;\n" },
    { name: "4.sql", text: "select 4;\n" },
  ]);
  assert.deepEqual(faults.map(({ file, message }) => `${file} ${message}`), [
    "2.sql was changed after v1.0 was released: write another migration instead",
    "3.sql was deleted after v1.0 was released: write another migration instead",
  ]);
});
