import type { FuncCall, Node } from "libpg-query";
import { splitWords } from "../../platform/split_words.ts";
import { isPlainJsonPath } from "./json_path.ts";
import {
  functionName,
  isConstant,
  readArguments,
  readNames,
  readNumber,
  readText,
} from "./read_node.ts";
import { Refusal } from "./refusal.ts";
import { seriesLength } from "./series_length.ts";
import { checkShortArguments, checkShortText } from "./short_text.ts";

/** Most rows of all series of a statement, multiplied. */
const MAX_SERIES_ROWS = 10_000;
/** Most relations, subqueries and functions in one FROM, and in the whole statement. */
const MAX_SOURCES_PER_FROM = 6;
const MAX_SOURCES = 24;
/** Most selects of a statement, including subqueries, common table expressions and parts of a union. */
const MAX_SELECTS = 32;
/** Most doublings of a value, as by joining it with itself or replacing letters by longer texts. */
const MAX_DOUBLINGS = 12;
/** Most doublings of values and of rows by series together: rows may be aggregated into a value. */
const MAX_GROWTH = 18;
/** Longest text in characters that padding may make, and most repetitions. */
const MAX_PADDED = 200;
/** Longest text in characters that may be repeated or inserted by a replacement. */
const MAX_REPEATED = 20;
/** Longest regular expression or JSON path in characters. */
const MAX_PATTERN = 200;
/** Largest product of all counts in a regular expression. */
const MAX_PATTERN_COPIES = 1_000;
const MAX_EXPONENT = 32;
/** Largest product of all exponents of a statement, because a power may be raised to a power. */
const MAX_EXPONENTS = 1_024;
/** Most digits of a number, and its largest exponent. */
const MAX_DIGITS = 40;
/**
 * Most multiplications and divisions of a statement. A `numeric` may have 131,072 digits; multiplying
 * two of them takes a second, and a timeout takes effect only between rows.
 */
const MAX_PRODUCTS = 20;

/** Operators and functions that count once; powers, roots and logarithms count twice. */
const PRODUCT_OPERATORS = new Set(["*", "/", "%"]);
const PRODUCT_FUNCTIONS = new Set(
  splitWords("div mod stddev stddev_pop stddev_samp var_pop var_samp variance width_bucket"),
);
const POWER_FUNCTIONS = new Set(["exp", "ln", "log", "log10", "pow", "power", "sqrt"]);

/** Operators that compare every element of one side with every element of the other. */
const CONTAINMENT = new Set(["@>", "<@", "&&", "?|", "?&"]);
const LIKE = new Set(["~~", "!~~", "~~*", "!~~*"]);

/** Functions whose result contains all of their arguments. */
const JOINING = new Set(splitWords(`
  concat concat_ws format array_cat array_append array_prepend json_build_object jsonb_build_object
  json_build_array jsonb_build_array jsonb_set jsonb_insert overlay
`));

/** Position of the argument that is a regular expression. */
const PATTERN_ARGUMENT: ReadonlyMap<string, number> = new Map([
  ...splitWords(`
    regexp_replace regexp_match regexp_matches regexp_count regexp_like regexp_substr regexp_instr
    regexp_split_to_array regexp_split_to_table substring
  `).map((name): [string, number] => [name, 1]),
  ["similar_to_escape", 0],
]);

/** Functions that return a number, which `substring` takes for a position or a length. */
const COUNTING = new Set(["position", "strpos", "length", "char_length", "character_length"]);

/** Functions whose second argument is a JSON path. */
const JSON_PATH_FUNCTIONS = new Set(splitWords(`
  jsonb_path_query jsonb_path_query_array jsonb_path_query_first jsonb_path_exists
`));

/**
 * Limits on the size of one statement and its values. The database limits time and rows; these limits
 * refuse what would use up memory before either takes effect. Every method throws a {@link Refusal}
 * when its limit is exceeded.
 */
export class SizeLimits {
  #selects = 0;
  #sources = 0;
  #seriesRows = 1;
  #doublings = 0;
  #exponents = 1;
  #products = 0;

  /** @param now milliseconds since 1970, for series that end today */
  constructor(private readonly now: number) {}

  addSelect(): void {
    this.#selects++;
    if (this.#selects > MAX_SELECTS) {
      throw tooLarge(`at most ${MAX_SELECTS} selects and subqueries are allowed.`);
    }
  }

  /** Counts the sources of one FROM. */
  addSources(count: number): void {
    this.#sources += count;
    if (count > MAX_SOURCES_PER_FROM) {
      throw tooLarge(`one FROM reads from at most ${MAX_SOURCES_PER_FROM} relations.`);
    }
    if (this.#sources > MAX_SOURCES) {
      throw tooLarge(`a statement reads from at most ${MAX_SOURCES} relations.`);
    }
  }

