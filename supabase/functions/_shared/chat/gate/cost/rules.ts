import { splitWords } from "../../../platform/split_words.ts";
import { isPlainJsonPath } from "../json_path.ts";
import {
  FIXED,
  FLOAT,
  INTEGER,
  JSON_PARSED,
  numeric,
  oneOf,
  readAmount,
  toNumeric,
  tooLarge,
  type Value,
} from "./value.ts";

/** Returns what a function, an operator or another form of expression makes of values. */
type Rule = (first: Value, second: Value, third: Value, all: readonly Value[]) => Value;

/** Most bytes of a value that `string_agg` and the like make: those of schema chat_aggregates count them. */
const COLLECTED_BYTES = 262_144;
/**
 * Pairs of digits that count as a byte. Numbers are multiplied and divided by groups of four digits,
 * each pair of which takes up to 4 ns: 131,000 by 65,000 digits took 2.2 s.
 */
const DIGIT_PAIRS = 64;
/** Most digits after the point of a quotient, a root or a power that its arguments do not have. */
const MAX_SCALE = 1_000;

/** Returns entries of a table: names with their rule, or with what they always make. */
const each = (names: string, rule: Rule | Value): [string, Rule][] =>
  splitWords(names).map((name) => [name, typeof rule === "function" ? rule : () => rule]);

/** Aggregates that schema chat_aggregates replaces by bounded ones. */
const JSON_COLLECTORS =
  "json_agg jsonb_agg json_agg_strict jsonb_agg_strict json_object_agg jsonb_object_agg";
const COLLECTORS = `string_agg array_agg ${JSON_COLLECTORS}`;
const PICKING = "min max any_value mode percentile_disc";
const SPREADS = "stddev stddev_samp stddev_pop variance var_samp var_pop";
const FLOATS =
  `corr covar_pop covar_samp regr_avgx regr_avgy regr_intercept regr_r2 regr_slope regr_sxx regr_sxy
  regr_syy percentile_cont`;
const SIMILARITIES = "similarity word_similarity strict_word_similarity";
/** Functions of schema `chat`, which wrap those of the extension pg_trgm. */
export const EXTENSION_FUNCTIONS: ReadonlySet<string> = new Set(splitWords(SIMILARITIES));
export const COLLECTING: ReadonlySet<string> = new Set(splitWords(COLLECTORS));
export const AGGREGATES: ReadonlySet<string> = new Set(splitWords(
  `count regr_count sum avg bool_and bool_or every ${PICKING} ${SPREADS} ${FLOATS} ${COLLECTORS}`,
));

const text = (bytes: number, work = 0): Value => ({ type: "text", bytes, work });
const totalOf = (values: readonly Value[]) => values.reduce((sum, { bytes }) => sum + bytes, 0);

/** Returns the type of an array. One of long numbers may hold any text. */
function arrayType(elements: readonly Value[]): Value["type"] {
  if (elements.every(({ type, literal }) => type === "text" || literal !== undefined)) {
    return "texts";
  }
  const isShort = elements.every(({ type = "text" }) => /integer|float|fixed/.test(type));
  return isShort ? "data" : undefined;
}

/** Returns what short numbers make. A time or JSON stays one, a float makes a float, and integers make `whole`. */
function ofShort(values: readonly Value[], whole?: Value): Value | undefined {
  const types = values.map(({ type }) => type);
  const type = types.find((type) => type === "fixed" || type === "data");
  if (type !== undefined) {
    return { type, bytes: FIXED.bytes + totalOf(values) };
  }
  if (types.includes("float")) return FLOAT;
  return types.every((type) => type === "integer") ? whole : undefined;
}

