import type { ChatSchema } from "../../supabase/functions/_shared/chat/chat_schema.ts";
import { type Pick, STEPS } from "./gate_statements.ts";

/** Part of a query. Its numbers choose a rule and what it is applied to, so a gene fits any query. */
interface Gene {
  readonly rule: number;
  readonly one: number;
  readonly other: number;
  /** How often something is repeated, or how many rows there are. */
  readonly size: number;
}

const PARTS = ["sources", "conditions", "columns", "layers", "results"] as const;

/** Query that can grow in all its parts. */
export type Query = Readonly<Record<(typeof PARTS)[number], readonly Gene[]>>;

/** Expressions of one or more relations. */
interface Names {
  readonly texts: readonly string[];
  readonly numbers: readonly string[];
}

interface Source extends Names {
  readonly sql: string;
}

interface Place {
  readonly schema: ChatSchema;
  /** Alias of the relation. */
  readonly as: string;
  /** A text and a number of the relations before it. */
  readonly text: string;
  readonly number: string;
}

const NUMBERS = Array.from({ length: 1_000 }, (_, number) => number);
/** Views that have rows, with their longest texts. */
const FILLED: readonly ((as: string) => Source)[] = [
  (as) => ({
    sql: `messages ${as}`,
    texts: [`${as}.content`],
    numbers: [`length(${as}.role)`],
  }),
  (as) => ({
    sql: `test_results ${as}`,
    texts: [`${as}.error_message`, `${as}.tool_name`],
    numbers: [`${as}.duration_seconds`, `length(${as}.error_message)`],
  }),
  (as) => ({
    sql: `dataset_rows ${as}`,
    texts: [`${as}.data_json::text`, `${as}.data_json ->> 't'`],
    numbers: [`${as}.row_index`, `(${as}.data_json ->> 'n')::int`],
  }),
  (as) => ({
    sql: `models ${as}`,
    texts: [`${as}.name`, `${as}.provider`],
    numbers: [`${as}.context_length`, `${as}.input_usd_per_million_tokens`],
  }),
];

const SOURCES: readonly ((gene: Gene, place: Place) => Source)[] = [
  ({ one }, { as }) => choose(FILLED, one)(as),
  ({ one }, { as }) => choose(FILLED, one)(as),
  view,
  view,
  view,
  ({ one }, { as }) => ({
    sql: `generate_series(1, ${10 ** (1 + one % 6)}) ${as}`,
    texts: [`${as}::text`],
    numbers: [as],
  }),
  ({ size }, { as, number }) => ({
    sql: `lateral generate_series(1, (${number} % ${10 * size})::int) ${as}`,
    texts: [`${as}::text`],
    numbers: [as],
  }),
  ({ size }, { as }) => ({
    sql: `generate_series(now() - interval '${size} days', now(), interval '1 hour') ${as}`,
    texts: [`${as}::text`],
    numbers: [`extract(epoch from ${as})`],
  }),
  (_, { as, text }) => ({
    sql: `lateral regexp_split_to_table(${text}, 'b') ${as}`,
    texts: [as],
    numbers: [`length(${as})`],
  }),
  (_, { as, text }) => ({
    sql: `lateral unnest(string_to_array(${text}, 'a')) ${as}`,
    texts: [as],
    numbers: [`length(${as})`],
  }),
  ({ size }, { as }) => ({
    sql: `(values ${list(size, (i) => `(${i}, 'a${i}')`)}) ${as} (n, t)`,
    texts: [`${as}.t`],
    numbers: [`${as}.n`],
  }),
  ({ one, size }, { as, number, text }) => ({
    sql: `lateral (select e.content || ${text} as t, length(e.content) + ${number} as n
      from messages e order by ${one % 3} limit ${size}) ${as}`,
    texts: [`${as}.t`],
    numbers: [`${as}.n`],
  }),
];

type Condition = (x: string, y: string, size: number, all: readonly string[]) => string;

const OF_NUMBERS: readonly Condition[] = [
  (x, y) => `${x} = ${y}`,
  (x, y) => `${x} = ${y} + 1`,
  (x, y) => `${x} + 1 > ${y}`,
  (x, y, n) => `${x} between ${y} and ${y} + ${n}`,
  (x, _, n) => `${x} in (${list(n, String)})`,
  (x, y, n, all) => `${x} in (${list(n, (i) => `${choose(all, i)} + ${y}`)})`,
  (x, y, n, all) => `(${list(n, (i) => `${x} = ${choose(all, i)}`, " or ")} or ${y} = 1)`,
  (x, y, n, all) => `(${list(n, (i) => `${choose(all, i)} <> ${i}`, " and ")} or ${x} < ${y})`,
  (x, y) => `${x} in (select context_length + ${y} from models)`,
  (x, _, n) => `exists (select 1 from test_results e where e.line_number + ${n} = ${x})`,
];

