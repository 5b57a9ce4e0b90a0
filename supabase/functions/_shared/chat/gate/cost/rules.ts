import { splitWords } from "../../../platform/split_words.ts";
import { isPlainJsonPath } from "../json_path.ts";
import {
  cast,
  digitsOf,
  FIXED,
  FLOAT,
  INTEGER,
  JSON_PARSED,
  numeric,
  oneOf,
  readAmount,
  tooLarge,
  type Value,
} from "./value.ts";

/** Returns what a function, an operator or another form of expression makes of values. */
type Rule = (first: Value, second: Value, third: Value, all: readonly Value[]) => Value;

/** Most bytes of a value that `string_agg` and the like make: those of schema chat_aggregates count them. */
const COLLECTED_BYTES = 262_144;
/** Most that one character grows to in JSON: `\u0001`. */
const JSON_ESCAPED = 6;
/**
 * Pairs of digits that count as a byte. Numbers are multiplied and divided by groups of four digits,
 * each pair of which takes up to 4 ns: 131,000 by 65,000 digits took 2.2 s.
 */
const DIGIT_PAIRS = 64;
/** Most digits after the point of a quotient or a power. */
const MAX_SCALE = 1_000;

const each = <Item>(list: string, item: Item) =>
  splitWords(list).map((name): [string, Item] => [name, item]);

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

/**
 * Returns a rule for long numbers. Short ones make a float, or `whole` if none is one.
 *
 * @param takesTimes whether a time or JSON stays one where a number is added
 */
function number(rule: Rule, whole?: Value, takesTimes = false): Rule {
  return (first, second, third, all) => {
    const types = all.map(({ type }) => type);
    const other = types.find((type) => type === "fixed" || type === "data");
    if (takesTimes && other !== undefined || all.every(({ digits }) => digits === undefined)) {
      return { type: other, bytes: FIXED.bytes + totalOf(all), isStored: first.isStored };
    }
    const isShort = types.every((type) => type === "float" || type === "integer");
    if (isShort && types.includes("float")) return FLOAT;
    return isShort && whole !== undefined ? whole : rule(first, second, third, all);
  };
}