/** Returns a rule of numbers. Long ones make one that is as long as all together, and up to `more`. */
const arithmetic = (
  whole: Value | undefined,
  more: number,
  work: (made: Value, a: number, b: number) => number = () => 0,
  isProduct = false,
): Rule =>
(...[, , , all]) => {
  const short = ofShort(all, whole);
  if (short !== undefined) return short;
  const numbers = all.map(toNumeric);
  const bytes = totalOf(numbers);
  const [a = 0, b = 0] = numbers.map(({ digits }) => digits);
  // Only a product stores no more digits than what it is made of: not 1e131000 + 1.
  const made = numeric(bytes + Math.min(more, bytes + 24), isProduct ? a + b : bytes + more);
  return { ...made, work: work(made, a, b) };
};
const add = arithmetic(INTEGER, 1);
const multiply = arithmetic(INTEGER, 0, (_, a, b) => a * b / DIGIT_PAIRS, true);
const divide = arithmetic(INTEGER, MAX_SCALE, ({ bytes }, _, b) => bytes * b / DIGIT_PAIRS);
const root = arithmetic(
  FLOAT,
  MAX_SCALE,
  (_, a, b) => (a * a + b * b) / DIGIT_PAIRS + 100_000,
);
/** Sum or mean of fewer than 10^12 rows. */
const sum = arithmetic(undefined, 32);
const spread = arithmetic(undefined, Infinity, (_, a) => a * a / DIGIT_PAIRS);
const power: Rule = (base, exponent) => {
  const short = ofShort([base, exponent], FLOAT);
  if (short !== undefined) return short;
  const { amount, most = Infinity, type } = exponent;
  const size = Math.abs(amount ?? (type === "integer" ? Infinity : most));
  const made = numeric(toNumeric(base).bytes * size + MAX_SCALE);
  return { ...made, work: made.bytes ** 2 / DIGIT_PAIRS + 20_000 };
};
const round: Rule = (first, { amount = Infinity }, _, { length }) => {
  const { bytes, digits = 0 } = toNumeric(first);
  const zeros = length < 2 ? 1 : 1 + Math.max(0, amount);
  return first.type === "float" ? FLOAT : numeric(bytes + zeros, digits + 1);
};

/** A collected value is copied a few times. */
const collect = (type?: Value["type"]): Rule => (...[first, , , all]) => ({
  type: type ?? arrayType([first]),
  bytes: COLLECTED_BYTES + totalOf(all),
  work: 3 * totalOf(all) + 1_000_000,
});
/** One of the values, or a part of the first one. */
const same: Rule = ({ literal: _, amount: __, most: ___, ...first }) => first;
/** An element of an array. */
const element: Rule = ({ literal: _, type, ...first }) => ({
  ...first,
  type: type === "texts" ? "text" : type,
});
/** A part of JSON as a text. */
const keyText: Rule = ({ bytes }) => text(bytes);
/** A part of the first value, or what is put together from all. */
const join: Rule = (...[{ type, digits }, , , all]) => ({
  type: digits === undefined ? type : undefined,
  bytes: totalOf(all) + 64,
});
/** Parts of a text. An element has at least a header of 8 bytes. */
const texts: Rule = ({ bytes }) => ({
  type: "texts",
  bytes: 8 * bytes + 64,
  mean: bytes / 4,
  work: 16 * bytes,
});
const now: Rule = () => ({ ...FIXED, amount: Date.now() / 1_000 });

/**
 * Functions a statement may call, by the name that the parser gives them, with the rule for what they make.
 * Except for the clock and `random`, they compute from their arguments alone: they change nothing, wait for
 * nothing, read no setting, catalog, file or row that is not an argument, and none takes SQL.
 */
