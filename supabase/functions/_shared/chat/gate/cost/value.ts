import type { A_Const } from "libpg-query";
import { Refusal } from "../refusal.ts";

/** What is known of an expression's value before the statement runs. */
export interface Value {
  /** Most bytes in memory, or as a text if that is longer. */
  readonly bytes: number;
  /** Bytes that one of many rows counts: see {@link meanOf}. */
  readonly mean?: number | undefined;
  /**
   * "texts" is an array of texts, "data" another array, JSON or a row, "fixed" a date or the like.
   * Undefined if it is not known: a text, bytes, an array of either.
   */
  readonly type?: "integer" | "float" | "numeric" | "text" | "texts" | "data" | "fixed" | undefined;
  /** Most digits that a number stores: `1e131000` stores one. They decide how long a product takes. */
  readonly digits?: number | undefined;
  /** Text of a literal that takes the type of what is beside it; empty for NULL. */
  readonly literal?: string | undefined;
  /** Number, or seconds of a time or an interval, if the statement says it; Infinity if a text does. */
  readonly amount?: number | undefined;
  /** Largest whole number, or largest absolute value of a quotient, that it may be. */
  readonly most?: number | undefined;
  /** Rows of a series, if the statement says it. */
  readonly rows?: number | undefined;
  /** Bytes that making the value takes beside it. What takes time counts as a byte for 16 ns. */
  readonly work?: number | undefined;
}

/** Columns whose texts are short: names, words of a list, ids. */
const SHORT_COLUMN =
  /(^|_)(id|name|title|suite|code|hash|fingerprint|label|kind|type|status|role|provider|tier|model|effort|format|class|variation|severity|priority|category|trend|path|confidence|by|ending)$/;
/** Most digits of a number that is written in a statement. */
const MAX_WRITTEN = 1_000;
/** Most digits of a `numeric` before the point, and most bytes of one with those after it. */
const [MAX_EXPONENT, MAX_NUMERIC] = [131_072, 147_460];
/** Bytes that reading a byte of JSON takes: `[[],[],…]` took 86. */
export const JSON_PARSED = 100;
/** Bytes that a byte of JSON grows to: `1e30` is the largest number that the `jsonb` of queries takes. */
const JSON_WRITTEN = 7;

/** Value of a type without a variable length: a date, an interval, a UUID, a boolean. */
export const FIXED: Value = { type: "fixed", bytes: 64 };
export const INTEGER: Value = { ...numeric(21), type: "integer" };
/** As a `numeric`, a float has up to 309 digits before the point and 323 after it. */
export const FLOAT: Value = { type: "float", bytes: 640, digits: 17 };

/** Returns the value of a `numeric` of so many characters, so many of which are digits that it stores. */
export function numeric(length: number, digits = length): Value {
  const bytes = Math.min(length, MAX_NUMERIC);
  // A row holds four digits in two bytes.
  const kept = 16 + Math.min(digits, bytes) / 2;
  return { type: "numeric", bytes, mean: kept / 4, digits: Math.min(digits, bytes) };
}

/** Returns a value as a `numeric`. */
export function toNumeric({ bytes, digits, literal }: Value): Value {
  if (digits !== undefined) return numeric(bytes, digits);
  if (literal === undefined) return numeric(MAX_NUMERIC, bytes);
  if (bytes > MAX_WRITTEN) {
    throw tooLarge(`A number has more than ${MAX_WRITTEN} digits.`, "Write a smaller one.");
  }
  return numeric(bytes);
}

/** Returns the value of a column by its name and type. The views keep to it: see docs/chat-safety.md. */
export function columnValue(name: string, type: string): Value {
  const sized = sizedValue(type);
  if (sized !== undefined) return sized;
  if (type !== "text") return { type: "data", bytes: 10_000 };
  return { type, bytes: SHORT_COLUMN.test(name) ? 1_000 : 10_000 };
}

/** Returns the value of a type by its name; undefined if its length varies. */
function sizedValue(type: string): Value | undefined {
  if (/\]$|^(text|varchar|char|bpchar|json|bytea)/.test(type)) return undefined;
  if (/^(smallint|integer|bigint|int[248])$/.test(type)) return INTEGER;
  if (/^(double precision|real|float[48])$/.test(type)) return FLOAT;
  // A stored amount or share. What a cast makes can have more digits.
  return type.startsWith("numeric") ? numeric(42) : FIXED;
}