const add = number(
  (...[, , , all]) => {
    const digits = all.map(digitsOf);
    return numeric(
      1 + Math.max(...digits.map(({ left }) => left)),
      Math.max(...digits.map(({ right }) => right)),
    );
  },
  INTEGER,
  true,
);
const multiply: Rule = (first, second) => {
  const [a, b] = [digitsOf(first), digitsOf(second)];
  const made = numeric(a.left + b.left, a.right + b.right, a.stored + b.stored);
  return { ...made, work: a.stored * b.stored / DIGIT_PAIRS };
};
const divide: Rule = (first, second) => {
  const [a, b] = [digitsOf(first), digitsOf(second)];
  const right = Math.min(MAX_SCALE, a.right + b.left + 24);
  const made = numeric(a.left + b.right, Math.max(a.right, b.right, right));
  return { ...made, work: made.bytes * b.stored / DIGIT_PAIRS };
};
const power: Rule = (first, second) => {
  const [a, b] = [digitsOf(first), digitsOf(second)];
  const size = Math.abs(second.amount ?? 10 ** Math.min(b.left, 9));
  const made = numeric(Math.max(a.left, a.right) * size + 1, Math.max(MAX_SCALE, a.right));
  return { ...made, work: made.bytes ** 2 / DIGIT_PAIRS + 20_000 };
};
const root: Rule = (...[first, , , all]) => {
  const { left, right } = digitsOf(first);
  const work = all.reduce((sum, value) => sum + digitsOf(value).stored ** 2 / 1_000, 100_000);
  return { ...numeric(left / 2 + 6, Math.max(MAX_SCALE, right)), work };
};
/** Sum or mean of fewer than 10^12 rows. */
const sum: Rule = (first) => {
  const { left, right } = digitsOf(first);
  return numeric(left + 12, Math.max(20, right) + 20);
};
const spread: Rule = (first) => {
  const { left, right, stored } = digitsOf(first);
  return { ...numeric(2 * left + 12, 2 * right + 20), work: stored ** 2 / DIGIT_PAIRS };
};
/** A collected value is copied a few times. */
const collect = (type?: Value["type"]): Rule => (...[first, , , all]) => ({
  type: type ?? arrayType([first]),
  bytes: COLLECTED_BYTES + totalOf(all),
  work: 3 * totalOf(all) + 1_000_000,
});
const now: Rule = () => ({ ...FIXED, amount: Date.now() / 1_000 });
/** One of the values, or a part of the first one. */
const same: Rule = ({ literal: _, ...first }) => first;
/** An element of an array. */
const element: Rule = ({ literal: _, type, ...first }) => ({
  ...first,
  type: type === "texts" ? "text" : type,
});
const keyText: Rule = ({ bytes, isStored }) => ({ type: "text", bytes, isStored });
/** A part of the first value, or what is put together from all. */
const join: Rule = (...[{ type, digits }, , , all]) => ({
  type: digits === undefined ? type : undefined,
  bytes: totalOf(all) + 64,
  isStored: all.every(isPlain),
});
const series: Rule = (...[first, second, third, all]) => {
  if (all.some(({ amount }) => amount === Infinity)) {
    throw tooLarge(
      "A bound of generate_series cannot be infinite or read from a text.",
      "Write a number, a time, or a column of one.",
    );
  }
  return { ...add(first, second, third, all), rows: seriesRows(all) };
};
const round: Rule = (first, { amount = Infinity }, _, { length }) => {
  const { left } = digitsOf(first);
  return first.type === "float" ? FLOAT : numeric(left + 1, length < 2 ? 0 : Math.max(0, amount));
};

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
    () => INTEGER,
  ),
  ...each(
    `${FLOATS} percent_rank cume_dist random cbrt date_part pi degrees radians sin cos tan asin acos atan atan2
    ${SIMILARITIES}`,
    () => FLOAT,
  ),
  ...each(
    `bool_and bool_or every timezone overlaps make_date make_interval make_timestamp make_timestamptz make_time
    to_date to_timestamp jsonb_path_exists starts_with regexp_like pg_typeof`,
    () => FIXED,
  ),
  ["date", ({ amount }) => ({ ...FIXED, amount })],
  ["date_trunc", (_, { amount }) => ({ ...FIXED, amount })],
  ...each("md5 chr to_hex json_typeof jsonb_typeof", () => text(64)),
  // Bytes, which another aggregate collects than texts.
  ...each("sha224 sha256 sha384 sha512", () => ({ bytes: 64 })),
  ["decode", ({ bytes }) => ({ bytes: bytes + 64 })],
  ...each("now statement_timestamp transaction_timestamp", now),
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
  // An element has at least a header of 8 bytes.
  ...each<Rule>(
    "string_to_array regexp_split_to_array regexp_match regexp_matches",
    ({ bytes }) => ({ type: "texts", bytes: 8 * bytes + 64, work: 16 * bytes }),
  ),
  ...each<Rule>(
    "lag lead",
    (...[first, , third, { length }]) => oneOf(length > 2 ? [first, third] : [first]),
  ),

  ...each("lcm", number(multiply, INTEGER)),
  ...each("div gcd mod", number(divide, INTEGER)),
  ...each("power pow", number(power, FLOAT)),
  ...each("sqrt ln log log10", number(root, FLOAT)),
  // exp() fails beyond e^6000, and takes 14 ms for it.
  ["exp", number(() => ({ ...numeric(2_614, MAX_SCALE), work: 1_000_000 }), FLOAT)],
  ...each("sum avg", number(sum)),
  ...each(SPREADS, number(spread)),
  ...each("sign ceil ceiling floor round trunc", round),
  ["abs", ({ amount: _, most: __, ...first }) => first],
  ["extract", () => numeric(20, 6)],
  ["to_number", (_, { bytes }) => numeric(bytes, bytes)],
  ["generate_series", series],
  ["unnest", element],
  ["array_prepend", (...[, , , all]) => ({ bytes: totalOf(all) + 64 })],

  // No part of a format is written with more than 16 characters.
  ["to_char", (first, second) => text(16 * second.bytes + 64, first.bytes)],
  ["left", ({ bytes }, { amount = -1 }) => text(amount < 0 ? bytes : Math.min(bytes, 4 * amount))],
  ["repeat", ({ bytes }, second) => text(bytes * lengthOf(second))],
  ...each<Rule>("lpad rpad", (_, second) => {
    const bytes = 4 * lengthOf(second);
    return { ...text(bytes), mean: bytes };
  }),
  ["format", (...[first, , , all]) => text(totalOf(all) + widthsOf(first))],
  ["concat", (...[, , , all]) => text(totalOf(all))],
  ["concat_ws", (...[first, , , all]) => text(totalOf(all) + first.bytes * all.length)],
  ...each<Rule>(
    "lower upper initcap",
    ({ bytes, isStored }) => ({ ...text(1.5 * bytes, 4 * bytes), isStored }),
  ),
  [
    "replace",
    ({ bytes }, { literal }, third) => text(bytes + bytes / (literal?.length || 1) * third.bytes),
  ],
  ["translate", ({ bytes }) => text(4 * bytes)],
  // `\1` and `\&` insert what was matched, which is no longer than the text.
  ["regexp_replace", ({ bytes }, _, third) => text((bytes + 1) * (1 + 1.5 * third.bytes))],
  ["encode", ({ bytes }) => text(2.1 * bytes + 64)],
  // A level of nesting indents by four spaces; what is stored has at most 25 levels.
  ["jsonb_pretty", ({ bytes, isStored }) => text(bytes * (isStored === true ? 100 : 4 * bytes))],
  ["similar_to_escape", ({ bytes, literal }) => ({ ...text(2 * bytes), literal })],
  [
    "array_to_string",
    (...[{ bytes }, , , all]) => text(2 * bytes + bytes / 4 * (totalOf(all) - bytes)),
  ],
  ...each<Rule>(
    `to_json to_jsonb row_to_json array_to_json json_build_object jsonb_build_object json_build_array
    jsonb_build_array jsonb_set jsonb_insert json_object jsonb_object`,
    (...[, , , all]) => {
      const bytes = all.reduce(
        (sum, { type, bytes }) => sum + 8 + bytes * (type === "data" ? 1.5 : JSON_ESCAPED),
        64,
      );
      return { type: "data", bytes, isStored: all.every(isPlain), work: 4 * bytes };
    },
  ),
  ["string_agg", collect("text")],
  ["array_agg", collect()],
  ...each(JSON_COLLECTORS, collect("data")),
]);

