// Assumptions of the gate about Postgres and schema chat, checked in a database.
import assert from "node:assert/strict";
import postgres from "postgres";
import {
  type ChatSchema,
  chatSchemaSchema,
  describeSchema,
} from "../supabase/functions/_shared/chat/chat_schema.ts";
import { FEW_SHOT_EXAMPLES } from "../supabase/functions/_shared/chat/examples.ts";
import {
  ALLOWED_TYPES,
  ROW_FUNCTIONS,
  TABLE_FUNCTIONS,
} from "../supabase/functions/_shared/chat/gate/allowed_names.ts";
import { checkQuery } from "../supabase/functions/_shared/chat/gate/check_query.ts";
import { checkSelect } from "../supabase/functions/_shared/chat/gate/check_select.ts";
import { checkShape } from "../supabase/functions/_shared/chat/gate/check_shape.ts";
import {
  ALLOWED_FUNCTIONS,
  ALLOWED_OPERATORS,
  apply,
  EXTENSION_FUNCTIONS,
} from "../supabase/functions/_shared/chat/gate/cost/rules.ts";
import { sampleChatSchema } from "../supabase/functions/_shared/testing/chat_corpus/chat_schema_sample.ts";
import { legitimate } from "../supabase/functions/_shared/testing/chat_corpus/legitimate.ts";
import { columnValue } from "../supabase/functions/_shared/chat/gate/cost/value.ts";
import { Faults } from "../supabase/functions/_shared/chat/gate/refusal.ts";
import { StatementParser } from "../supabase/functions/_shared/chat/gate/parse_statement.ts";
import { seed } from "../scripts/eval/evaluate.ts";
import { startTestDatabase } from "../scripts/testing/database.ts";

const database = await startTestDatabase();
const asker = postgres(database.adminUrl, {
  max: 1,
  onnotice: () => {},
  connection: { search_path: "chat" },
});
Deno.test.afterAll(async () => {
  await asker.end();
  await database[Symbol.asyncDispose]();
});

const ACCOUNT = "ada0ada0-0000-4000-8000-00000000ada0";
const parser = new StatementParser();

async function namesByGate(sql: string): Promise<readonly string[]> {
  const faults = new Faults();
  const select = checkShape(await parser.parse(sql), faults);
  const names = checkSelect(select, sampleChatSchema, faults);
  assert.deepEqual(faults.list, [], sql);
  return names;
}

async function namesByPostgres(sql: string): Promise<readonly string[]> {
  const { columns } = await asker.unsafe(sql).describe();
  return columns.map(({ name }) => name);
}

async function readSchema(): Promise<ChatSchema> {
  const [row] = await database.workers`select public.chat_schema() as schema`;
  return chatSchemaSchema.parse(row?.["schema"]);
}

Deno.test("chat_schema_sample.ts lists the views and columns of the database", async () => {
  const columnsByView = ({ relations }: ChatSchema) =>
    Object.fromEntries(
      relations.map(({ name, columns }) => [name, columns.map(({ name, type }) => [name, type])]),
    );
  assert.deepEqual(columnsByView(sampleChatSchema), columnsByView(await readSchema()));
});

Deno.test("the description of the schema is complete and at most 18,000 characters long", async () => {
  const schema = await readSchema();
  for (const { name, comment, columns } of schema.relations) {
    assert.notEqual(comment, null, name);
    for (const column of columns) assert.notEqual(column.comment, null, `${name}.${column.name}`);
  }
  // Some 4,000 tokens, which providers cache because they are the same for every question.
  assert.ok(describeSchema(schema).length <= 18_000);
});

Deno.test("every few-shot example passes the gate, runs, and reads the relations it lists", async () => {
  const schema = await readSchema();
  for (const { question, sql, relations } of FEW_SHOT_EXAMPLES) {
    const verdict = await checkQuery(sql, schema);
    assert.ok(verdict.ok, `${question}: ${verdict.ok || verdict.reason}`);
    await asker.unsafe(verdict.sql).describe();
    const read = schema.relations.map(({ name }) => name)
      .filter((name) => new RegExp(`\\b(?:from|join) ${name}\\b`).test(sql));
    assert.deepEqual(read.toSorted(), relations.toSorted(), question);
  }
});

