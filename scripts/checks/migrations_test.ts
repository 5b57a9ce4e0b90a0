import assert from "node:assert/strict";
import { findEdits, findForwardReferences, findStyleFaults, findUnfiltered } from "./migrations.ts";

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

Deno.test("an update or deletion of all rows is found wherever it stands, one with where is not", () => {
  const text = `
    create function private.reset() returns void language plpgsql as $$
    begin
      update public.a as x set n = (select 1 from public.b where id = 1); -- where
      update only public.a set n = 1 where n = 2;
      delete from public.a;
      with gone as (delete from public.a returning id) select id from gone where id > 1;
      with gone as (delete from public.a using public.b where a.id = b.id returning a.id) select 1;
      insert into public.a values (1) on conflict (id) do update set n = 2;
      perform 1 from public.a for update;
      execute 'delete from public.b';
    end;
    $$;
    create function public.all() returns void language sql as $$ update public.a set n = 1 $$;
    create trigger t after update of n on public.a for each row when (old.n <> new.n) execute function f();
    grant update on public.a to x;`;
  const message = "without where: hosted refuses it in calls of the API";
  assert.deepEqual(
    findUnfiltered({ name: "1.sql", text }),
    [[4, "update"], [6, "delete"], [7, "delete"], [11, "delete"], [14, "update"]].map(
      ([line, verb]) => ({ file: "1.sql", line, message: `${verb} ${message}` }),
    ),
  );
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
