import { Refusal } from "../refusal.ts";

/** Most digits that a number has: those that count for the time of a multiplication may be fewer. */
export interface Digits {
  readonly form: "integer" | "numeric" | "float";
  /** Digits before and after the decimal point. */
  readonly left: number;
  readonly right: number;
  /** Digits that are not zeros at the end: `1e131000` has one. */
  readonly stored: number;
}

/** What is known of an expression's value before the statement runs. */
export interface Value {
  /** Most bytes in memory, or as a text if that is longer. */
  readonly bytes: number;
  /** Bytes on average over many rows; `bytes` if undefined. Sorts keep rows. */
  readonly mean?: number;
  readonly digits?: Digits;
  /** True for a text: what else can be the key of an object is not known to be one. */
  readonly isText?: boolean;
  /** True for what was read from a row, which holds no number written to be long, such as 1e131000. */
  readonly isStored?: boolean;
  /** True for what a cast reads from a text, whose size nothing tells. */
  readonly isRead?: boolean;
  /** The text of a literal. */
  readonly literal?: string;
}

/** Bytes of what a row holds, as the model assumes: a message, a JSON document or array, a name. */
const LONG_TEXT = { bytes: 100_000, mean: 500 };
const DOCUMENT = { bytes: 20_000, mean: 500 };
const SHORT_TEXT = { bytes: 1_000, mean: 30 };
/** Columns whose texts are short: names, words of a list, ids. */
const SHORT_COLUMN =
  /(^|_)(id|name|title|suite|code|hash|fingerprint|label|kind|type|status|role|provider|tier|model|effort|format|class|variation|severity|priority|category|trend|path|confidence|by|ending)$/;
/** Most digits of a number that is written in a statement. */
const MAX_WRITTEN = 1_000;

const MAX_LEFT = 131_072;
const MAX_RIGHT = 16_383;

/** Value of a type without a variable length: a date, an interval, a UUID, a boolean. */
export const FIXED: Value = { bytes: 64 };
export const INTEGER = numberOf({ form: "integer", left: 19, right: 0, stored: 19 });
/** As a `numeric`, a float has up to 309 digits before the point. */
export const FLOAT: Value = {
  bytes: 24,
  digits: { form: "float", left: 309, right: 323, stored: 17 },
};

/** Returns the value of a `numeric` with so many digits. */
export function numeric(left: number, right: number, stored = Infinity): Value {
  const [before, after] = [Math.min(left, MAX_LEFT), Math.min(right, MAX_RIGHT)];
  return numberOf({
    form: "numeric",
    left: before,
    right: after,
    stored: Math.min(stored, before + after),
  });
}

function numberOf(digits: Digits): Value {
  return { bytes: digits.left + digits.right + 2, digits };
}

export function text(bytes: number): Value {
  return { bytes, isText: true };
}

/** Returns the digits of a value that is used as a number. */
export function digitsOf(value: Value): Digits {
  const { digits, literal, bytes } = value;
  if (digits !== undefined) return digits;
  const [, whole = "", fraction = "", exponent = "0"] =
    /^\s*[-+]?(\d*)\.?(\d*)(?:e([-+]?\d+))?\s*$/i.exec(literal ?? "x") ?? [undefined, undefined];
  const isRead = literal !== undefined && whole + fraction !== "";
  const [left, right] = isRead
    ? [
      whole.length + Math.max(0, Number(exponent)),
      fraction.length + Math.max(0, -Number(exponent)),
    ]
    : value.isText === true || literal !== undefined
    ? [MAX_LEFT, MAX_RIGHT]
    : [bytes, bytes];
  if (isRead && left + right > MAX_WRITTEN) {
    throw new Refusal(
      "chat.too_large",
      `A number has more than ${MAX_WRITTEN} digits.`,
      "Write a smaller one.",
    );
  }
  return numeric(left, right, bytes).digits ?? { form: "numeric", left, right, stored: bytes };
}

/** Returns the value of a column, by its name and the type that the schema gives it. */
export function columnValue(name: string, type: string): Value {
  const fixed = typeValue(type.replace(/\(.*\)/, ""));
  if (fixed !== undefined) return fixed;
  if (type !== "text") return { ...DOCUMENT, isStored: true };
  return { ...SHORT_COLUMN.test(name) ? SHORT_TEXT : LONG_TEXT, isStored: true, isText: true };
}

/** Returns the value of a type by its name; undefined if its length varies. */
export function typeValue(type: string): Value | undefined {
  if (type.endsWith("]")) return undefined;
  if (/^(smallint|integer|bigint|int[248])$/.test(type)) {
    const left = type === "smallint" || type === "int2"
      ? 5
      : /^(integer|int4)$/.test(type)
      ? 10
      : 19;
    return numberOf({ form: "integer", left, right: 0, stored: left });
  }
  if (/^(double precision|real|float[48])$/.test(type)) return FLOAT;
  // A stored amount or share. Only its own cast can have more digits.
  if (type === "numeric") return numeric(20, 20);
  return /^(text|varchar|character|bpchar|char|json|jsonb|bytea)/.test(type) ? undefined : FIXED;
}

/** Returns a value that is one of several, such as that of a CASE. */
export function oneOf(values: readonly Value[]): Value {
  // A literal takes the type of the others.
  const typed = values.filter(({ literal }) => literal === undefined);
  const isNumber = typed.length > 0 && typed.every(({ digits }) => digits !== undefined);
  const bytes = Math.max(1, ...values.map((value) => value.bytes));
  if (isNumber) {
    const all = values.map(digitsOf);
    const form = all.some((one) => one.form === "numeric")
      ? "numeric"
      : all.some((one) => one.form === "float")
      ? "float"
      : "integer";
    const most = (of: (one: Digits) => number) => Math.max(...all.map(of));
    return {
      bytes,
      digits: {
        form,
        left: most((d) => d.left),
        right: most((d) => d.right),
        stored: most((d) => d.stored),
      },
    };
  }
  return {
    bytes,
    isText: values.every(({ isText }) => isText === true),
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