Deno.test("the gate names the columns of a result as Postgres does", async () => {
  const statements = [
    ...legitimate.map(({ sql }) => sql.replace(/;$/, "")),
    `select 1, 'a', -1, 1 + 1, null, true, 1 = 1, not true, 1 is null, true is true, 1 in (1)`,
    `select '1'::int, cast('1' as text), int '1', '1'::numeric(10, 2), '{1}'::int[], now()::date`,
    `select case when true then 1 end, case when true then 1 else length('a') end, case 1 when 1 then 1 else '2'::int end`,
    `select coalesce(1, 2), nullif(1, 2), greatest(1, 2), least(1, 2), array[1], array[1]::text[], (array[1])[1]`,
    `select (select 1), (select 1 as a), (select count(*) from models), exists (select 1), array(select 1), 1 = any (select 1), (select 1)::text`,
    `select (values (1)), (select 1 union select 2), (select m.name from models m limit 1)::text`,
    `select current_date, current_timestamp, current_timestamp(3), localtime, localtimestamp, current_date::text`,
    `select extract(day from now()), now() at time zone 'UTC', position('a' in 'b'), substring('a' from 1), trim('a'), trim(leading 'x' from 'a')`,
    `select (1, 2), count(*) over (), sum(1) filter (where true), percentile_cont(0.5) within group (order by 1), grouping(tier) from models group by tier`,
    `select name collate "C", (name)::text collate "C", tier || name, model_id::text::varchar from models group by name, tier, model_id`,
    `select * from models a join models b using (model_id, tier)`,
    `select * from models a natural join benchmark_model_results b`,
    `select * from (models a join benchmark_drafts b on true) as j`,
    `select x.*, 1 from (select m.*, now() from models m) x (a, b)`,
    `select * from models as m (a, b, c)`,
    `select * from generate_series(1, 2), generate_series(1, 2) g, generate_series(1, 2) h (i), unnest(array[1]) with ordinality`,
    `select * from jsonb_array_elements('[]') a, jsonb_array_elements_text('[]') b (c), jsonb_each('{}'), json_each_text('{}') d (k)`,
    `select * from jsonb_object_keys('{}'), jsonb_object_keys('{}') k, string_to_table('a', ','), regexp_split_to_table('a', 'b') r, regexp_matches('a', 'b')`,
    `select * from jsonb_path_query('{}', '$'), jsonb_path_query('{}', '$') q, jsonb_to_record('{}') as t (a int, b text)`,
    `select * from (values (1, 2)) v, (values (1, 2)) w (a) limit 1`,
    `values (1, 'a')`,
    `with a (x) as (select 1, 2), b as (table a) select * from b`,
    `select 1 as a union select 2 as b`,
    `select to_jsonb(m), row_to_json(m.*), m is null, m::text, m = m from models m`,
    `select json_value('{}', '$.a'), json_query('{}', '$'), json_exists('{}', '$.a'), '{}' is json, row(1, 2)`,
    `select (jsonb_each('{}')).key, (jsonb_each('{"a": [1]}')).value[0], (array[1])[1:1], statement_timestamp()`,
    `select * from unnest(array[1], array['a']), unnest(array[1], array['a']) with ordinality u, unnest(array[1], array['a']) v (a)`,
    `select * from md5('a'), date_trunc('day', now()) d, similarity('a', 'b') with ordinality s, upper('a') u (v)`,
    `select * from generate_subscripts(array[1], 1), generate_subscripts(array[1], 1) s`,
    `select similarity('a', 'b'), 'a' % 'b', overlay('a' placing 'b' from 1), md5('a'), chr(10)`,
  ];
  for (const sql of statements) {
    assert.deepEqual(await namesByGate(sql), await namesByPostgres(sql), sql);
  }
});

Deno.test("no function that the gate allows has an effect or takes the name of a database object", async () => {
  const found = await asker<
    { schema: string; name: string; volatility: string; definer: boolean; args: string }[]
  >`
    select pronamespace::regnamespace::text as schema, proname as name, provolatile as volatility,
      prosecdef as definer, oidvectortypes(proargtypes) as args
    from pg_catalog.pg_proc
    where pronamespace = 'pg_catalog'::regnamespace and proname = any (${[...ALLOWED_FUNCTIONS]})
      or pronamespace = 'chat'::regnamespace`;
  const namesIn = (schema: string) =>
    [...new Set(found.filter((one) => one.schema === schema).map(({ name }) => name))].sort();
  assert.deepEqual(namesIn("pg_catalog"), [...ALLOWED_FUNCTIONS].sort());
  assert.deepEqual(namesIn("chat"), [...EXTENSION_FUNCTIONS].sort());
  assert.deepEqual([...ROW_FUNCTIONS].filter((name) => !ALLOWED_FUNCTIONS.has(name)), []);
  for (const { name, volatility, definer, args } of found) {
    if (name !== "random") assert.notEqual(volatility, "v", `${name}(${args})`);
    assert.equal(definer, false, name);
    assert.doesNotMatch(
      args,
      /\b(reg\w+|refcursor|internal|xml)\b/,
      `${name}(${args})`,
    );
  }
});