/** Operators a statement may use. LIKE has the name that the parser gives it: `~~`. */
const OPERATORS: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...each("= <> < > <= >= ~~ !~~ ~~* !~~* ~ !~ ~* !~* @> <@ && ? ?| ?& @?", () => FIXED),
  ...each("-> #> #-", same),
  ...each("->> #>>", keyText),
  ...each("+ -", add),
  ["*", number(multiply, INTEGER)],
  ...each("/ %", number(divide, INTEGER)),
  ["^", number(power, FLOAT)],
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
  ...each("BoolExpr NullTest BooleanTest", () => FIXED),
  ["GroupingFunc", () => INTEGER],
  ["SQLValueFunction", now],
  ["A_Indirection", element],
  ...each("nullif CollateClause", same),
  ...each<Rule>("CaseExpr CoalesceExpr greatest", (...[, , , all]) => oneOf(all)),
  ["least", (...[, , , all]) => {
    const most = Math.min(...all.flatMap(({ amount, most = amount }) => most ?? []));
    return { ...oneOf(all), most };
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
    const { work, ...read } = cast(first, "jsonb");
    return { ...oneOf([read, ...all.slice(2)]), work };
  }],
  ["JsonIsPredicate", ({ bytes }) => ({ ...FIXED, work: JSON_PARSED * bytes })],
]);

