/** Picks one of several at random. */
export type Pick = <Item>(items: readonly Item[]) => Item;

/** Statement that grows with a number. */
export interface Growth {
  readonly name: string;
  /** Returns the statement of this size, from 1. */
  readonly at: (size: number) => string;
}

type Kind = "text" | "number" | "json" | "array" | "flag";
type Rule = (x: string, size: number) => string;

const LEAVES: Readonly<Record<Kind, readonly string[]>> = {
  text: [
    "content as x from messages",
    "error_message as x from test_results",
    "repeat('a', 200) as x",
    "repeat('ab', 5000) as x",
    "tool_name as x from test_results",
    "'1e999'::numeric::text as x",
  ],
  number: [
    "context_length as x from models",
    "context_length::numeric as x from models",
    "error_message::numeric as x from test_results where error_message ~ '^9+$'",
    "(data_json ->> 'big')::numeric as x from dataset_rows",
    "repeat('7', 2000)::numeric as x",
    "1.0000001 as x",
    "duration_seconds as x from test_results",
    "g as x from generate_series(1, 1000000) g",
  ],
  json: [
    "data_json as x from dataset_rows",
    "('[' || repeat('[],', 2000) || '1]')::jsonb as x",
    "to_jsonb(content) as x from messages",
    "jsonb_build_object('a', repeat('7', 1000)) as x",
  ],
  array: [
    "string_to_array(content, 'b') as x from messages",
    "array[1, 2, 3] as x",
    "efforts as x from models",
    "string_to_array(repeat('a,', 2000), ',') as x",
  ],
  flag: ["is_offered as x from models", "g > 5 as x from generate_series(1, 10) g"],
};

