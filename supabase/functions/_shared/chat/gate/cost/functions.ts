import type { Node } from "libpg-query";
import { splitWords } from "../../../platform/split_words.ts";
import { isPlainJsonPath } from "../json_path.ts";
import { readNumber, readText } from "../read_node.ts";
import { Refusal } from "../refusal.ts";
import { aggregateNumber, compute, computeOne, type Made } from "./arithmetic.ts";
import { digitsOf, FIXED, FLOAT, INTEGER, numeric, oneOf, text, type Value } from "./value.ts";

/** Most bytes of a value that `string_agg` and the like make: those of schema chat_aggregates count them. */
const COLLECTED_BYTES = 262_144;
/** Bytes that reading a byte of JSON takes: `[[],[],…]` took 86. */
export const JSON_PARSED = 100;
/** Bytes that a regular expression takes for a byte of the text it is matched with. */
const PATTERN_MATCHED = 24;
/** Pairs of characters that count as a byte when a text is looked for in another: 16 ns. */
const SEARCH_PAIRS = 16;
/** The same with LIKE: 20,000 with 10,000 took 0.3 s. */
const LIKE_PAIRS = 6;
/** Most that one character grows to in JSON: `\u0001`. */
const JSON_ESCAPED = 6;

const words = (list: string): ReadonlySet<string> => new Set(splitWords(list));

const COUNTING = words(`
  count row_number rank dense_rank ntile length char_length character_length octet_length position strpos ascii
  array_length array_upper array_lower array_ndims cardinality array_position json_array_length
  jsonb_array_length regexp_count regexp_instr width_bucket num_nulls num_nonnulls generate_series
  regr_count grouping scale bit_length generate_subscripts
`);
const FLOATING = words(`
  corr covar_pop covar_samp regr_avgx regr_avgy regr_intercept regr_r2 regr_slope percent_rank cume_dist
  percentile_cont random cbrt date_part similarity word_similarity strict_word_similarity regr_sxx regr_sxy
  regr_syy pi degrees radians sin cos tan asin acos atan atan2
`);
const FIXED_RESULT = words(`
  bool_and bool_or every now date date_trunc date_bin age timezone overlaps isfinite justify_days
  justify_hours justify_interval make_date make_interval make_timestamp make_timestamptz to_date
  to_timestamp json_typeof jsonb_typeof jsonb_path_exists starts_with regexp_like md5 chr pg_typeof
  statement_timestamp transaction_timestamp date_add date_subtract make_time to_hex sha224 sha256 sha384
  sha512
`);
/** Functions that return their first argument or a part of it. */
const PART = words(`
  min max any_value mode percentile_disc first_value last_value nth_value abs trim_scale left right reverse
  substring substr btrim ltrim rtrim split_part array_remove array_positions trim_array
  json_extract_path jsonb_extract_path json_extract_path_text jsonb_extract_path_text json_strip_nulls
  jsonb_strip_nulls json_array_elements jsonb_array_elements json_array_elements_text
  jsonb_array_elements_text json_each jsonb_each json_each_text jsonb_each_text json_object_keys
  jsonb_object_keys json_to_record jsonb_to_record json_to_recordset jsonb_to_recordset jsonb_path_query
  jsonb_path_query_array jsonb_path_query_first string_to_table regexp_split_to_table regexp_substr
`);
const NUMBER_AGGREGATES = words(
  "sum avg stddev stddev_samp stddev_pop variance var_samp var_pop",
);
const PARTS_OF_TEXT = words(`
  left right reverse substring substr btrim ltrim rtrim split_part regexp_substr string_to_table
  regexp_split_to_table json_extract_path_text jsonb_extract_path_text json_object_keys jsonb_object_keys
`);
const OBJECT_AGGREGATES = words("json_object_agg jsonb_object_agg");
/** Aggregates that schema chat_aggregates replaces by bounded ones. */
export const COLLECTING = words(`
  string_agg array_agg json_agg jsonb_agg json_agg_strict jsonb_agg_strict json_object_agg jsonb_object_agg
`);
const JSON_BUILDING = words(`
  to_json to_jsonb row_to_json array_to_json json_build_object jsonb_build_object json_build_array
  jsonb_build_array jsonb_set jsonb_insert json_object jsonb_object
`);
/** Functions that compare each character of a text with each of another. */
const SEARCHING = words(
  "position strpos replace split_part string_to_array string_to_table starts_with word_similarity strict_word_similarity",
);
const JSON_PATHS = words(`
  jsonb_path_query jsonb_path_query_array jsonb_path_query_first jsonb_path_exists
`);
/** Position of the argument that is a regular expression. */
const PATTERN_ARGUMENT: ReadonlyMap<string, number> = new Map([
  ...splitWords(`
    regexp_replace regexp_match regexp_matches regexp_count regexp_like regexp_substr regexp_instr
    regexp_split_to_array regexp_split_to_table
  `).map((name): [string, number] => [name, 1]),
  ["similar_to_escape", 0],
]);

