import assert from "node:assert/strict";
import { startTestDatabase } from "../testing.ts";
import { columnValue } from "./column_value.ts";
import { Replication, type Transaction } from "./replication.ts";
import { Heard } from "./testing.ts";

Deno.test("the stream has every commit in order, without unchanged large values", async () => {
  await using database = await startTestDatabase();
  const { sql } = database;
  await sql.unsafe(`
    create table public.things (id int primary key, note text, large text);
    alter table public.things alter column large set storage external;
    create table public.whole (id int, note text);
    alter table public.whole replica identity full;
    create table public.unwanted (id int primary key);
    alter publication supabase_realtime add table public.things, public.whole, public.unwanted;
  `).simple();
  const heard = new Heard<Transaction>();
  const replication = new Replication({
    dbUrl: database.adminDbUrl,
    publications: ["supabase_realtime"],
    wants: ({ name }) => name !== "unwanted",
    onTransaction: heard.add,
    onRelation: () => {},
    onGap: () => {},
    log: () => {},
  });
  try {
    await replication.ready();
    const large = "x".repeat(10_000);
    await sql.begin(async (transaction) => {
      await transaction`insert into things values (1, 'ä', ${large}), (2, null, '')`;
      await transaction`insert into unwanted values (1)`;
      await transaction`update things set note = 'b' where id = 1`;
      await transaction`update things set id = 3 where id = 2`;
      await transaction`delete from things where id = 3`;
      await transaction`insert into whole values (1, 'a')`;
      await transaction`delete from whole`;
    });
    await sql`insert into unwanted values (2)`;
    await sql`alter table things add column more int default 7`;
    await sql`insert into things (id) values (4)`;
    await heard.first("the second transaction", () => heard.all.length === 2);
    const [first, second] = heard.all.map(({ changes }) =>
      changes.map(({ relation: { name }, type, row, old }) => ({
        table: name,
        type,
        row: row && { ...row },
        old: old && { ...old },
      }))
    );
    const key = (id: string) => ({ id });
    assert.deepEqual(first, [
      { table: "things", type: "INSERT", row: { id: "1", note: "ä", large }, old: undefined },
      { table: "things", type: "INSERT", row: { id: "2", note: null, large: "" }, old: undefined },
      {
        table: "things",
        type: "UPDATE",
        row: { id: "1", note: "b", large: undefined },
        old: undefined,
      },
      { table: "things", type: "UPDATE", row: { id: "3", note: null, large: "" }, old: key("2") },
      { table: "things", type: "DELETE", row: undefined, old: key("3") },
      { table: "whole", type: "INSERT", row: { id: "1", note: "a" }, old: undefined },
      { table: "whole", type: "DELETE", row: undefined, old: { id: "1", note: "a" } },
    ]);
    assert.deepEqual(second, [
      {
        table: "things",
        type: "INSERT",
        row: { id: "4", note: null, large: null, more: "7" },
        old: undefined,
      },
    ]);
  } finally {
    await replication.stop();
  }
});

Deno.test("columnValue() converts text as to_jsonb converts the value", async () => {
  await using database = await startTestDatabase();
  const { sql } = database;
  const samples: readonly [type: string, literal: string][] = [
    ["bool", "yes"],
    ["int4", "-7"],
    ["int8", "9007199254740991"],
    ["numeric", "12.5"],
    ["numeric", "NaN"],
    ["float8", "-Infinity"],
    ["text", 'a "b"'],
    ["uuid", "00000000-0000-4000-8000-00000000000A"],
    ["jsonb", '{"a": [1, null]}'],
    ["date", "2026-01-02"],
    ["timestamp", "2026-01-02 03:04:05.678901"],
    ["timestamptz", "2026-01-02 03:04:05+02"],
    ["_int4", "{1,NULL,3}"],
    ["_text", '{a,"b,c",NULL}'],
    ["_timestamptz", '{"2026-01-02 03:04:05+00"}'],
    ["bytea", "\\x00ff"],
    ["interval", "1 day 02:00"],
  ];
  for (const [type, literal] of samples) {
    const [row] = await sql<[{ text: string; json: unknown }]>`
      select format('%s', v) as text, to_jsonb(v) as json
      from (values (${literal}::text::${sql(type)})) x (v)`;
    assert.deepEqual(columnValue(row.text, type), row.json, `${type} ${literal}`);
  }
});