  /** Counts a value that contains other values. */
  addJoined(parts: readonly Node[]): void {
    const count = parts.filter((part) => !isConstant(part)).length;
    this.#addDoublings(Math.log2(Math.max(1, count)));
  }

  checkNumber(digits: string): void {
    const [mantissa = "", exponent = "0"] = digits.toLowerCase().split("e");
    if (mantissa.length > MAX_DIGITS || Math.abs(Number(exponent)) > MAX_DIGITS) {
      throw tooLarge(`a number has at most ${MAX_DIGITS} digits.`);
    }
  }

  /** Checks the size that an operator can make. Sides are undefined for a comparison with a subquery. */
  checkOperator(operator: string, left: Node | undefined, right: Node | undefined): void {
    if (PRODUCT_OPERATORS.has(operator)) this.#addProducts(1);
    if (operator === "^") {
      this.#addProducts(2);
      this.#checkExponent(right);
    }
    if (operator === "@?") checkJsonPath(right);
    if (LIKE.has(operator)) checkShortText(right);
    if (CONTAINMENT.has(operator) && ![left, right].some(isLiteral)) {
      throw new Refusal(
        "chat.too_large",
        `One side of ${operator} must be a literal, or an array of literals.`,
      );
    }
  }

  /** Checks the regular expression on the right side of an operator. */
  checkPattern(pattern: Node | undefined): void {
    const call = pattern !== undefined && "FuncCall" in pattern ? pattern.FuncCall : undefined;
    // SIMILAR TO: its pattern is checked with the call.
    if (call !== undefined && functionName(call) === "similar_to_escape") return;
    const elements = pattern !== undefined && "A_ArrayExpr" in pattern
      ? pattern.A_ArrayExpr.elements ?? []
      : [pattern];
    for (const element of elements) checkPatternText(element);
  }

  checkCall(call: FuncCall): void {
    const name = functionName(call);
    const args = readArguments(call);
    if (JOINING.has(name)) this.addJoined(args);
    const place = PATTERN_ARGUMENT.get(name);
    if (place !== undefined && !(name === "substring" && isCount(args[place]))) {
      checkPatternText(args[place]);
    }
    if (JSON_PATH_FUNCTIONS.has(name)) checkJsonPath(args[1]);
    if (PRODUCT_FUNCTIONS.has(name)) this.#addProducts(1);
    if (POWER_FUNCTIONS.has(name)) this.#addProducts(2);
    checkShortArguments(call);
    switch (name) {
      case "generate_series":
        return this.#addSeries(args);
      case "repeat": {
        const text = readText(args[0]);
        if (text === undefined || text.length > MAX_REPEATED) {
          throw tooLarge(`repeat takes a text literal of at most ${MAX_REPEATED} characters.`);
        }
        return checkLength(name, args[1]);
      }
      case "lpad":
      case "rpad":
        return checkLength(name, args[1]);
      case "power":
      case "pow":
        return this.#checkExponent(args[1]);
      case "format": {
        const pattern = readText(args[0]);
        if (pattern === undefined || !/^([^%]|%[sIL%])*$/.test(pattern)) {
          throw tooLarge("format takes a literal with %s, %I, %L and %% alone.");
        }
        return;
      }
      case "replace":
      case "regexp_replace":
        return this.#addReplacement(name, args);
      // Quoting a text again doubles its escapes.
      case "to_json":
      case "to_jsonb":
      case "row_to_json":
      case "array_to_json":
      case "encode":
        return this.#addDoublings(1);
    }
  }