/** Returns the value of a call, by the values of its arguments. */
export function makeCall(name: string, args: readonly Value[], nodes: readonly Node[]): Made {
  const [first = FIXED, second = FIXED, third = FIXED] = args;
  const bytes = args.reduce((sum, value) => sum + value.bytes, 0);
  let work = SEARCHING.has(name) ? searchWork(first, second) : 0;
  // Each character of one text is compared with each of the other: 20,000 with 20,000 took 3.4 s.
  if (/^([blr]?trim|translate)$/.test(name) && args.length > 1) {
    work += first.bytes * second.bytes / 2;
  }
  const place = PATTERN_ARGUMENT.get(name) ?? patternOfSubstring(name, args);
  if (place !== undefined) work += patternWork(nodes[place], first);
  if (JSON_PATHS.has(name)) work += pathWork(nodes[1], first);

  if (COLLECTING.has(name)) {
    if (OBJECT_AGGREGATES.has(name) && first.isText !== true && first.literal === undefined) {
      throw tooLarge(`The key of ${name} must be a text.`, `Write ${name}(key::text, value).`);
    }
    // A collected value is copied a few times.
    return {
      value: { bytes: COLLECTED_BYTES + bytes, isText: name === "string_agg" },
      work: 3 * bytes + 1_000_000,
    };
  }
  if (name === "generate_series" && args.some((arg) => arg.isRead === true)) {
    throw tooLarge(
      "A bound of generate_series cannot be read from a text.",
      "Write a number, a time, or a column of one.",
    );
  }
  if (COUNTING.has(name)) return { value: INTEGER, work };
  if (FLOATING.has(name)) return { value: FLOAT, work };
  if (FIXED_RESULT.has(name)) return { value: FIXED, work };
  if (NUMBER_AGGREGATES.has(name)) return aggregateNumber(name, first);
  if (JSON_BUILDING.has(name)) return buildJson(args);
  if (PART.has(name) || (name === "unnest" && args.length === 1)) {
    const length = name === "left" ? readNumber(nodes[1]) : undefined;
    const most = length !== undefined && length >= 0
      ? Math.min(first.bytes, 4 * length)
      : first.bytes;
    const isText = first.isText === true || PARTS_OF_TEXT.has(name);
    const { literal: _, ...value } = first;
    return {
      value: { ...value, bytes: most, isText },
      work: work + (place === undefined ? 0 : first.bytes),
    };
  }
  switch (name) {
    case "lag":
    case "lead":
      return { value: oneOf(args.length > 2 ? [first, third] : [first]) };
    case "ceil":
    case "ceiling":
    case "floor":
    case "sign":
      return round(first, 0);
    case "round":
    case "trunc":
      return args.length === 1 ? round(first, 0) : round(first, readNumber(nodes[1]));
    case "sqrt":
    case "exp":
    case "ln":
    case "log":
    case "log10":
      return computeOne(name, args.at(-1) ?? FIXED);
    case "power":
    case "pow":
      return compute("^", first, second);
    case "lcm":
      return compute("*", first, second);
    case "gcd":
    case "div":
      return compute("/", first, second);
    case "mod":
      return compute("%", first, second);
    case "extract":
      return { value: numeric(20, 6) };
    case "to_number":
      return { value: numeric(second.bytes, second.bytes) };
    // No part of a format is written with more than 16 characters.
    case "to_char":
      return { value: text(16 * second.bytes + 64), work: first.bytes };
    case "repeat":
      return { value: text(first.bytes * lengthOf(name, nodes[1])) };
    case "lpad":
    case "rpad":
      return { value: always(text(4 * lengthOf(name, nodes[1]))) };
    case "format":
      return { value: text(bytes + widthsOf(nodes[0])) };
    case "concat_ws":
      return { value: text(bytes + first.bytes * args.length) };
    case "lower":
    case "upper":
    case "initcap":
      return {
        value: { ...text(1.5 * first.bytes), isStored: first.isStored === true },
        work: 4 * first.bytes,
      };
    case "replace":
      return {
        value: text(first.bytes + first.bytes / (second.literal?.length || 1) * third.bytes),
        work,
      };
    case "translate":
      return { value: text(first.bytes * 4), work };
    case "regexp_replace": {
      // `\1` and `\&` insert what was matched, which is no longer than the text.
      const references = third.literal?.match(/\\[1-9&]/g)?.length ?? third.bytes / 2;
      return { value: text((first.bytes + 1) * (1 + third.bytes + references)), work };
    }
    // An element has at least a header of 8 bytes.
    case "string_to_array":
    case "regexp_split_to_array":
    case "regexp_match":
    case "regexp_matches":
      return { value: { bytes: 8 * first.bytes + 64 }, work: work + 16 * first.bytes };
    case "array_to_string":
      return { value: text(2 * first.bytes + first.bytes / 4 * (bytes - first.bytes)) };
    case "encode":
      return { value: text(2.1 * first.bytes + 64) };
    // A level of nesting indents by four spaces; what is stored has at most 25 levels.
    case "jsonb_pretty":
      return { value: text(first.bytes * (first.isStored === true ? 100 : 4 * first.bytes)) };
    case "array_fill":
      throw tooLarge("An array cannot be filled.", "List its elements.");
    default:
      return {
        value: {
          bytes: bytes + 64,
          isText: /^(concat|overlay|similar_to_escape|like_escape)$/.test(name),
        },
        work,
      };
  }
}

