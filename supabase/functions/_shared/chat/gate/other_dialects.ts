import { splitWords } from "../../platform/split_words.ts";

/** What to write instead of functions of other databases, or of Postgres' that are refused. */
const FUNCTIONS: ReadonlyMap<string, string> = new Map(
  ([
    ["nvl ifnull isnull", "Write coalesce(a, b)."],
    ["if iif decode_case", "Write case when ... then ... else ... end."],
    [
      "datediff date_diff timestampdiff timestamp_diff",
      "Subtract: extract(epoch from (a - b)) / 86400 is days.",
    ],
    ["dateadd date_sub timestampadd timestamp_sub adddate subdate", "Write a + interval '7 days'."],
    ["getdate sysdate curdate today clock_timestamp timeofday", "Write now() or current_date."],
    [
      "year month day hour minute week weekday quarter dayofweek dayofyear",
      "Write extract(year from x), and so on.",
    ],
    ["date_format strftime format_date dayname monthname", "Write to_char(x, 'YYYY-MM-DD')."],
    ["str_to_date parse_date", "Write to_date(x, 'YYYY-MM-DD')."],
    ["from_unixtime unix_timestamp", "Write to_timestamp(x) or extract(epoch from x)."],
    ["group_concat listagg wm_concat", "Write string_agg(x, ', ' order by x)."],
    ["median", "Write percentile_cont(0.5) within group (order by x)."],
    [
      "quantile percentile approx_percentile approx_quantiles",
      "Write percentile_cont(0.9) within group (order by x).",
    ],
    ["countif count_if sumif sum_if avg_if", "Write count(*) filter (where ...)."],
    ["approx_count_distinct approx_distinct uniq", "Write count(distinct x)."],
    ["safe_divide div0", "Write a / nullif(b, 0)."],
    [
      "json_extract json_extract_scalar get_json_object json_value_array",
      "Write x -> 'key', x ->> 'key' or x #>> '{a,b}'.",
    ],
    ["json_length array_size", "Write jsonb_array_length(x) or cardinality(x)."],
    ["jsonb_path_match", "Write jsonb_path_exists(x, '$.a ? (@ > 1)')."],
    ["len datalength", "Write length(x)."],
    ["charindex instr locate", "Write position('a' in x)."],
    ["substring_index", "Write split_part(x, '/', 1)."],
    ["regexp_extract", "Write substring(x from 'pattern')."],
    ["regexp_contains rlike", "Write x ~ 'pattern'."],
    ["array_contains list_contains has", "Write 'value' = any (x)."],
    ["array_fill", "Write array_agg over generate_series."],
    ["explode flatten", "Write cross join lateral unnest(x) as t (name)."],
    ["to_varchar to_string str", "Cast: x::text."],
    ["to_tsvector to_tsquery plainto_tsquery ts_rank", "Search with ilike or ~*."],
    ["levenshtein soundex", "Write similarity(a, b)."],
    [
      "json_populate_record jsonb_populate_record",
      "Write jsonb_to_record(x) as t (name type, ...).",
    ],
    [
      "version current_setting set_config pg_sleep pg_notify",
      "Leave it out: a query only reads the described relations.",
    ],
    ["gen_random_uuid uuid_generate_v4", "Use the ids of the relations, or row_number() over ()."],
  ] as const).flatMap(([names, hint]) => splitWords(names).map((name) => [name, hint] as const)),
);

const OPERATORS: ReadonlyMap<string, string> = new Map([
  ["==", "Write = to compare."],
  ["<=>", "Write is not distinct from."],
  ["!", "Write not."],
  ["@@", "Search with ilike or ~*, and JSON with jsonb_path_exists."],
  ["~~~", "Write like."],
  ["&", "Write integer arithmetic, such as mod(x, 2)."],
  ["|", "Write integer arithmetic, or || to join texts."],
  ["<->", "Write similarity(a, b)."],
  ["<%", "Write word_similarity(a, b) > 0.6."],
]);

const TYPES: ReadonlyMap<string, string> = new Map([
  ["regclass", "Name the relation in FROM."],
  ["string", "Write text."],
  ["datetime", "Write timestamptz."],
  ["signed", "Write integer."],
  ["double", "Write double precision."],
  ["bytea", "Work with text, or md5(x)."],
  ["jsonpath", "Write the path as a literal."],
]);

/** Syntax of other databases that the grammar of Postgres refuses. */
const SYNTAX: readonly (readonly [pattern: RegExp, hint: string])[] = [
  [/`/, 'Write names plainly, or in double quotes: "name".'],
  [/\bqualify\b/i, "Compute the window function in a subquery, and filter it outside."],
  [/\binterval\s+\d/i, "Write interval '7 days'."],
  [
    /\b(?:date_?diff|timestampdiff|date_?add|date_sub)\s*\(/i,
    "Subtract times, or add interval '7 days'.",
  ],
  [/\b(?:try_cast|safe_cast)\s*\(/i, "Write case when x ~ '^[0-9]+$' then x::integer end."],
  [/\b(?:ignore|respect)\s+nulls\b/i, "Filter nulls before the window function."],
  [/\bselect\s+top\s*\(?\d/i, "End with limit 10."],
  [/\blimit\s+\d+\s*,/i, "Write limit 10 offset 20."],
  [/\bpivot\b/i, "Write one aggregate with filter (where ...) for each column."],
  [/\bexcept\s*\(|\bexclude\s*\(/i, "Name the columns that you want."],
  [/;\s*\S/, "Write one statement, with WITH where steps are needed."],
];

/** Returns what to write instead of what is not valid SQL; undefined if nothing special is known. */
export function insteadOfSyntax(sql: string): string | undefined {
  return SYNTAX.find(([pattern]) => pattern.test(sql))?.[1];
}

/** Returns what to write instead of a function; undefined if nothing special is known. */
export function insteadOfFunction(name: string): string | undefined {
  return FUNCTIONS.get(name.toLowerCase());
}

/** Returns what to write instead of an operator; undefined if nothing special is known. */
export function insteadOfOperator(operator: string): string | undefined {
  return OPERATORS.get(operator);
}

/** Returns what to write instead of a type; undefined if nothing special is known. */
export function insteadOfType(type: string): string | undefined {
  return TYPES.get(type.toLowerCase());
}
