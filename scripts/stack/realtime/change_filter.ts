import { Buffer } from "node:buffer";
import type postgres from "postgres";

const ORDERINGS = ["lt", "lte", "gt", "gte"] as const;
const OPERATORS = [...ORDERINGS, "eq", "neq", "in", "is", "isdistinct", "like", "ilike"] as const;
type Operator = typeof OPERATORS[number];

/** Operators by which order of value and operand satisfies them: negative, zero or positive. */
const COMPARISONS = {
  eq: (order: number) => order === 0,
  neq: (order: number) => order !== 0,
  lt: (order: number) => order < 0,
  lte: (order: number) => order <= 0,
  gt: (order: number) => order > 0,
  gte: (order: number) => order >= 0,
};

/** Condition `column=operator.value` of a client. */
export interface Condition {
  readonly column: string;
  readonly operator: Operator;
  readonly isNegated: boolean;
  /** Value to compare with. For `in` it is an array literal of Postgres. */
  readonly value: string;
}

/** Condition on a value in Postgres' text format. */
export type Test = { readonly column: string; readonly holds: (value: string | null) => boolean };

/** Error of a filter that cannot be applied. */
export class FilterError extends Error {
  override readonly name = "FilterError";
}

/**
 * Parses a filter: conditions separated by commas, all of which must hold. Commas in parentheses or
 * quotes do not separate.
 *
 * @throws {FilterError} if the filter is malformed.
 */
export function parseFilter(filter: string): Condition[] {
  if (filter.trim() === "") return [];
  return splitConditions(filter).map((text) => {
    const [, column, not, name, value] = /^\s*([^=]+)=(not\.)?([a-z]+)\.(.*?)\s*$/s.exec(text) ??
      [];
    const operator = OPERATORS.find((known) => known === name);
    if (column === undefined || value === undefined || operator === undefined) {
      throw new FilterError(`Error parsing \`filter\` params: ${JSON.stringify(text)}`);
    }
    if (operator !== "in") {
      return { column, operator, isNegated: not !== undefined, value: unquote(value) };
    }
    if (!/^\(.*\)$/s.test(value)) {
      throw new FilterError("`in` filter value must be wrapped by parentheses");
    }
    return { column, operator, isNegated: not !== undefined, value: `{${value.slice(1, -1)}}` };
  });
}

function splitConditions(filter: string): string[] {
  const parts: string[] = [];
  let [part, depth, isQuoted] = ["", 0, false];
  for (let index = 0; index < filter.length; index++) {
    const character = filter.charAt(index);
    if (isQuoted && character === "\\") {
      part += character + filter.charAt(++index);
      continue;
    }
    if (character === '"') isQuoted = !isQuoted && /[.(,]$/.test(part);
    if (!isQuoted && character === "(") depth++;
    if (!isQuoted && character === ")") depth--;
    if (!isQuoted && character === "," && depth === 0) {
      parts.push(part);
      part = "";
    } else {
      part += character;
    }
  }
  return [...parts, part];
}

function unquote(value: string): string {
  return /^"(?:[^"\\]|\\.)*"$/s.test(value) ? value.slice(1, -1).replace(/\\(.)/gs, "$1") : value;
}

const NUMBERS = ["int2", "int4", "int8", "oid", "numeric"];
const FLOATS = ["float4", "float8"];
const TEXTS = ["text", "varchar", "name"];
/** Types whose text format sorts like their values. */
const ORDERED = [...TEXTS, "bool", "uuid", "date", "timestamp", "timestamptz"];

/**
 * Prepares a condition for a column's type. Postgres parses the value, so that it has the same
 * format as the column's values.
 *
 * @throws {FilterError} if values of this type cannot be compared here.
 * @throws {postgres.PostgresError} if the value is not valid for the type.
 */
export async function compileCondition(
  sql: postgres.Sql,
  { column, operator, isNegated, value }: Condition,
  type: string,
): Promise<Test> {
  const compare = comparison(type, operator);
  const negate = (result: boolean) => result !== isNegated;
  /** Returns a test that never holds for null, not even negated. */
  const known = (holds: (text: string) => boolean): Test => ({
    column,
    holds: (text) => text !== null && negate(holds(text)),
  });
  switch (operator) {
    case "is": {
      if (value === "null") return { column, holds: (text) => negate(text === null) };
      const truth = { true: "t", false: "f", unknown: null }[value];
      if (type !== "bool" || truth === undefined) {
        throw new FilterError(`is ${value} filter requires a boolean column, got ${type}`);
      }
      return { column, holds: (text) => negate(text === truth) };
    }
    case "like":
    case "ilike": {
      if (!TEXTS.includes(type)) {
        throw new FilterError(`operator ${operator} requires a text column, got ${type}`);
      }
      const pattern = likePattern(value, operator === "ilike" ? "isu" : "su");
      return known((text) => pattern.test(text));
    }
    case "in": {
      const values = await readValues(sql, value, type);
      return known((text) => values.some((one) => compare(text, one) === 0));
    }
  }
  const [operand = ""] = await readValues(sql, value, type, "one");
  if (operator === "isdistinct") {
    return { column, holds: (text) => negate(text === null || compare(text, operand) !== 0) };
  }
  return known((text) => COMPARISONS[operator](compare(text, operand)));
}

/** Returns values in the format in which the column's values arrive. */
async function readValues(
  sql: postgres.Sql,
  value: string,
  type: string,
  count: "one" | "many" = "many",
): Promise<string[]> {
  const values = count === "one"
    ? sql`array[${value}::text::${sql(type)}]`
    : sql`${value}::text::${sql(`_${type}`)}`;
  const [row] = await sql<[{ values: string[] }]>`
    select array(
      select format('%s', value)
      from unnest(${values}) value
    ) as values`;
  return row.values;
}

function comparison(type: string, operator: Operator): (a: string, b: string) => number {
  if (NUMBERS.includes(type)) return compareDecimals;
  if (FLOATS.includes(type)) return compareFloats;
  if (ORDERED.includes(type) || operator === "is") return compareBytes;
  if (type === "jsonb" && !ORDERINGS.some((ordering) => ordering === operator)) return compareBytes;
  throw new FilterError(`the local stack cannot filter a column of type ${type} by ${operator}`);
}

function compareBytes(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Compares floats. NaN equals itself and is larger than everything else, as in Postgres. */
function compareFloats(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Compares decimal numbers of any length. NaN and infinities sort as in Postgres. */
function compareDecimals(a: string, b: string): number {
  const [x, y] = [orderSpecial(a), orderSpecial(b)];
  if (x !== 0 || y !== 0) return x - y;
  const [fractionA, fractionB] = [a, b].map((text) => text.split(".")[1] ?? "");
  const digits = Math.max(fractionA?.length ?? 0, fractionB?.length ?? 0);
  const [left, right] = [scale(a, digits), scale(b, digits)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function orderSpecial(text: string): number {
  return { NaN: 2, Infinity: 1, "-Infinity": -1 }[text] ?? 0;
}

function scale(text: string, digits: number): bigint {
  const [whole = "", fraction = ""] = text.split(".");
  return BigInt(whole + fraction.padEnd(digits, "0"));
}

function likePattern(pattern: string, flags: string): RegExp {
  const source = pattern.replace(/\\(.)|[%_]|[\^$.*+?()[\]{}|\\/]/gs, (match, escaped) => {
    if (match === "%") return ".*";
    if (match === "_") return ".";
    return (escaped ?? match).replace(/[\^$.*+?()[\]{}|\\/]/g, "\\$&");
  });
  return new RegExp(`^${source}$`, flags);
}