/** Returns the value of a literal. */
export function literalValue({ ival, fval, sval, boolval }: A_Const): Value {
  if (ival !== undefined) return { ...INTEGER, amount: ival.ival ?? 0 };
  if (boolval !== undefined) return FIXED;
  const literal = fval?.fval ?? sval?.sval ?? "";
  // 1e131000 takes eight bytes until its digits are written out.
  const bytes = [...literal.matchAll(/\de[-+]?(\d+)/gi)].reduce(
    (sum, [, exponent]) => sum + Math.min(MAX_EXPONENT, Number(exponent)),
    new TextEncoder().encode(literal).length,
  );
  const value = { bytes: Math.max(1, bytes), literal };
  return fval === undefined ? value : { ...toNumeric(value), amount: Number(literal) };
}

/** Returns what a cast makes. */
export function cast(
  value: Value,
  type: string,
  [length, scale = 0]: readonly (number | undefined)[] = [],
): Value {
  const { bytes, literal, digits } = value;
  const work = bytes + (value.work ?? 0);
  const mayBeText = value.type === undefined || value.type === "text";
  const amount = value.amount ??
    (literal !== undefined ? readAmount(literal) : mayBeText ? Infinity : undefined);
  if (type === "numeric") {
    const made = length === undefined ? toNumeric(value) : numeric(length + Math.abs(scale) + 2);
    return { ...made, amount, work };
  }
  const sized = sizedValue(type);
  if (sized !== undefined) return { ...sized, amount, work };
  if (type.endsWith("[]")) {
    const held = /^(text|varchar|bpchar)/.test(type) ? "texts" : "data";
    const made = type === "numeric[]" ? undefined : held;
    return { type: made, bytes: 8 * bytes + 64, work: 16 * work };
  }
  if (/^jsonb?$/.test(type)) {
    const size = type === "jsonb" ? JSON_WRITTEN : 1.5;
    return { type: "data", bytes: size * bytes, work: mayBeText ? JSON_PARSED * work : work };
  }
  const isPlain = value.type === "text" || literal !== undefined || digits !== undefined;
  const [most, written] = [4 * (length ?? Infinity), isPlain ? bytes : 2 * bytes];
  const isPadded = type === "bpchar" && length !== undefined;
  const made = isPadded ? most : Math.min(written, most);
  return { type: "text", bytes: made, literal, work };
}

/** Seconds of an interval's units, by how their names begin. */
const UNITS = new Map(Object.entries(
  // deno-fmt-ignore
  { us: 1e-6, mic: 1e-6, ms: 1e-3, mil: 1e-3, s: 1, min: 60, h: 3600, d: 86_400, w: 6e5, mon: 2.6e6, y: 3e7 },
));

/** Returns the time or the length of the interval that a literal holds, in seconds, if it is plain. */
export function readAmount(literal: string): number | undefined {
  if (/infinity/i.test(literal)) return Infinity;
  const time = Date.parse(literal) / 1_000;
  if (/^\d{4}-/.test(literal) && !Number.isNaN(time)) return time;
  const parts = [
    ...literal.toLowerCase().matchAll(/([-+]?[\d.]+)\s*(us|mic|ms|mil|min|mon|[shdwy])/g),
  ];
  if (parts.length === 0) return undefined;
  return parts.reduce(
    (sum, [, count, unit = ""]) => sum + Number(count) * (UNITS.get(unit) ?? 0),
    0,
  );
}

/** Returns a value that is one of several, such as that of a CASE. */
export function oneOf(values: readonly Value[]): Value {
  // A literal takes the type of the others.
  const typed = values.filter(({ literal }) => literal === undefined);
  const types = new Set(typed.map(({ type }) => type));
  const [type = typed.length === 0 ? "text" : undefined] = types;
  const isNumber = typed.length > 0 && typed.every(({ digits }) => digits !== undefined);
  return {
    type: types.size < 2 ? type : isNumber ? "numeric" : undefined,
    bytes: Math.max(1, ...values.map(({ bytes }) => bytes)),
    mean: Math.max(0, ...values.map(meanOf)),
    digits: isNumber
      ? Math.max(...values.map(({ digits = 0, bytes }) => digits || bytes))
      : undefined,
  };
}

/**
 * Returns the bytes that a value counts where many rows are kept: a quarter of the largest. If each row is
 * as long as it may be, what is kept takes four times what was counted, and no more.
 */
export function meanOf({ bytes, mean = bytes / 4 }: Value): number {
  return mean;
}

/** Returns a refusal of what may be too large. */
export function tooLarge(reason: string, hint: string): Refusal {
  return new Refusal("chat.too_large", reason, hint);
}
