import type { A_Const } from "libpg-query";
import { splitWords } from "../../../platform/split_words.ts";
import { Refusal } from "../refusal.ts";

/** Most digits that a number has. */
interface Digits {
  /** Digits before and after the decimal point. */
  readonly left: number;
  readonly right: number;
  /** Digits that are not zeros at the end: `1e131000` has one. They decide how long a product takes. */
  readonly stored: number;
}

/** What is known of an expression's value before the statement runs. */
export interface Value {
  /** Most bytes in memory, or as a text if that is longer. */
  readonly bytes: number;
  /** Bytes on average over many rows; `bytes` if undefined. Sorts keep rows. */
  readonly mean?: number;
  /**
   * "texts" is an array of texts, "data" another array, JSON or a row, "fixed" a date or the like.
   * Undefined if it is not known: a text, bytes, an array of either.
   */
  readonly type?: "integer" | "float" | "numeric" | "text" | "texts" | "data" | "fixed" | undefined;
  readonly digits?: Digits | undefined;
  /** True for what was read from a row, which holds no number written to be long, such as 1e131000. */
  readonly isStored?: boolean | undefined;
  /** Text of a literal that takes the type of what is beside it; empty for NULL. */
  readonly literal?: string | undefined;
  /** Number, or seconds of a time or an interval, if the statement says it; Infinity if a text does. */
  readonly amount?: number | undefined;
  /** Largest number that it may be, if that is known. */
  readonly most?: number | undefined;
  /** Rows of a series, if the statement says it. */
  readonly rows?: number | undefined;
  /** Bytes that making the value takes beside it. What takes time counts as a byte for 16 ns. */
  readonly work?: number | undefined;
}

/** Bytes of what a row holds, as the model assumes: a message, a JSON document or array, a name. */
const LONG_TEXT: Value = { type: "text", bytes: 100_000, mean: 500, isStored: true };
const DOCUMENT: Value = { type: "data", bytes: 20_000, mean: 500, isStored: true };
const SHORT_TEXT: Value = { type: "text", bytes: 1_000, mean: 30, isStored: true };
/** Columns whose texts are short: names, words of a list, ids. */
const SHORT_COLUMN =
  /(^|_)(id|name|title|suite|code|hash|fingerprint|label|kind|type|status|role|provider|tier|model|effort|format|class|variation|severity|priority|category|trend|path|confidence|by|ending)$/;
/** Most digits of a number that is written in a statement. */
const MAX_WRITTEN = 1_000;
/** Most digits of a `numeric` before and after the point. */
const [MAX_LEFT, MAX_RIGHT] = [131_072, 16_383];
/** Bytes that reading a byte of JSON takes: `[[],[],…]` took 86. */
export const JSON_PARSED = 100;

/** Value of a type without a variable length: a date, an interval, a UUID, a boolean. */
export const FIXED: Value = { type: "fixed", bytes: 64 };
export const INTEGER: Value = { ...numeric(19, 0), type: "integer" };
/** As a `numeric`, a float has up to 309 digits before the point. */
export const FLOAT: Value = {
  type: "float",
  bytes: 24,
  digits: { left: 309, right: 323, stored: 17 },
};

/** Returns the value of a `numeric` with so many digits. */
export function numeric(before: number, after: number, digits = Infinity): Value {
  const [left, right] = [Math.min(before, MAX_LEFT), Math.min(after, MAX_RIGHT)];
  const stored = Math.min(digits, left + right);
  return { type: "numeric", bytes: left + right + 2, digits: { left, right, stored } };
}

/** Returns the digits of a value that is used as a number. */
export function digitsOf({ digits, literal, type, bytes }: Value): Digits {
  if (digits !== undefined) return digits;
  if (type === "data" || type === "fixed") return { left: bytes, right: bytes, stored: bytes };
  const [read, whole = "", fraction = "", exponent = 0] =
    /^\s*[-+]?(\d*)\.?(\d*)(?:e([-+]?\d+))?\s*$/i.exec(literal ?? "x") ?? [];
  if (read === undefined) return { left: MAX_LEFT, right: MAX_RIGHT, stored: bytes };
  const left = whole.length + Math.max(0, Number(exponent));
  const right = fraction.length + Math.max(0, -Number(exponent));
  if (left + right > MAX_WRITTEN) {
    throw tooLarge(`A number has more than ${MAX_WRITTEN} digits.`, "Write a smaller one.");
  }
  return { left, right, stored: whole.length + fraction.length };
}

/** Returns the value of a column, by its name and the type that the schema gives it. */
export function columnValue(name: string, type: string): Value {
  return typeValue(type) ??
    (type !== "text" ? DOCUMENT : SHORT_COLUMN.test(name) ? SHORT_TEXT : LONG_TEXT);
}

/** Returns the value of a type by its name; undefined if its length varies. */
function typeValue(type: string): Value | undefined {
  if (/\]$|^(text|varchar|char|bpchar|json|bytea)/.test(type)) return undefined;
  if (/^(smallint|integer|bigint|int[248])$/.test(type)) return INTEGER;
  if (/^(double precision|real|float[48])$/.test(type)) return FLOAT;
  // A stored amount or share. What a cast makes can have more digits.
  return type.startsWith("numeric") ? numeric(20, 20) : FIXED;
}