Deno.test("functions that are no table functions return one value in FROM", async () => {
  const names = [...ALLOWED_FUNCTIONS].filter((name) => !TABLE_FUNCTIONS.has(name));
  const others = await asker<{ name: string }[]>`
    select distinct p.proname as name from pg_catalog.pg_proc p
    join pg_catalog.pg_type t on t.oid = p.prorettype
    where pronamespace = 'pg_catalog'::regnamespace and proname = any (${names})
      and (p.proretset or p.proargmodes && '{o,b,t}' or t.typtype = 'c' or t.typname like '%record')`;
  assert.deepEqual([...others], []);
});

/**
 * Makes each column that a view reads as long as its table lets it be, in one row of each table. Triggers
 * are off: what they refuse, an earlier version of them may have let through.
 */
const LENGTHEN = `
  do $$
  declare
    v_column record;
    v_value text;
    v_length integer;
  begin
    for v_column in
      select distinct a.attrelid::regclass::text as relation, a.attname as name, format_type(a.atttypid, null) as type
      from pg_depend d
      join pg_rewrite r on r.oid = d.objid and d.classid = 'pg_rewrite'::regclass
      join pg_class v on v.oid = r.ev_class and v.relnamespace = 'chat'::regnamespace
      join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
      where d.refclassid = 'pg_class'::regclass and a.attgenerated = ''
        and format_type(a.atttypid, null) in ('text', 'text[]', 'jsonb')
    loop
      foreach v_value in array case v_column.type
        when 'text' then array['repeat(''é'', %s)']
        when 'text[]' then array['array_fill(repeat(''é'', 300), array[%s / 300 + 1])']
        else array['jsonb_build_object(''a'', repeat(''é'', %1$s), ''type'', repeat(''é'', %1$s))',
          'jsonb_build_array(jsonb_build_object(''fieldPath'', repeat(''é'', %1$s), ''actual'', repeat(''é'', %1$s)))'] end
      loop
        v_length := 200000;
        while v_length > 0 loop
          begin
            execute format('update %s set %I = %s where ctid = (select min(ctid) from %1$s)',
              v_column.relation, v_column.name, format(v_value, v_length));
            exit;
          exception when check_violation or program_limit_exceeded then
            v_length := v_length * 9 / 10;
          end;
        end loop;
      end loop;
    end loop;
  end;
  $$`;

Deno.test("no value of a view is larger than the gate assumes, whatever its table holds", async () => {
  await seed(database.sql, ACCOUNT, crypto.randomUUID());
  const { relations } = await readSchema();
  const sizes: { name: string; assumed: number; found: number }[] = [];
  await assert.rejects(
    asker.begin(async (transaction) => {
      await transaction`set local session_replication_role = replica`;
      await transaction.unsafe(LENGTHEN);
      await transaction`insert into private.chat_identities (account_id) values (${ACCOUNT})`;
      for (const { name: view, columns } of relations) {
        const [found] = await transaction.unsafe<Record<string, number>[]>(
          `select ${
            columns.map(({ name }) => `max(octet_length(${name}::text)) as ${name}`)
          } from chat.${view}`,
        );
        for (const { name, type } of columns) {
          const { bytes } = columnValue(name, type);
          sizes.push({ name: `${view}.${name}`, assumed: bytes, found: found?.[name] ?? 0 });
        }
      }
      throw new Error("rolled back");
    }),
    /rolled back/,
  );
  assert.deepEqual(sizes.filter(({ assumed, found }) => found > assumed), []);
  const sizeOf = (column: string) => sizes.find(({ name }) => name === column)?.found;
  assert.deepEqual(
    ["test_results.error_message", "test_results.tool_name", "issues.affected_tools"].map(sizeOf),
    [5_000, 500, 9 * 501 + 1],
  );
});

Deno.test("views show a text, a list and JSON whole up to 10,000 bytes, and less of longer ones", async () => {
  const [shown] = await asker`
    select array_agg(octet_length(private.shorten(repeat('x', 10000 + n))) order by n) as texts,
      array_agg(octet_length(private.shorten(repeat('é', 5000 + n))) order by n) as accented,
      array_agg(cardinality(private.shorten(array_fill('x'::text, array[4999 + n]))) order by n) as lists,
      array_agg(octet_length(private.shorten(jsonb_build_object('a', repeat('x', 9983 + n), 'b', 1))::text) order by n) as json,
      array_agg(private.shorten(('[1e' || 308 + 2 * n || ']')::pg_catalog.jsonb) is not null order by n) as numbers
    from generate_series(0, 1) n`;
  assert.deepEqual({ ...shown }, {
    texts: [10_000, 10_000],
    accented: [10_000, 5_000],
    lists: [4_999, 9],
    json: [10_000, '{"b": 1}'.length],
    numbers: [true, false],
  });
});