export const ALLOWED_FUNCTIONS: ReadonlySet<string> = new Set(
  [...FUNCTIONS.keys()].filter((name) => !EXTENSION_FUNCTIONS.has(name)),
);
export const ALLOWED_OPERATORS: ReadonlySet<string> = new Set(OPERATORS.keys());

/** Returns the work of comparing each byte of a value with each of another, so many pairs of which count as one. */
const pairs = (count: number) => ({ bytes }: Value, other: Value) => bytes * other.bytes / count;

/** Work that is not in proportion to the value that is made, by the first two values. */
const WORK: ReadonlyMap<string, (first: Value, second: Value) => number> = new Map([
  // 20,000 with 20,000 took 3.4 s.
  ...each("btrim ltrim rtrim translate", pairs(2)),
  // 20,000 with 10,000 took 0.3 s.
  ...each("~~ !~~ ~~* !~~*", pairs(6)),
  ...each(
    `position strpos replace split_part string_to_array string_to_table starts_with word_similarity
    strict_word_similarity`,
    pairs(16),
  ),
  ...each("@> <@ && ?| ?&", pairs(64)),
  ...each(
    `~ !~ ~* !~* regexp_replace regexp_match regexp_matches regexp_count regexp_like regexp_substr regexp_instr
    regexp_split_to_array regexp_split_to_table`,
    matchWork,
  ),
  // What follows may be a number.
  ["substring", (first, second) => second.digits === undefined ? matchWork(first, second) : 0],
  ...each(
    "@? jsonb_path_query jsonb_path_query_array jsonb_path_query_first jsonb_path_exists JsonFuncExpr",
    pathWork,
  ),
]);

/**
 * Returns what a function, an operator or another form of expression makes of its values.
 *
 * @param name as the parser writes it: `lower`, `||`, `CoalesceExpr`
 * @throws {Refusal} if that cannot be bounded
 */
export function apply(name: string, values: readonly Value[]): Value {
  const [first = FIXED, second = FIXED, third = FIXED] = values;
  if (/^jsonb?_object_agg/.test(name) && first.type !== "text" && first.literal === undefined) {
    throw tooLarge(`The key of ${name} must be a text.`, `Write ${name}(key::text, value).`);
  }
  if (
    name === "string_agg" && values.some(({ type, literal }) => (type ?? literal) === undefined)
  ) {
    throw tooLarge("What string_agg collects must be a text.", "Write string_agg(x::text, ', ').");
  }
  const rule = FUNCTIONS.get(name) ?? OPERATORS.get(name) ?? FORMS.get(name) ?? join;
  const made = rule(first, second, third, values);
  const work = (made.work ?? 0) + (WORK.get(name)?.(first, values[1] ?? { bytes: 0 }) ?? 0);
  return SUMS.has(name) ? { ...made, work, amount: amountOf(name, values) } : { ...made, work };
}

/** Returns whether a value holds no long number, or one that was counted where it is written. */
function isPlain({ isStored, literal, bytes }: Value): boolean {
  return isStored === true || literal !== undefined || bytes <= 100;
}

const SUMS: ReadonlyMap<string, (a: number, b: number) => number> = new Map([
  ["+", (a, b) => a + b],
  ["-", (a, b) => a - b],
  ["*", (a, b) => a * b],
]);

/** Returns what an operator computes from amounts. A number that is added to a time counts days. */
function amountOf(operator: string, values: readonly Value[]): number | undefined {
  const isTime = operator !== "*" && values.some(({ type }) => type === "fixed");
  const [b = NaN, a = 0] = values.map(({ amount = NaN, digits }) =>
    isTime && digits !== undefined ? amount * 86_400 : amount
  ).reverse();
  const computed = SUMS.get(operator)?.(a, b) ?? NaN;
  return Number.isNaN(computed) ? undefined : computed;
}

/** Returns about how many rows a series has; undefined if data decide. */
function seriesRows(bounds: readonly Value[]): number | undefined {
  const [first = NaN, last = NaN, step = bounds.length > 2 ? NaN : 1] = bounds.map((
    { amount, literal = "" },
  ) => amount ?? readAmount(literal));
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