/** Expressions of the same kind as `x`, most of which are larger. */
export const STEPS: Readonly<Record<Kind, readonly Rule[]>> = {
  text: [
    (x) => `${x} || ${x}`,
    (x) => `concat(${x}, ${x}, ${x})`,
    (x) => `concat_ws(${x}, ${x}, ${x}, ${x})`,
    (x) => `replace(${x}, 'a', 'bbbbbbbb')`,
    (x) => `replace(${x}, 'a', ${x})`,
    (x) => `regexp_replace(${x}, '(.)', '\\1\\1\\1', 'g')`,
    (x) => `translate(${x}, 'ab', 'äö')`,
    (x) => `upper(${x})`,
    (x) => `format('%s%s', ${x}, ${x})`,
    (x, n) => `format('%${n * 100}s', ${x})`,
    (x, n) => `repeat(${x}, ${n})`,
    (x, n) => `lpad(${x}, ${n * 1000})`,
    (x) => `to_json(${x})::text`,
    (x) => `to_jsonb(${x})::text`,
    (x) => `array_to_string(string_to_array(${x}, null), 'xyz')`,
    (x) => `array_to_string(regexp_split_to_array(${x}, ''), ',')`,
    (x) => `(string_to_array(${x}, null))::text`,
    (x) => `jsonb_build_array(${x}, ${x})::text`,
    (x) => `coalesce(nullif(${x}, 'a'), ${x})`,
    (x) => `case when ${x} = 'a' then ${x} else reverse(${x}) end`,
    // Planning copies a constant for each condition.
    (x, n) =>
      `case ${x} ${
        Array.from({ length: 5 * n }, (_, i) => `when '${i}' then ''`).join(" ")
      } else ${x} end`,
    (x) => `greatest(${x}, ${x} || 'a')`,
    (x) => `substring(${x} from '.*')`,
    (x) => `overlay(${x} placing ${x} from 2)`,
    (x) => `json_value(to_jsonb(${x}), '$.a' default ${x} on empty) || ${x}`,
    (x) => `row_to_json(row(${x}, ${x}))::text`,
    (x) => `md5(${x}) || encode(sha256(decode(md5(${x}), 'hex')), 'hex') || ${x}`,
    (x) => `rtrim(${x}, left(${x}, 200))`,
    (x) => `split_part(${x}, left(${x}, 1000), 1) || ${x}`,
  ],
  number: [
    (x) => `${x} + ${x}`,
    (x) => `${x} * ${x}`,
    (x) => `${x} * 1.0000001`,
    (x) => `${x} / nullif(${x} + 1, 0)`,
    (x) => `${x} % nullif(${x} - 3, 0)`,
    (x, n) => `(${x})::numeric ^ ${n}`,
    (x) => `power((${x})::numeric, 0.5)`,
    (x) => `power(1.01, (${x})::int4)`,
    (x) => `sqrt((${x})::numeric)`,
    (x) => `exp(least((${x})::numeric, 5000))`,
    (x) => `ln(abs((${x})::numeric) + 1)`,
    (x) => `round((${x})::numeric, 1000)`,
    (x) => `abs(${x}) - ${x}`,
    (x) => `lcm(floor((${x})::numeric), 7)`,
    (x) => `gcd(floor((${x})::numeric), floor((${x})::numeric) + 1) * ${x}`,
    (x) => `length((${x})::text) * ${x}`,
    (x) => `((${x})::text || '0')::numeric`,
    (x) => `case when ${x} > 1 then ${x} else -${x} end`,
    (x) => `greatest(${x}, ${x} + 1)`,
    (x) => `width_bucket((${x})::numeric, 0, 1e20, 10) + ${x}`,
  ],
  json: [
    (x) => `jsonb_build_array(${x}, ${x})`,
    (x) => `jsonb_build_object('a', ${x}, 'b', ${x})`,
    (x) => `to_jsonb((${x})::text)`,
    (x) => `${x} || ${x}`,
    (x) => `jsonb_path_query_array(${x}, '$.*')`,
    (x) => `((${x})::text)::jsonb`,
    (x) => `jsonb_build_object('a', ${x}) -> 'a'`,
    (x) => `jsonb_strip_nulls(${x})`,
    (x) => `jsonb_set(${x}, '{a}', ${x})`,
    (x) => `jsonb_insert(${x}, '{0}', ${x})`,
    (x) => `to_jsonb(jsonb_pretty(${x}))`,
    (x) => `jsonb_build_array(${x}) #- '{1}'`,
    (x) => `json_query(${x}, '$.list' with wrapper)`,
    (x) => `coalesce(${x} -> 'list', ${x})`,
    (x) => `to_jsonb(array[${x}, ${x}])`,
  ],
  array: [
    (x) => `array_cat(${x}, ${x})`,
    (x) => `${x} || ${x}`,
    (x) => `array_append(${x}, (${x})[1])`,
    (x) => `array_remove(${x}, (${x})[1]) || ${x}`,
    (x) => `(${x})[1:1000000]`,
  ],
  flag: [
    (x) => `${x} and not ${x}`,
    (x) => `${x} or ${x} is null`,
    (x) => `${x} = ${x}`,
    (x) => `case when ${x} then ${x} else not ${x} end`,
    (x) => `(${x}) in (${x}, true)`,
  ],
};