const FUNCTIONS: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...each(
    `count regr_count row_number rank dense_rank ntile length char_length character_length octet_length
    bit_length position strpos ascii array_length array_upper array_lower array_ndims cardinality
    array_position generate_subscripts json_array_length jsonb_array_length regexp_count regexp_instr
    width_bucket num_nulls num_nonnulls scale`,
    INTEGER,
  ),
  ...each(
    `${FLOATS} percent_rank cume_dist cbrt date_part pi degrees radians sin cos tan asin acos atan atan2
    ${SIMILARITIES}`,
    FLOAT,
  ),
  ...each(
    `bool_and bool_or every timezone overlaps make_date make_interval make_timestamp make_timestamptz make_time
    to_date to_timestamp jsonb_path_exists starts_with regexp_like pg_typeof`,
    FIXED,
  ),
  ...each("date date_trunc", (...[, , , all]) => ({ ...FIXED, amount: all.at(-1)?.amount })),
  ...each("now statement_timestamp transaction_timestamp", now),
  ...each("md5 chr to_hex json_typeof jsonb_typeof", text(64)),
  // Bytes, which another aggregate collects than texts.
  ...each("decode sha224 sha256 sha384 sha512", ({ bytes }) => ({ bytes: bytes + 64 })),
  ...each("lower upper initcap", ({ bytes }) => text(1.5 * bytes, 4 * bytes)),
  ...each("translate encode", ({ bytes }) => text(4 * bytes + 64)),
  ...each(
    `${PICKING} first_value last_value nth_value trim_scale
    json_each jsonb_each json_array_elements jsonb_array_elements`,
    same,
  ),
  ...each(
    `json_extract_path_text jsonb_extract_path_text json_object_keys jsonb_object_keys json_each_text
    jsonb_each_text json_array_elements_text jsonb_array_elements_text`,
    keyText,
  ),
  ...each(
    `date_bin date_add date_subtract age isfinite justify_days justify_hours justify_interval
    right reverse substring substr btrim ltrim rtrim split_part overlay like_escape
    regexp_substr string_to_table regexp_split_to_table array_positions array_append array_cat array_remove
    trim_array json_extract_path jsonb_extract_path json_strip_nulls jsonb_strip_nulls
    json_to_record jsonb_to_record json_to_recordset jsonb_to_recordset
    jsonb_path_query jsonb_path_query_array jsonb_path_query_first`,
    join,
  ),
  ...each("string_to_array regexp_split_to_array regexp_match regexp_matches", texts),
  ["unnest", element],
  ["array_prepend", (...[, , , all]) => ({ bytes: totalOf(all) + 64 })],
  ...each("lag lead", (...[, , , all]) => oneOf(all.filter((_, index) => index !== 1))),

  ...each("div gcd lcm mod", divide),
  ...each("power pow", power),
  ...each("sqrt ln log log10", root),
  // exp() fails beyond e^6000, and takes 14 ms for it.
  ["exp", (...[, , , all]) => ofShort(all, FLOAT) ?? { ...numeric(4_000), work: 1_000_000 }],
  ...each("sum avg", sum),
  ...each(SPREADS, spread),
  ...each("sign ceil ceiling floor round trunc", round),
  ["abs", ({ amount: _, most: __, ...first }) => first],
  ["extract", () => numeric(26)],
  ["to_number", (_, { bytes }) => numeric(2 * bytes)],
  ["random", arithmetic(FLOAT, 0)],
  ["generate_series", (...values) => ({ ...add(...values), rows: seriesRows(values[3]) })],

  // No part of a format is written with more than 16 characters.
  ["to_char", (first, second) => text(16 * second.bytes + 64, first.bytes)],
  ["left", ({ bytes }, { amount = -1 }) => text(amount < 0 ? bytes : Math.min(bytes, 4 * amount))],
  ["repeat", ({ bytes }, second) => text(bytes * lengthOf(second))],
  ...each("lpad rpad", (_, second) => text(4 * lengthOf(second))),
  ["format", (...[first, , , all]) => text(totalOf(all) + widthsOf(first))],
  ...each(
    "concat concat_ws",
    (...[first, , , all]) => text(totalOf(all) + first.bytes * all.length),
  ),
  [
    "replace",
    ({ bytes }, { literal }, third) => text(bytes + bytes / (literal?.length || 1) * third.bytes),
  ],
  // `\1` and `\&` insert what was matched, which is no longer than the text.
  ["regexp_replace", ({ bytes }, _, third) => text((bytes + 1) * (1 + 1.5 * third.bytes))],
  // A level indents by four spaces, and an element takes two bytes. Only a literal has over 100 levels.
  ["jsonb_pretty", ({ bytes, literal }) => text(bytes * (literal === undefined ? 200 : 4 * bytes))],
  ["similar_to_escape", ({ bytes, literal }) => ({ ...text(2 * bytes), literal })],
  [
    "array_to_string",
    (...[{ bytes }, , , all]) => text(2 * bytes + bytes / 4 * (totalOf(all) - bytes)),
  ],
  ...each(
    `to_json to_jsonb row_to_json array_to_json json_build_object jsonb_build_object json_build_array
    jsonb_build_array jsonb_set jsonb_insert json_object jsonb_object`,
    // A character grows to six at most: `\u0001`.
    (...[, , , all]) => {
      const sizes = all.map(({ type, bytes }) => 8 + bytes * (type === "data" ? 1.5 : 6));
      const bytes = sizes.reduce((sum, size) => sum + size, 64);
      return { type: "data", bytes, work: 4 * bytes };
    },
  ),
  ["string_agg", collect("text")],
  ["array_agg", collect()],
  ...each(JSON_COLLECTORS, collect("data")),
]);