Deno.test("what the gate takes for a text is one in Postgres", async () => {
  const found = await asker<{ name: string; args: string[]; result: string }[]>`
    select p.proname as name, format_type(p.prorettype, null) as result,
      array(select format_type(t, null) from unnest(p.proargtypes) t) as args
    from pg_catalog.pg_proc p
    where p.pronamespace = 'pg_catalog'::regnamespace and p.proname = any (${[
    ...ALLOWED_FUNCTIONS,
  ]})
      and p.proname !~ '^(format|string_agg|jsonb?_object_agg|jsonb?_each_text)$'
      and format_type(p.prorettype, null) !~ '^any'`;
  const mistaken = found.filter(({ name, args, result }) => {
    const values = args.map((type, index) => ({
      ...columnValue("description", type),
      // Patterns and paths are literals.
      ...index > 0 ? { literal: type === "jsonpath" ? "$" : "a", amount: 1 } : {},
    }));
    return apply(name, values).type === "text" && result !== "text";
  });
  assert.deepEqual(mistaken, []);
});

Deno.test("functions that take a whole row return neither it nor another row", async () => {
  const rows = await asker<{ name: string }[]>`
    select distinct proname as name from pg_catalog.pg_proc p
    join pg_catalog.pg_type t on t.oid = p.prorettype
    where pronamespace = 'pg_catalog'::regnamespace and proname = any (${[...ROW_FUNCTIONS]})
      and (p.proretset or t.typtype not in ('b') or t.typname like '\\_%')`;
  assert.deepEqual([...rows], []);
});

Deno.test("every operator and type that the gate allows is Postgres's own and has no effect", async () => {
  const operators = [...ALLOWED_OPERATORS];
  const found = await asker<{ name: string; volatility: string }[]>`
    select o.oprname as name, p.provolatile as volatility
    from pg_catalog.pg_operator o join pg_catalog.pg_proc p on p.oid = o.oprcode
    where o.oprnamespace = 'pg_catalog'::regnamespace and o.oprname = any (${operators})`;
  assert.deepEqual(operators.filter((name) => !found.some((one) => one.name === name)), []);
  assert.deepEqual(found.filter(({ volatility }) => volatility === "v"), []);
  const types = [...ALLOWED_TYPES];
  const [row] = await asker<{ names: string[] }[]>`
    select array_agg(typname::text) as names from pg_catalog.pg_type
    where typnamespace = 'pg_catalog'::regnamespace and typname = any (${types}) and typtype = 'b'`;
  assert.deepEqual(row?.names.toSorted(), types.toSorted());
});

Deno.test("aggregates of the chat return what Postgres's own return, up to 256 kB", async () => {
  const columns = [
    "string_agg(x, ', ' order by x)",
    "string_agg(x, null)",
    "string_agg(distinct x, y::text)",
    "array_agg(x)",
    "array_agg(y order by y desc)",
    "array_agg(distinct y) filter (where y > 1)",
    "array_agg(array[y, y + 1])",
    "array_agg(y::numeric / 3)",
    "array_agg(to_jsonb(x))::text",
    "json_agg(x)::text",
    "jsonb_agg(x)",
    "jsonb_agg(t)",
    "jsonb_agg_strict(x)",
    "json_agg_strict(x)::text",
    "json_object_agg(coalesce(x, '-'), y)::text",
    "jsonb_object_agg(coalesce(x, '-'), x)",
  ];
  const rows = `(values ('a', 1), ('b"\\,', 2), (null, 3), ('', 4), ('a', 5)) t (x, y)`;
  const answers = (from: string) =>
    ["chat_aggregates, pg_catalog", "pg_catalog"].map((path) =>
      asker.begin(async (transaction) => {
        await transaction.unsafe(`set local search_path = ${path}`);
        return await transaction.unsafe(
          `select ${columns.map((c, i) => `${c} as c${i}`)} from ${from}`,
        );
      })
    );
  for (const from of [rows, `${rows} where y > 5`, `${rows} group by y % 2 order by y % 2`]) {
    const [ours, postgresOwn] = await Promise.all(answers(from));
    assert.deepEqual([...ours ?? []], [...postgresOwn ?? []], from);
  }
  for (
    const aggregate of [
      "string_agg(x, '')",
      "array_agg(x)",
      "jsonb_agg(x)",
      "jsonb_object_agg(x, x)",
    ]
  ) {
    await assert.rejects(
      database.workers.begin(async (transaction) => {
        await transaction`set local statement_timeout = '5s'`;
        await transaction`select public.run_chat_query(gen_random_uuid(), ${`select ${aggregate} from (select repeat('x', 1000) || g as x from generate_series(1, 300) g) t`})`;
      }),
      { code: "54000" },
      aggregate,
    );
  }
});