/** What is done with the value at last. */
const ENDS: Readonly<Record<Kind, readonly Rule[]>> = {
  text: [
    (x) => `max(length(${x}))`,
    (x) => `count(distinct ${x})`,
    (x) => `length(string_agg(${x}, ','))`,
    (x) => `cardinality(array_agg(${x}))`,
    (x) => `length(jsonb_agg(${x})::text)`,
    (x) => `length(json_object_agg(${x}, ${x})::text)`,
    (x) => `count(*) filter (where ${x} like '%' || ${x} || '%')`,
    (x) => `count(*) filter (where ${x} ilike '%a%b%a%')`,
    (x) => `max(strpos(${x}, left(${x}, 1000) || 'c'))`,
    (x) => `count(*) filter (where ${x} ~ '(a|b)*c(a|b){1,20}')`,
    (x) => `max(length((${x})::numeric::text))`,
    (x) => `mode() within group (order by ${x})`,
    (x) => `max(${x})`,
    (x) =>
      `length(jsonb_agg_strict(to_jsonb(z))::text) + count(z) + max(similarity(${x}, 'ab'))::int`,
    (x) => `max(word_similarity(${x}, ${x}))`,
    (x) => `count(*) filter (where ${x} is json)`,
    (x) => `max(jsonb_array_length(('[' || ${x} || ']')::jsonb))`,
  ],
  number: [
    (x) => `max(${x})`,
    (x) => `sum(${x})`,
    (x) => `avg(${x})`,
    (x) => `stddev(${x})`,
    (x) => `max(length((${x})::text))`,
    (x) => `cardinality(array_agg(${x}))`,
    (x) => `percentile_cont(0.5) within group (order by ${x})`,
    (x) => `count(distinct ${x})`,
    (x) => `corr(${x}, ${x})`,
  ],
  json: [
    (x) => `max(length((${x})::text))`,
    (x) => `length(jsonb_agg(${x})::text)`,
    (x) => `count(*) filter (where ${x} @> ${x})`,
    (x) => `count(*) filter (where (${x})::text like '%a%')`,
    (x) => `count(distinct ${x})`,
    (x) => `length(string_agg((${x})::text, ''))`,
  ],
  array: [
    (x) => `max(cardinality(${x}))`,
    (x) => `count(*) filter (where ${x} && ${x})`,
    (x) => `count(*) filter (where ${x} <@ ${x})`,
    (x) => `max(length(array_to_string(${x}, ',')))`,
    (x) => `max(length(to_jsonb(${x})::text))`,
    (x) => `count(distinct ${x})`,
  ],
  flag: [
    (x) => `count(*) filter (where ${x})`,
    (x) => `bool_and(${x})`,
    (x) => `mode() within group (order by ${x})`,
  ],
};

/** Ways to nest a select in another, most of which are barriers for planning. */
const LAYERS: readonly ((inner: string, x: string, level: number) => string)[] = [
  (inner, x, level) => `select ${x} as x from (${inner}) t${level}`,
  (inner, x, level) => `select ${x} as x from (${inner} limit 1000) t${level}`,
  (inner, x, level) => `select ${x} as x from (${inner} offset 0) t${level}`,
  (inner, x, level) => `select distinct ${x} as x from (${inner}) t${level}`,
  (inner, x, level) => `select ${x} as x from (${inner}) t${level} group by x`,
  (inner, x, level) => `with c${level} as materialized (${inner}) select ${x} as x from c${level}`,
  (inner, x, level) =>
    `with c${level} as not materialized (${inner}) select ${x} as x from c${level}`,
  (inner, x, level) =>
    `with c${level} as (${inner}) select a.x from (select ${x} as x from c${level}) a, c${level} b`,
  (inner, x, level) => `select ${x} as x from (${inner}) t${level} where x is not null and x = x`,
  (inner, x, level) => `select ${x} as x from (${inner}) t${level} order by 1`,
  (inner, x, level) =>
    `select ${x} as x from (${inner}) t${level} union all select x from (${inner}) u${level}`,
  (inner, x, level) => `select max(${x}) over (order by x) as x from (${inner}) t${level}`,
  (inner, x, level) =>
    `select l.x from (${inner}) t${level} cross join lateral (select ${x} as x) l`,
  (inner, x, level) => `select (select ${x}) as x from (${inner}) t${level}`,
  (inner, x, level) => `select any_value(${x}) as x from (${inner}) t${level} group by x is null`,
];

const SOURCES: readonly string[] = [
  "models",
  "test_results",
  "messages",
  "dataset_rows",
  "prompt_run_model_results",
  "benchmark_model_results",
  "generate_series(1, 3)",
  "generate_series(1, 1000)",
  "(values (1), (2))",
  "(select count(*) from models)",
  "unnest(array[1, 2])",
];