/** Operators a statement may use. LIKE has the name that the parser gives it: `~~`. */
const OPERATORS: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...each("= <> < > <= >= ~~ !~~ ~~* !~~* ~ !~ ~* !~* @> <@ && ? ?| ?& @?", FIXED),
  ...each("-> #> #-", same),
  ...each("->> #>>", keyText),
  ...each("+ -", add),
  ["*", multiply],
  ["/", (...values) => {
    const [{ amount }, { type }] = values;
    // Divided by a whole number, it does not grow.
    const most = amount !== undefined && type === "integer" ? Math.abs(amount) : undefined;
    return { ...divide(...values), most };
  }],
  ["%", divide],
  ["^", power],
  ["||", (first, second) => {
    const types = [first, second].map(({ type, literal }) => type ?? literal);
    const isText = types.includes("text") && !types.includes("data") && !types.includes(undefined);
    const isData = first.type === "data" && second.type === "data";
    const bytes = first.bytes + second.bytes;
    return { type: isText ? "text" : isData ? "data" : undefined, bytes };
  }],
]);

/** Other forms of expression, by the parser's name. */
const FORMS: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...each("BoolExpr NullTest BooleanTest", FIXED),
  ...each("GroupingFunc", INTEGER),
  ["SQLValueFunction", now],
  ["A_Indirection", element],
  ...each("nullif CollateClause", same),
  ...each("CaseExpr CoalesceExpr greatest", (...[, , , all]) => oneOf(all)),
  ["least", (...[, , , all]) => {
    const made = oneOf(all);
    const most = Math.min(...all.flatMap(({ amount, most = amount }) => most ?? []));
    return made.type === "integer" ? { ...made, most } : made;
  }],
  ["A_ArrayExpr", (...[, , , all]) => {
    const literals = all.flatMap(({ literal }) => literal ?? []);
    return {
      type: arrayType(all),
      bytes: totalOf(all) + 16 * all.length + 64,
      // For patterns: what may be in one must be in all.
      literal: literals.length === all.length ? literals.join("|") : undefined,
    };
  }],
  ["RowExpr", (...[, , , all]) => ({ type: "data", bytes: totalOf(all) + 16 * all.length + 64 })],
  ["JsonFuncExpr", (...[first, , , all]) => {
    if (first.type !== "data" && first.literal === undefined) {
      throw tooLarge("SQL/JSON reads JSON, not a text.", "Write json_value(x::jsonb, '$.key').");
    }
    // It is cast to what RETURNING says.
    return { ...oneOf([first, ...all.slice(2)]), type: "text" };
  }],
  ["JsonIsPredicate", ({ bytes }) => ({ ...FIXED, work: JSON_PARSED * bytes })],
]);

export const ALLOWED_FUNCTIONS: ReadonlySet<string> = new Set(
  [...FUNCTIONS.keys()].filter((name) => !EXTENSION_FUNCTIONS.has(name)),
);
export const ALLOWED_OPERATORS: ReadonlySet<string> = new Set(OPERATORS.keys());

/** Returns the work of two values, in bytes. */
type Work = (first: Value, second: Value) => number;

/** Work that is not in proportion to the value that is made. */
const WORK: readonly (readonly [names: string, work: Work])[] = [
  // Each character may be compared with each: 20,000 with 20,000 took 3.4 s.
  [
    `btrim ltrim rtrim translate ~~ !~~ ~~* !~~* position strpos replace split_part string_to_array
    string_to_table starts_with word_similarity strict_word_similarity`,
    ({ bytes }, other) => bytes * other.bytes / 1.5,
  ],
  // Each element with each.
  ["@> <@ && ?| ?&", ({ bytes }, other) => bytes * other.bytes / 64],
  [
    `~ !~ ~* !~* regexp_replace regexp_match regexp_matches regexp_count regexp_like regexp_substr regexp_instr
    regexp_split_to_array regexp_split_to_table`,
    matchWork,
  ],
  // What follows may be a number.
  ["substring", (first, second) => second.digits === undefined ? matchWork(first, second) : 0],
  [
    "@? jsonb_path_query jsonb_path_query_array jsonb_path_query_first jsonb_path_exists JsonFuncExpr",
    pathWork,
  ],
];
const WORK_BY_NAME = new Map(
  WORK.flatMap(([names, work]) => splitWords(names).map((name): [string, Work] => [name, work])),
);

/**
 * Returns what a function, an operator or another form of expression makes of its values.
 *
 * @param name as the parser writes it: `lower`, `||`, `CoalesceExpr`
 * @throws {Refusal} if that cannot be bounded
 */