/** Returns what it takes to look for a text in another, in bytes. */
function searchWork(value: Value, searched: Value): number {
  return value.bytes * searched.bytes / SEARCH_PAIRS;
}

/** Returns what it takes to match a text with the pattern of a LIKE, in bytes. */
export function likeWork(value: Value, pattern: Value): number {
  return value.bytes * pattern.bytes / LIKE_PAIRS;
}

/** Returns a value that is as long in every row. */
function always(value: Value): Value {
  return { ...value, mean: value.bytes };
}

function round(value: Value, places = 16_383): Made {
  const { form, left } = digitsOf(value);
  return { value: form === "float" ? FLOAT : numeric(left + 1, Math.max(0, places)) };
}

/** Returns the JSON that holds the values. */
function buildJson(values: readonly Value[]): Made {
  const bytes = values.reduce(
    (sum, value) =>
      sum + 8 +
      value.bytes * (value.isText === true || value.literal !== undefined ? JSON_ESCAPED : 1.5),
    64,
  );
  const isStored = values.every((value) =>
    value.isStored === true || value.literal !== undefined || value.bytes <= 100
  );
  return { value: { bytes, isStored }, work: 4 * bytes };
}

/** Returns the largest length that a number stands for: a literal, or `least` of something and one. */
function lengthOf(name: string, node: Node | undefined): number {
  const candidates = node !== undefined && "MinMaxExpr" in node && node.MinMaxExpr.op === "IS_LEAST"
    ? node.MinMaxExpr.args ?? []
    : [node];
  const lengths = candidates.flatMap((candidate) => readNumber(candidate) ?? []);
  if (lengths.length > 0) return Math.max(0, Math.min(...lengths));
  throw tooLarge(
    `The length of what ${name} makes is not known.`,
    `Write a number, or least(x, 100).`,
  );
}