const SERIES = "generate_series(1, 1000000)";

/** Ways to keep the rows of a series in memory. */
const KEEPING: readonly string[] = [
  "select cardinality(array_agg(g)) from S",
  "select length(string_agg(g::text, ',')) from S",
  "select length(jsonb_agg(g)::text) from S",
  "select length(jsonb_object_agg(g::text, g)::text) from S",
  "select length(jsonb_object_agg(g, g)::text) from S",
  "select count(*) from (select g % 1000 as k, array_agg(g) from S group by 1) a",
  "select count(*) from (select g as k, array_agg(g), string_agg(g::text, ',') from S group by 1) a",
  "select array_agg(g) over (order by g) from S",
  "select string_agg(g::text, ',') over (partition by g % 7) from S",
  "select count(distinct g) from S",
  "select percentile_disc(0.5) within group (order by g), mode() within group (order by g % 9) from S",
  "select cardinality(array(select g from S))",
  "select count(*) from models where context_length not in (select g from S)",
  "select count(*) from models where context_length in (select g from S) or name is null",
  "select count(*) from models m where exists (select 1 from S where g = m.context_length) or m.name is null",
  "select count(*) from models where context_length <> all (select g * 2 from S)",
  "select count(*) from S join (select h % 2 as h from generate_series(1, 1000) h) b on g % 2 = b.h",
  "select count(*) from S full join (select h % 1 as h from generate_series(1, 100000) h) b on g % 1 = b.h",
  "select g from S intersect select g + 1 from S",
  "select g from S union select g % 5 from S",
  "select g from S except all select g from S",
  "select distinct g % 100000, g from S",
  "select g from S order by g % 7, g desc",
  "with a as materialized (select g, g::text as t from S) select count(*) from a x join a y on x.g = y.g",
  "select sum(g) over (order by g rows between 100000 preceding and current row), min(g) over (order by g rows between 10000 preceding and 10000 following) from S",
  "select lag(g, 100000) over (order by g), ntile(5) over (order by g), last_value(g) over () from S",
  "select count(*) from (select content, g from messages, S order by 1, 2 offset 0) a",
  "select percentile_disc(0.5) within group (order by content || g) from messages, S",
  "select count(*) from (select distinct error_message, tool_name, g from test_results, S) a",
  "select count(*) from messages a join messages b on a.role = b.role join S on g > length(a.content || b.content)",
  "select count(*) from (select content, rank() over (order by content, w) from messages, regexp_split_to_table(content, 'b') w) a",
  "select count(*) from (select x.content, y.error_message from messages x, test_results y order by 2, 1 offset 0) a",
  "select count(*) from (select g % 7, g % 11, count(*), array_agg(g % 3) from S group by cube (1, 2)) a",
  "select count(*) from S, lateral (select array_agg(h) as x from generate_series(1, g % 1000) h) l",
  "select max(cardinality(x)) from (select array_agg(g) over (partition by g % 3) as x from S) a",
];