  #addSeries(args: readonly Node[]): void {
    const length = seriesLength(args, this.now);
    if (length === undefined) {
      throw new Refusal(
        "chat.too_large",
        "The function generate_series needs bounds and a step that are literals, current_date or now(), plus or minus an interval literal.",
      );
    }
    this.#seriesRows *= length;
    if (this.#seriesRows > MAX_SERIES_ROWS) {
      throw tooLarge(`generate_series may make at most ${MAX_SERIES_ROWS} rows.`);
    }
    this.#addDoublings(0);
  }

  #addReplacement(name: string, args: readonly Node[]): void {
    const replacement = readText(args[2]);
    if (replacement === undefined || replacement.length > MAX_REPEATED) {
      throw tooLarge(`${name} takes a text literal of at most ${MAX_REPEATED} characters.`);
    }
    // `\1` and `\&` insert all that was matched.
    const references = replacement.match(/\\[1-9&]/g)?.length ?? 0;
    const replaced = name === "replace" ? readText(args[1])?.length ?? 1 : 1;
    const growth = name === "replace"
      ? replacement.length / Math.max(1, replaced)
      : replacement.length === 0
      ? 1
      : replacement.length + references;
    this.#addDoublings(Math.log2(Math.max(1, growth)));
  }

  #checkExponent(exponent: Node | undefined): void {
    const value = readNumber(exponent);
    if (value === undefined || !(Math.abs(value) <= MAX_EXPONENT)) {
      throw tooLarge(`an exponent is a number literal of at most ${MAX_EXPONENT}.`);
    }
    this.#exponents *= Math.max(1, Math.abs(value));
    if (this.#exponents > MAX_EXPONENTS) {
      throw tooLarge(`all exponents multiplied are at most ${MAX_EXPONENTS}.`);
    }
  }

  #addProducts(count: number): void {
    this.#products += count;
    if (this.#products > MAX_PRODUCTS) {
      throw tooLarge(
        `a statement multiplies and divides at most ${MAX_PRODUCTS} times; powers and roots count twice.`,
      );
    }
  }

  #addDoublings(count: number): void {
    this.#doublings += count;
    const growth = this.#doublings + Math.log2(Math.max(1, this.#seriesRows));
    if (this.#doublings > MAX_DOUBLINGS || growth > MAX_GROWTH) {
      throw tooLarge("texts, arrays or JSON are put together too often.");
    }
  }
}

/** Checks that a length is a small literal, or `least` of something and a small literal. */
function checkLength(name: string, length: Node | undefined): void {
  const candidates = length !== undefined && "MinMaxExpr" in length &&
      length.MinMaxExpr.op === "IS_LEAST"
    ? length.MinMaxExpr.args ?? []
    : [length];
  const isBounded = candidates.some((candidate) => {
    const value = readNumber(candidate);
    return value !== undefined && value <= MAX_PADDED;
  });
  if (!isBounded) {
    throw tooLarge(
      `${name} takes a number literal of at most ${MAX_PADDED}, or least(..., ${MAX_PADDED}).`,
    );
  }
}

function checkPatternText(node: Node | undefined): void {
  const pattern = readText(node);
  if (pattern === undefined) {
    throw new Refusal(
      "chat.too_large",
      "A regular expression must be a text literal.",
      "To look for a column's text, write position(column in text) > 0.",
    );
  }
  if (pattern.length > MAX_PATTERN) {
    throw tooLarge(`a regular expression has at most ${MAX_PATTERN} characters.`);
  }
  if (/\\[1-9]/.test(pattern)) {
    throw new Refusal("chat.too_large", "A regular expression may not refer back to its groups.");
  }
  const counts = [...pattern.matchAll(/\{(\d+)(?:,(\d*))?\\?\}/g)];
  // A count in another form, as with the spaces that `(?x)` allows, could not be read.
  if (counts.length < pattern.split("{").length - 1) {
    throw tooLarge("braces in a regular expression hold a count, as {3} or {2,5}.");
  }
  const copies = counts.reduce(
    (product, [, least, most = ""]) => product * Math.max(1, Number(least), Number(most)),
    1,
  );
  if (copies > MAX_PATTERN_COPIES) {
    throw tooLarge("the counts of a regular expression must be small.");
  }
}

/** Checks that a node is the literal of a plain JSON path. */
export function checkJsonPath(node: Node | undefined): void {
  const path = readText(node);
  if (path === undefined || path.length > MAX_PATTERN) {
    throw tooLarge(`a JSON path is a text literal of at most ${MAX_PATTERN} characters.`);
  }
  if (!isPlainJsonPath(path)) {
    throw new Refusal(
      "chat.too_large",
      "A JSON path is made of keys, [*], single subscripts and filters that compare with literals.",
    );
  }
}

function isLiteral(node: Node | undefined): boolean {
  return node !== undefined && isConstant(node);
}

/** Returns whether an argument of `substring` is a position or a length, not a pattern. */
function isCount(node: Node | undefined): boolean {
  if (node === undefined) return false;
  if (readNumber(node) !== undefined) return true;
  if ("FuncCall" in node) return COUNTING.has(functionName(node.FuncCall));
  if (!("A_Expr" in node) || node.A_Expr.kind !== "AEXPR_OP") return false;
  const operator = readNames(node.A_Expr.name).join(".");
  return /^[-+*]$/.test(operator) && isCount(node.A_Expr.lexpr ?? node.A_Expr.rexpr) &&
    isCount(node.A_Expr.rexpr);
}

function tooLarge(what: string): Refusal {
  return new Refusal("chat.too_large", `Too large: ${what}`);
}