const OF_TEXTS: readonly Condition[] = [
  (x, y) => `${x} = ${y}`,
  (x, y) => `${x} || 'a' = ${y}`,
  (x) => `${x} like '%a%b%'`,
  (x, y) => `${y} ilike left(${x}, 9) || '%'`,
  (x) => `${x} ~ '^(a|b)+$'`,
  (x, y, n) => `(${list(n, (i) => `${x} = ${y} || ${i}`, " or ")})`,
  (x, _, n) => `${x} not in (${list(n, (i) => `'${i}'`)})`,
  (x, y) => `${x} is distinct from ${y}`,
  (x, y, n) => `${x} between left(${y}, ${n}) and ${y} || ${x}`,
  (x, y, n, all) => `${x} || ${y} in (${list(n, (i) => `${choose(all, i)} || ${i}`)})`,
];

const COLUMNS: readonly ((text: string, number: string, gene: Gene) => string)[] = [
  (text) => text,
  (_, number, { size }) => `repeat('ab', ${size * 200}) || ${number}`,
  (_, number) => number,
  (text, _, { other, size }) => choose(STEPS.text, other)(text, size),
  (_, number, { other, size }) => choose(STEPS.number, other)(number, size),
  (text, number) => `jsonb_build_object('a', ${text}, 'b', ${number})`,
  (_, number) => `(select count(*) from models where context_length > ${number})`,
];

type Layer = (query: string, columns: readonly string[], gene: Gene) => string;

/** Ways to put a query into another one with the same columns. */
const LAYERS: readonly Layer[] = [
  (q, columns) => `select * from (${q}) t order by ${columns} offset 0`,
  (q, columns) => `select * from (${q}) t order by ${columns.toReversed()} desc limit 1000`,
  (q) => `select distinct * from (${q}) t`,
  // Postgres evaluates the left side of both once for each bound or element.
  (q, columns, { size }) =>
    `select ${
      each(columns, (c) =>
        `case when ${c}::text in (${
          list(size, (i) =>
            `${choose(columns, i)}::text`)
        }) then ${c} end`)
    } from (${q}) t`,
  (q, columns, { one }) =>
    `select ${
      each(columns, (c) => `case when ${c} between ${c} and ${choose(columns, one)} then ${c} end`)
    } from (${q}) t`,
  (q, _, { one }) =>
    `(${q}) ${choose(["union", "union all", "intersect", "except all"], one)} (${q})`,
  (q) => `with w as materialized (${q}) select v.* from w v cross join w u`,
  (q) => `with w as (${q}) select v.* from w v join w u on v.c0 = u.c0`,
  (q, _, { size }) =>
    `with w0 as (${q}), ${list(size, (i) => `w${i + 1} as (select * from w${i})`)}
    select * from w${size}`,
  (q, columns, { one, size }) =>
    `select ${
      each(columns, (c) =>
        `max(${c}) over (order by ${
          choose(columns, one)
        } rows between ${size} preceding and current row)`)
    } from (${q}) t`,
  (q, columns, { one, size }) =>
    `select ${
      each(columns, (c) =>
        `lag(${c}, ${size}) over (partition by ${choose(columns, one)} order by c0)`)
    } from (${q}) t`,
  (q, columns) =>
    `select ${each(columns, (c) => `${c === "c0" ? "" : "max"}(${c})`)} from (${q}) t group by c0`,
  (q, columns, { one }) =>
    `select ${
      each(columns, (c) =>
        choose([
          `string_agg(distinct ${c}::text, ',')`,
          `string_agg(${c}::text, ',' order by c0) filter (where ${c} is not null)`,
          `array_agg(${c} order by ${c})::text`,
          `jsonb_agg(${c})`,
        ], one))
    } from (${q}) t group by ${columns.at(-1)}`,
  (q, columns) => `select ${columns} from (${q}) t group by cube (${columns})`,
  (q, _, { size }) => `select t.* from (${q}) t cross join generate_series(1, ${size * 100}) g`,
  (q, _, { size }) => `select t.* from (${q}) t cross join lateral generate_series(1, ${size}) l`,
  (q, columns) =>
    `select ${
      each(columns, (c) => c === "c0" ? "string_to_table(c0::text, 'a')" : c)
    } from (${q}) t`,
  (q, _, { size }) => `select * from (${q}) t limit ${size * 100}`,
];

const RESULTS: readonly ((column: string) => string)[] = [
  () => "count(*)",
  (c) => `max(length(${c}::text))`,
  (c) => `sum(length(${c}::text)) filter (where ${c} is not null)`,
  (c) => `count(distinct ${c})`,
  (c) => `length((mode() within group (order by ${c}))::text)`,
  (c) => `length((percentile_disc(0.5) within group (order by ${c}))::text)`,
  (c) => `length(string_agg(${c}::text, ','))`,
  (c) => `cardinality(array_agg(${c} order by ${c}))`,
];