/** Returns a random way for statements to grow. */
export function growth(pick: Pick): Growth {
  const kind = pick<Kind>(["text", "text", "number", "number", "json", "array", "flag"]);
  const shape = pick(
    [
      "nested",
      "nested",
      "mixed",
      "mixed",
      "copies",
      "joins",
      "keeping",
      "written",
      "groups",
      "tables",
    ] as const,
  );
  const leaf = `select ${pick(LEAVES[kind])}`;
  const end = pick(ENDS[kind]);
  const steps = Array.from({ length: 40 }, () => pick(STEPS[kind]));
  const layers = Array.from({ length: 40 }, () => pick(LAYERS));
  const mostlyPlain = pick([true, false]);
  const param = pick([2, 10, 100]);
  const nest = (levels: number, same: boolean) =>
    Array.from({ length: levels }).reduce<string>((inner, _, level) => {
      const at = same ? 0 : level % 40;
      const layer = mostlyPlain && level % 4 !== 3 ? LAYERS[0] : layers[at];
      return layer?.(inner, steps[at]?.("x", param) ?? "x", level) ?? inner;
    }, leaf);
  switch (shape) {
    case "nested":
    case "mixed":
      return {
        name: `${shape} ${kind}`,
        at: (size) => `select ${end("x", param)} from (${nest(size, shape === "nested")}) z`,
      };
    case "copies": {
      const levels = pick([0, 1, 2, 4]);
      const apart = pick([", ", " || ", " + "]);
      const [before, after] = apart === ", " ? ["", ""] : ["max(length((", ")::text))"];
      const limit = pick(["", " limit 1", " offset 0"]);
      return {
        name: `copies ${kind}`,
        at: (size) =>
          `select ${before}${
            Array.from({ length: size }, (_, index) => {
              const made = `(${steps[index % 40]?.("x", param)})`;
              return apart === " || "
                ? `${made}::text`
                : apart === " + "
                ? `length(${made}::text)`
                : end(made, param);
            }).join(apart)
          }${after} from (${nest(levels, false)}${limit}) z`,
      };
    }
    case "joins": {
      const sources = Array.from({ length: 100 }, () => pick(SOURCES));
      const condition = pick([
        (_: number) => "",
        (i: number) => i === 0 ? "" : ` on s${i}.c is not distinct from s${i - 1}.c`,
        (i: number) => i === 0 ? "" : ` on s${i}.c = s${i - 1}.c`,
        (i: number) => i === 0 ? "" : ` on s${i}.c = s0.c`,
      ]);
      const join = pick(["join", "left join", "full join"]);
      const column = "(c)";
      return {
        name: "joins",
        at: (size) =>
          `select count(*) from ${
            sources.slice(0, size).map((source, i) => {
              const from = `(select ${
                /^\w+$/.test(source) ? "1" : "q.*"
              } from ${source} q) s${i} ${column}`;
              return condition(1) === "" ? from : `${i === 0 ? "" : join} ${from}${condition(i)}`;
            }).join(condition(1) === "" ? ", " : " ")
          }`,
      };
    }
    case "keeping": {
      const [first, second] = [pick(KEEPING), pick(KEEPING)];
      const series = pick([
        `${SERIES} g`,
        "generate_series(1, (select max(context_length) from models)) g",
        "generate_series(1, (select count(*) * 1000000 from models)) g",
        "(select a + b * 1000 as g from generate_series(1, 1000) a, generate_series(1, (select count(*) * 500 from models)) b) s",
        "(select length(a.error_message) * 10000 + length(b.error_message) as g from test_results a, test_results b) s",
      ]);
      return {
        name: "keeping",
        at: (size) =>
          `select ${
            Array.from({ length: size }, (_, i) =>
              `(select count(*) from (${i % 2 === 0 ? first : second}) q${i})`)
              .join(", ")
          }`.replaceAll("S", series),
      };
    }
    case "written": {
      const rule = pick<(size: number) => string>([
        (n) =>
          `select count(*) from models where ${
            Array.from({ length: n }, (_, i) => `context_length = ${i}`).join(" or ")
          }`,
        (n) =>
          `select count(*) from models where context_length in (${
            Array.from({ length: n }, (_, i) => i).join(", ")
          })`,
        (n) => `select ${"case when true then ".repeat(n)} 1 ${"end ".repeat(n)}`,
        (n) => `select repeat('7', ${n * 1000})::numeric * repeat('7', ${n * 1000})::numeric > 0`,
        (n) => `select length((1.1 ^ ${n * 100})::text), length((9.9::numeric ^ ${n * 100})::text)`,
        (n) =>
          `select length(repeat('ab', ${n * 1000})) , strpos(repeat('a', ${
            n * 1000
          }), repeat('a', ${n * 500}) || 'b')`,
        (n) => `select repeat('a', ${n * 100}) like repeat('%a', ${n * 50}) || 'b'`,
        (n) => `select jsonb_array_length(('[' || repeat('[],', ${n * 1000}) || '1]')::jsonb)`,
        (n) => `select length((repeat('[', ${n * 100}) || repeat(']', ${n * 100}))::jsonb::text)`,
        (n) => `select cardinality(regexp_split_to_array(repeat('a', ${n * 1000}), ''))`,
        (n) => `select repeat('ab', ${n * 1000}) ~ '(a|b)*(a|b)*(a|b)*c'`,
        (n) => `select 'x' ~ '(a.*b.*c.*){1,${n}}'`,
        (n) => `select 'x' ~ '${"((a|b)*c.*){1,5}".repeat(n)}'`,
        (n) =>
          `select count(*) from (values ${
            Array.from({ length: n }, (_, i) => `(${i}, 'a')`).join(", ")
          }) v`,
        (n) => `select x from (select 1 as x ${" union select 1".repeat(n)}) a`,
        (n) => `select ${"(select ".repeat(n)}1${")".repeat(n)}`,
        (n) =>
          `select count(*) from models m where ${
            Array.from({ length: n }, (_, i) =>
              `exists (select 1 from test_results t where t.line_number = m.context_length + ${i})`)
              .join(" or ")
          }`,
        (n) =>
          `select translate(repeat('a', ${n * 100}), repeat('b', ${
            n * 100
          }), 'c') = '', rtrim(repeat('a', ${n * 100}), repeat('b', ${n * 100}) || 'a') = ''`,
        (n) =>
          `select string_to_array(repeat('a,', ${n * 100}), ',') && string_to_array(repeat('b,', ${
            n * 100
          }), ',')`,
      ]);
      return { name: "written", at: rule };
    }
    case "groups": {
      const kindOf = pick(["cube", "rollup", "grouping sets", "cubes"]);
      const aggregate = pick([
        "count(*)",
        "array_agg(c0)",
        "string_agg(c1::text, ',')",
        "count(distinct c0)",
        "mode() within group (order by c0)",
      ]);
      const repeated = pick([1, 1, 5]);
      return {
        name: "groups",
        at: (size) => {
          const columns = Array.from({ length: Math.max(2, size) }, (_, i) => `c${i}`);
          const clause = kindOf === "cubes"
            ? columns.map((column) => `cube (${column})`).join(", ")
            : kindOf === "grouping sets"
            ? `grouping sets (${
              columns.map((column) => `(${column}), cube (${column}, c0)`).join(", ")
            })`
            : `${kindOf} (${columns.join(", ")})`;
          return `select count(*) from (select ${
            Array.from({ length: repeated * Math.max(1, size >> 1) }, (_, i) =>
              `${aggregate} as a${i}`).join(", ")
          } from (select ${
            columns.map((column, i) => `g + ${i} as ${column}`).join(", ")
          } from generate_series(1, 20000) g) s group by ${clause}) z`;
        },
      };
    }
    case "tables": {
      const [width, how] = [pick([1, 2, 3]), pick(["", "materialized ", "not materialized "])];
      const base = pick(SOURCES);
      const made = pick(["count(*)", "max(a0.x)", "array_agg(a0.x)", "any_value(a0.x)"]);
      const set = pick([", ", " union all select * from "]);
      return {
        name: "tables",
        at: (size) =>
          `with t0 (x) as ${how}(select ${
            /^\w+$/.test(base) ? "1" : "q.*"
          } from ${base} q limit 50)${
            Array.from({ length: size }, (_, i) =>
              `, t${i + 1} (x) as ${how}(select ${set === ", " ? "a0.x" : "*"} from ${
                Array.from({ length: width }, (_, j) =>
                  `t${i} a${j}`).join(set)
              })`).join("")
          } select ${made} from t${size} a0`,
      };
    }
  }
}
