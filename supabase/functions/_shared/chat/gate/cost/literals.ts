import type { Node } from "libpg-query";
import { readNumber } from "../read_node.ts";
import { JSON_PARSED } from "./functions.ts";
import { digitsOf, FIXED, INTEGER, numeric, typeValue, type Value } from "./value.ts";

/** Returns what a cast makes, and its work. */
export function cast(
  value: Value,
  type: string,
  [first, second = 0]: readonly (number | undefined)[],
): [value: Value, work?: number] {
  const isMade = value.digits === undefined &&
    (value.isText === true || value.literal !== undefined);
  if (type === "numeric") {
    if (first !== undefined) {
      return [numeric(Math.max(0, first - second), Math.max(0, second)), value.bytes];
    }
    const { left, right, stored } = digitsOf(value);
    const exact = numeric(left, right, stored);
    // Its digits are written out where they are used: '1e131000' takes eight bytes until then.
    return [
      { ...exact, ...value.digits === undefined ? {} : { bytes: left + right + 2 } },
      value.bytes,
    ];
  }
  if (type === "json" || type === "jsonb") {
    if (!isMade) {
      return [{ bytes: 1.5 * value.bytes, isStored: value.isStored === true }, value.bytes];
    }
    // Eight bytes that nobody has looked at, such as 1e131000, are written out as 131,000 digits.
    const exponents = value.literal === undefined
      ? value.bytes / 8
      : value.literal.match(/\de\+?\d/gi)?.length ?? 0;
    const isStored = value.isStored === true;
    return [
      { bytes: value.bytes + (isStored ? 0 : exponents * 131_072), isStored },
      JSON_PARSED * value.bytes,
    ];
  }
  if (type === "array") return [{ bytes: 8 * value.bytes + 64 }, 16 * value.bytes];
  const fixed = typeValue(type);
  if (fixed !== undefined) {
    return [{ ...fixed, isRead: isMade && value.literal === undefined }, value.bytes];
  }
  const isPadded = type === "bpchar" || type === "char";
  const bytes = first === undefined
    ? value.bytes * (isMade || value.digits !== undefined ? 1 : 2)
    : isPadded
    ? 4 * first
    : Math.min(value.bytes, 4 * first);
  return [{
    bytes,
    isText: true,
    isStored: value.isStored === true,
    ...value.literal === undefined ? {} : { literal: value.literal },
  }];
}

export function literal(node: Node): Value {
  const { ival, fval, sval, boolval } = "A_Const" in node ? node.A_Const : {};
  if (sval !== undefined) {
    const value = sval.sval ?? "";
    return { bytes: new TextEncoder().encode(value).length, literal: value };
  }
  if (fval !== undefined) return literalNumber(fval.fval ?? "0");
  if (ival !== undefined) return { ...INTEGER, literal: String(ival.ival ?? 0) };
  // NULL takes the type of what is beside it.
  return boolval === undefined ? { bytes: 1, literal: "" } : FIXED;
}

export function literalNumber(digits: string): Value {
  const { left, right, stored } = digitsOf({ bytes: digits.length, literal: digits });
  const value = numeric(left, right, stored);
  return { ...value, literal: digits };
}

/** Returns the value of an exponent that is a number literal, with or without a sign or a cast. */
export function exponentOf(node: Node | undefined): Value | undefined {
  const value = readNumber(node);
  return value === undefined ? undefined : literalNumber(String(Math.abs(value)));
}