/** Returns the value of a literal. */
export function literalValue({ ival, fval, sval, boolval }: A_Const): Value {
  if (ival !== undefined) return { ...INTEGER, amount: ival.ival ?? 0 };
  if (boolval !== undefined) return FIXED;
  const literal = fval?.fval ?? sval?.sval ?? "";
  if (fval !== undefined) {
    const { left, right, stored } = digitsOf({ bytes: 0, literal });
    return { ...numeric(left, right, stored), amount: Number(literal) };
  }
  // 1e131000 in JSON takes eight bytes until its digits are written out.
  const bytes = [...literal.matchAll(/\de[-+]?(\d+)/gi)].reduce(
    (sum, [, exponent]) => sum + Math.min(MAX_LEFT, Number(exponent)),
    new TextEncoder().encode(literal).length,
  );
  return { bytes: Math.max(1, bytes), literal };
}

/** Returns what a cast makes. */
export function cast(
  value: Value,
  type: string,
  [length, scale = 0]: readonly (number | undefined)[] = [],
): Value {
  const { bytes, literal, isStored } = value;
  const work = bytes + (value.work ?? 0);
  const mayBeText = value.type === undefined || value.type === "text";
  const amount = value.amount ??
    (literal !== undefined ? readAmount(literal) : mayBeText ? Infinity : undefined);
  if (type === "numeric") {
    const { left, right, stored } = length === undefined
      ? digitsOf(value)
      : { left: Math.max(0, length - scale), right: Math.max(0, scale), stored: Infinity };
    return { ...numeric(left, right, stored), amount, work };
  }
  const fixed = typeValue(type);
  if (fixed !== undefined) return { ...fixed, amount, work };
  if (type.endsWith("[]")) {
    const held = /^(text|varchar|bpchar)/.test(type) ? "texts" : "data";
    return {
      type: type === "numeric[]" ? undefined : held,
      bytes: 8 * bytes + 64,
      work: 16 * work,
    };
  }
  if (/^jsonb?$/.test(type)) {
    const numbers = !mayBeText || literal !== undefined || isStored === true ? 0 : bytes / 8;
    return {
      type: "data",
      bytes: 1.5 * bytes + numbers * MAX_LEFT,
      isStored,
      work: mayBeText ? JSON_PARSED * work : work,
    };
  }
  const isPlain = value.type === "text" || literal !== undefined || value.digits !== undefined;
  const [most, written] = [4 * (length ?? Infinity), isPlain ? bytes : 2 * bytes];
  const isPadded = type === "bpchar" && length !== undefined;
  return {
    type: "text",
    bytes: isPadded ? most : Math.min(written, most),
    isStored,
    literal,
    work,
  };
}

/** Seconds of units, by how their names begin. */
const UNITS: Readonly<Record<string, string>> = Object.fromEntries(
  splitWords(
    "us=1e-6 mic=1e-6 ms=1e-3 mil=1e-3 s=1 min=60 h=3600 d=86400 w=6e5 mon=2.6e6 q=8e6 y=3e7",
  )
    .map((unit) => unit.split("=")),
);

/** Returns the time or the length of the interval that a literal holds, in seconds. */
export function readAmount(literal: string): number | undefined {
  if (/infinity/i.test(literal)) return Infinity;
  const time = Date.parse(literal) / 1_000;
  if (/^\d{4}-/.test(literal) && !Number.isNaN(time)) return time;
  const parts = literal.toLowerCase().matchAll(/([-+]?[\d.]+)\s*(us|mic|ms|mil|min|mon|[shdwqy])/g);
  const seconds = [...parts].map(([, count, unit = ""]) => Number(count) * Number(UNITS[unit]));
  return seconds.length === 0 ? undefined : seconds.reduce((sum, each) => sum + each);
}

/** Returns a value that is one of several, such as that of a CASE. */
export function oneOf(values: readonly Value[]): Value {
  // A literal takes the type of the others.
  const typed = values.filter(({ literal }) => literal === undefined);
  const [type = typed.length === 0 ? "text" : undefined, ...others] = new Set(
    typed.map((value) => value.type),
  );
  const isNumber = typed.length > 0 && typed.every(({ digits }) => digits !== undefined);
  const most = (part: keyof Digits) => Math.max(...values.map((value) => digitsOf(value)[part]));
  return {
    type: others.length === 0 ? type : isNumber ? "numeric" : undefined,
    bytes: Math.max(1, ...values.map(({ bytes }) => bytes)),
    digits: isNumber
      ? { left: most("left"), right: most("right"), stored: most("stored") }
      : undefined,
    isStored: typed.length > 0 && typed.every(({ isStored }) => isStored === true),
  };
}

/** Returns the mean bytes of a value. */
export function meanOf({ bytes, mean = bytes }: Value): number {
  return mean;
}

/** Returns a value with its mean, if that is as much shorter than its length as with what it is made of. */
export function withMean(value: Value, parts: readonly Value[]): Value {
  if (value.mean !== undefined) return value;
  const most = parts.reduce((sum, { bytes }) => sum + bytes, 0);
  const mean = parts.reduce((sum, part) => sum + meanOf(part), 0);
  return { ...value, mean: most === 0 ? value.bytes : value.bytes * mean / most };
}

/** Returns a refusal of what may be too large. */
export function tooLarge(reason: string, hint: string): Refusal {
  return new Refusal("chat.too_large", reason, hint);
}