export function apply(name: string, values: readonly Value[]): Value {
  const [first = FIXED, second = FIXED, third = FIXED] = values;
  // Aggregates of Postgres, whose memory nothing limits, collect bytes and other keys than texts.
  const isBounded = name === "string_agg"
    ? values.every(({ type, literal }) => (type ?? literal) !== undefined)
    : !name.includes("object_agg") || first.type === "text" || first.literal !== undefined;
  if (!isBounded) {
    throw tooLarge(`The first argument of ${name} must be a text.`, `Write ${name}(x::text, …).`);
  }
  const rule = FUNCTIONS.get(name) ?? OPERATORS.get(name) ?? FORMS.get(name) ?? join;
  const made = rule(first, second, third, values);
  const work = WORK_BY_NAME.get(name)?.(first, values[1] ?? { bytes: 0 }) ?? 0;
  return { ...made, work: work + (made.work ?? 0), amount: amountOf(name, values) ?? made.amount };
}

/** Returns the sum or product of amounts. A number that is added to a time counts days. */
function amountOf(operator: string, values: readonly Value[]): number | undefined {
  const isTime = operator !== "*" && values.some(({ type }) => type === "fixed");
  const [b = NaN, a = 0] = values.map(({ amount = NaN, digits }) =>
    isTime && digits !== undefined ? amount * 86_400 : amount
  ).reverse();
  const computed: Readonly<Record<string, number>> = { "+": a + b, "-": a - b, "*": a * b };
  const amount = computed[operator] ?? NaN;
  return Number.isNaN(amount) ? undefined : amount;
}

/** Returns about how many rows a series has; undefined if data decide. */
function seriesRows(bounds: readonly Value[]): number | undefined {
  const [first = NaN, last = NaN, step = bounds.length > 2 ? NaN : 1] = bounds.map((
    { amount, literal = "" },
  ) => amount ?? readAmount(literal));
  if ([first, last, step].includes(Infinity)) {
    throw tooLarge(
      "A bound of generate_series cannot be infinite or read from a text.",
      "Write a number, a time, or a column of one.",
    );
  }
  const rows = Math.max(1, Math.abs((last - first) / step) + 1);
  return Number.isNaN(rows) ? undefined : rows;
}

/** Returns the largest length that a number stands for: a literal, or `least` of something and one. */
function lengthOf({ amount, most = amount }: Value): number {
  if (most !== undefined && most < Infinity) return Math.max(0, most);
  throw tooLarge(
    "The length of what repeat, lpad or rpad makes is not known.",
    "Write a number, or least(x, 100).",
  );
}

/** Returns how many characters a format pads its arguments with. */
function widthsOf({ literal = "*" }: Value): number {
  if (literal.includes("*")) {
    throw tooLarge(
      "The first argument of format must be a text literal without an asterisk.",
      "Write format('%s: %s', a, b), or a || b.",
    );
  }
  return [...literal.matchAll(/%[^sIL%]*?(\d+)/g)]
    .reduce((sum, [, width]) => sum + Number(width), 0);
}

/** Returns what it takes to match a text with a regular expression, in bytes. */
function matchWork({ bytes }: Value, { literal: pattern }: Value): number {
  const counts = [...pattern?.matchAll(/\{(\d+)(?:,(\d*))?\\?\}/g) ?? []];
  // One from a row can run for minutes, as can one with references to its groups. A count in another form,
  // as with the spaces that `(?x)` allows, could not be read.
  if (
    pattern === undefined || /\\[1-9]/.test(pattern) ||
    counts.length < pattern.split("{").length - 1
  ) {
    throw tooLarge(
      "A regular expression must be a text literal, without references to its groups, and with plain counts.",
      "Write a pattern such as '[0-9]{2,5}', and [{] for a brace. To look for a column's text, write strpos(text, column) > 0 or text ilike '%' || column || '%'.",
    );
  }
  const copies = counts.reduce(
    (product, [, least, most = ""]) => product * Math.max(1, Number(least), Number(most)),
    1,
  );
  // 20 characters and 16 stars a thousand times took 33 MB and half a second.
  return 500 * pattern.length * copies + 25 * bytes;
}

/** Returns what it takes to follow a JSON path, in bytes. */
function pathWork(value: Value, { literal: path }: Value): number {
  if (path === undefined || !isPlainJsonPath(path)) {
    throw tooLarge(
      "A JSON path must be a text literal that finds each value once.",
      "Write keys, [*], single subscripts and filters that compare with literals.",
    );
  }
  return matchWork(value, { bytes: 0, literal: path.replaceAll("{", "") });
}