/** Writes a query as SQL. Not each is one that Postgres runs. */
export function writeQuery(query: Query, schema: ChatSchema): string {
  let from = "";
  const known: { texts: string[]; numbers: string[] } = { texts: [], numbers: [] };
  query.sources.forEach((gene, index) => {
    const as = `s${index}`;
    const place = {
      schema,
      as,
      text: known.texts[gene.one % known.texts.length] ?? "",
      number: known.numbers[gene.other % known.numbers.length] ?? "",
    };
    const { sql, texts, numbers } = index === 0
      ? choose(FILLED, gene.rule)(as)
      : choose(SOURCES, gene.rule)(gene, place);
    from += index === 0
      ? sql
      : gene.other % 5 === 0
      ? ` left join ${sql} on ${choose([...numbers, "1"], gene.size)} = ${place.number}`
      : ` cross join ${sql}`;
    known.texts.push(...texts);
    known.numbers.push(...numbers);
  });
  const where = query.conditions.map(({ rule, one, other, size }) => {
    const [rules, names] = rule % 2 === 0 ? [OF_NUMBERS, known.numbers] : [OF_TEXTS, known.texts];
    return choose(rules, rule >> 1)(choose(names, one), choose(names, other), size, names);
  });
  const columns = query.columns.map((_, index) => `c${index}`);
  const values = query.columns.map((gene, index) => {
    const [text, number] = [choose(known.texts, gene.one), choose(known.numbers, gene.one)];
    return `${choose(COLUMNS, gene.rule)(text, number, gene)} as c${index}`;
  });
  const inner = `select ${values} from ${from}${
    where.length === 0 ? "" : ` where ${where.join(" and ")}`
  }`;
  const layered = query.layers.reduce(
    (sql, gene) => choose(LAYERS, gene.rule)(sql, columns, gene),
    inner,
  );
  const results = query.results.map(({ rule, one }) => choose(RESULTS, rule)(choose(columns, one)));
  return `select ${results} from (${layered}) z`;
}

/** Returns a random query, whose parts are small or large and of a few kinds each. */
export function randomQuery(pick: Pick): Query {
  const genes = (counts: readonly number[]) => {
    const kinds = Array.from({ length: pick([1, 2, 4]) }, () => randomGene(pick));
    return Array.from({ length: pick(counts) }, () => {
      const { rule, size } = pick(kinds);
      return { ...randomGene(pick), rule, size };
    });
  };
  return {
    sources: genes([1, 2, 3, 5, 8]),
    conditions: genes([0, 0, 2, 8, 40]),
    columns: genes([1, 2, 4]),
    layers: genes([0, 1, 1, 2, 4]),
    results: genes([1, 1, 4]),
  };
}

/** Returns a query of which one part is twice as long, or counts twice as much. */
export function growQuery(query: Query, pick: Pick): Query {
  const part = pick(PARTS);
  const genes = query[part];
  const grown = pick([
    [...genes, ...genes.map((gene) => ({ ...randomGene(pick), rule: gene.rule, size: gene.size }))],
    genes.map((gene) => ({ ...gene, size: 2 * gene.size })),
  ]);
  return { ...query, [part]: grown };
}

/** Returns a query of which one part is another, more or missing. */
export function changeQuery(query: Query, pick: Pick): Query {
  const part = pick(PARTS);
  const genes = query[part];
  const gene = randomGene(pick);
  const at = gene.one % genes.length;
  const changed = pick([[...genes, gene], genes.toSpliced(at, 1, gene), genes.toSpliced(at, 1)]);
  const isNeeded = part !== "conditions" && part !== "layers";
  return isNeeded && changed.length === 0 ? query : { ...query, [part]: changed };
}

function randomGene(pick: Pick): Gene {
  return {
    rule: pick(NUMBERS),
    one: pick(NUMBERS),
    other: pick(NUMBERS),
    size: pick([1, 2, 4, 8]),
  };
}

function view({ one }: Gene, { schema, as }: Place): Source {
  const { name, columns } = choose(schema.relations, one);
  const of = (type: RegExp) =>
    columns.filter((column) => type.test(column.type)).map((column) => `${as}.${column.name}`);
  return {
    sql: `${name} ${as}`,
    texts: of(/^text$/),
    numbers: of(/^(integer|bigint|numeric|double)/),
  };
}

function choose<Item>(items: readonly Item[], index: number): Item {
  const item = items[index % items.length];
  if (item === undefined) throw new Error("nothing to choose from");
  return item;
}

function list(length: number, write: (index: number) => string, separator = ", "): string {
  return Array.from({ length }, (_, index) => write(index)).join(separator);
}

function each(columns: readonly string[], write: (column: string) => string): string {
  return columns.map((column) => `${write(column)} as ${column}`).join(", ");
}