/** Returns how many characters a format pads its arguments with. */
function widthsOf(node: Node | undefined): number {
  const format = readText(node);
  if (format === undefined || format.includes("*")) {
    throw tooLarge(
      "The first argument of format must be a text literal without an asterisk.",
      "Write format('%s: %s', a, b), or a || b.",
    );
  }
  return [...format.matchAll(/%[^sIL%]*?(\d+)/g)].reduce(
    (sum, [, width]) => sum + Number(width),
    0,
  );
}

/** Returns where `substring` has a pattern. Its second argument is otherwise a number. */
function patternOfSubstring(name: string, [, second]: readonly Value[]): number | undefined {
  return name === "substring" && second !== undefined && second.digits === undefined
    ? 1
    : undefined;
}

/**
 * Returns what it takes to match a text with a regular expression, in bytes.
 *
 * @throws {Refusal} if the pattern is not written in the statement, or could not be bounded
 */
export function patternWork(node: Node | undefined, value: Value): number {
  const escaped = node !== undefined && "FuncCall" in node ? node.FuncCall.args?.[0] : undefined;
  const patterns = node !== undefined && "A_ArrayExpr" in node
    ? node.A_ArrayExpr.elements ?? []
    : [escaped ?? node];
  return patterns.reduce(
    (sum, each) => sum + compileWork(readText(each)),
    PATTERN_MATCHED * value.bytes,
  );
}

function compileWork(pattern: string | undefined): number {
  if (pattern === undefined) {
    throw tooLarge(
      "A regular expression must be a text literal: one from a row can run for minutes.",
      "To look for a column's text, write strpos(text, column) > 0 or text ilike '%' || column || '%'.",
    );
  }
  if (/\\[1-9]/.test(pattern)) {
    throw tooLarge(
      "A regular expression may not refer back to its groups.",
      "Compare parts that regexp_match returns.",
    );
  }
  const counts = [...pattern.matchAll(/\{(\d+)(?:,(\d*))?\\?\}/g)];
  // A count in another form, as with the spaces that `(?x)` allows, could not be read.
  if (counts.length < pattern.split("{").length - 1) {
    throw tooLarge(
      "Braces in a regular expression hold a count.",
      "Write {3} or {2,5}, or [{] for a brace.",
    );
  }
  const copies = counts.reduce(
    (product, [, least, most = ""]) => product * Math.max(1, Number(least), Number(most)),
    1,
  );
  // 20 characters and 16 stars a thousand times took 33 MB and half a second.
  return 500 * pattern.length * copies;
}

/**
 * Returns what it takes to follow a JSON path, in bytes.
 *
 * @throws {Refusal} if the path is not a literal or could find a value more than once
 */
export function pathWork(node: Node | undefined, value: Value): number {
  const path = readText(node);
  if (path === undefined || !isPlainJsonPath(path)) {
    throw tooLarge(
      "A JSON path must be a text literal that finds each value once.",
      "Write keys, [*], single subscripts and filters that compare with literals.",
    );
  }
  return compileWork(path.replace(/\{/g, "")) + 8 * value.bytes;
}

/** Returns a refusal of what may be too large. */
export function tooLarge(reason: string, hint: string): Refusal {
  return new Refusal("chat.too_large", reason, hint);
}
