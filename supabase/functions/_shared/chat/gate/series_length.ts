import type { Node } from "libpg-query";
import { functionName, readArguments, readNames, readNumber, readText } from "./read_node.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Shortest and longest duration of each unit in milliseconds. */
const UNITS: Readonly<Record<string, readonly [least: number, most: number]>> = {
  millisecond: [1, 1],
  second: [SECOND, SECOND],
  sec: [SECOND, SECOND],
  minute: [MINUTE, MINUTE],
  min: [MINUTE, MINUTE],
  hour: [HOUR, HOUR],
  day: [DAY, DAY],
  week: [7 * DAY, 7 * DAY],
  month: [28 * DAY, 31 * DAY],
  mon: [28 * DAY, 31 * DAY],
  quarter: [90 * DAY, 92 * DAY],
  year: [365 * DAY, 366 * DAY],
  decade: [3_652 * DAY, 3_653 * DAY],
  century: [36_524 * DAY, 36_525 * DAY],
};

/** Bounds of a value that are known without a database: a number, or milliseconds. */
interface Range {
  readonly kind: "number" | "instant" | "interval";
  readonly least: number;
  readonly most: number;
}

/**
 * Returns the most rows that `generate_series` can make. Returns undefined if the arguments are not
 * made of literals, the clock, `date_trunc`, intervals, and sums and products of those.
 *
 * @param now milliseconds since 1970, for `now()` and `current_date`
 */
export function seriesLength(args: readonly Node[], now: number): number | undefined {
  const [first, last, by] = args.map((node) => evaluate(node, now));
  if (first === undefined || last === undefined || args.length > 3) return undefined;
  const step = args.length === 3 ? by : { kind: "number", least: 1, most: 1 } satisfies Range;
  if (step === undefined || first.kind !== last.kind) return undefined;
  if (step.kind !== (first.kind === "number" ? "number" : "interval")) return undefined;
  const smallest = step.least > 0 ? step.least : step.most < 0 ? -step.most : 0;
  const distance = Math.max(last.most - first.least, first.most - last.least);
  const length = Math.floor(Math.max(distance, 0) / smallest) + 1;
  return Number.isFinite(length) ? length : undefined;
}

function evaluate(node: Node | undefined, now: number): Range | undefined {
  if (node === undefined) return undefined;
  if ("A_Const" in node) {
    const number = readNumber(node);
    if (number !== undefined) return exactly("number", number);
    const text = readText(node);
    return text === undefined ? undefined : readInterval(text) ?? readInstant(text);
  }
  if ("SQLValueFunction" in node) {
    const { op = "" } = node.SQLValueFunction;
    const isInstant = op === "SVFOP_CURRENT_DATE" || op.includes("TIMESTAMP");
    return isInstant ? widen(exactly("instant", now), DAY) : undefined;
  }
  if ("TypeCast" in node) return evaluateCast(node.TypeCast, now);
  if ("FuncCall" in node) return evaluateCall(node, now);
  if (!("A_Expr" in node) || node.A_Expr.kind !== "AEXPR_OP") return undefined;
  const operator = readNames(node.A_Expr.name).join(".");
  const right = evaluate(node.A_Expr.rexpr, now);
  if (node.A_Expr.lexpr !== undefined) {
    return combine(operator, evaluate(node.A_Expr.lexpr, now), right);
  }
  return operator === "-" && right !== undefined ? negate(right) : undefined;
}

function evaluateCast(
  { arg, typeName }: Extract<Node, { TypeCast: unknown }>["TypeCast"],
  now: number,
): Range | undefined {
  const type = readNames(typeName?.names).at(-1) ?? "";
  if (typeName?.arrayBounds !== undefined) return undefined;
  if (type === "interval") {
    const text = readText(arg);
    // `interval '1' day` has its unit in the type.
    const isPlain = typeName?.typmods === undefined;
    return isPlain && text !== undefined ? readInterval(text) : undefined;
  }
  const value = evaluate(arg, now);
  if (/^(date|timestamp|timestamptz)$/.test(type)) {
    return widenInstant(value);
  }
  if (!/^(int[248]|numeric|float[48])$/.test(type) || value?.kind !== "number") return undefined;
  return { ...value, least: Math.floor(value.least), most: Math.ceil(value.most) };
}

function evaluateCall(node: Extract<Node, { FuncCall: unknown }>, now: number): Range | undefined {
  const args = readArguments(node.FuncCall);
  switch (functionName(node.FuncCall)) {
    case "now":
      return exactly("instant", now);
    case "date":
      return widenInstant(evaluate(args[0], now));
    case "timezone":
      return widenInstant(evaluate(args.at(-1), now));
    case "date_trunc": {
      const unit = unitOf(readText(args[0]) ?? "");
      const value = evaluate(args[1], now);
      if (unit === undefined || value?.kind !== "instant") return undefined;
      return { ...value, least: value.least - unit[1] - DAY };
    }
    default:
      return undefined;
  }
}

function combine(operator: string, a: Range | undefined, b: Range | undefined): Range | undefined {
  if (a === undefined || b === undefined) return undefined;
  if (operator === "-") return combine("+", a, negate(b));
  if (operator === "+") {
    // A number added to a date counts days.
    const scaled = (range: Range, other: Range): Range =>
      range.kind === "number" && other.kind === "instant"
        ? { kind: "interval", least: range.least * DAY, most: range.most * DAY }
        : range;
    const [left, right] = [scaled(a, b), scaled(b, a)];
    const isSum = left.kind === right.kind && left.kind !== "instant";
    const isMove = left.kind !== right.kind &&
      [left.kind, right.kind].every((kind) => kind !== "number");
    if (!isSum && !isMove) return undefined;
    const kind = isMove ? "instant" : left.kind;
    return { kind, least: left.least + right.least, most: left.most + right.most };
  }
  if (operator !== "*" || a.kind === "instant" || b.kind === "instant") return undefined;
  if (a.kind === "interval" && b.kind === "interval") return undefined;
  const products = [a.least * b.least, a.least * b.most, a.most * b.least, a.most * b.most];
  const kind = a.kind === "interval" || b.kind === "interval" ? "interval" : "number";
  return { kind, least: Math.min(...products), most: Math.max(...products) };
}

function readInterval(text: string): Range | undefined {
  const parts = [...text.matchAll(/([+-]?\d+(?:\.\d+)?)\s*([a-z]+)/gi)];
  const rest = text.replace(/([+-]?\d+(?:\.\d+)?)\s*([a-z]+)/gi, "").trim();
  if (parts.length === 0 || rest !== "") return undefined;
  let sum: Range = exactly("interval", 0);
  for (const [, count, name] of parts) {
    const unit = unitOf(name ?? "");
    if (unit === undefined) return undefined;
    const ends = unit.map((length) => Number(count) * length);
    sum = {
      kind: "interval",
      least: sum.least + Math.min(...ends),
      most: sum.most + Math.max(...ends),
    };
  }
  return sum;
}

function readInstant(text: string): Range | undefined {
  if (
    !/^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?( ?(Z|[+-]\d{2}(:?\d{2})?))?$/.test(text)
  ) {
    return undefined;
  }
  const day = Date.parse(text.slice(0, 10));
  return Number.isNaN(day) ? undefined : widen(exactly("instant", day), 2 * DAY);
}

function unitOf(name: string): readonly [number, number] | undefined {
  const singular = name.toLowerCase().replace(/^(.{3,})s$/, "$1");
  return Object.hasOwn(UNITS, singular) ? UNITS[singular] : undefined;
}

function exactly(kind: Range["kind"], value: number): Range {
  return { kind, least: value, most: value };
}

function widen({ kind, least, most }: Range, by: number): Range {
  return { kind, least: least - by, most: most + by };
}

/** Widens an instant by a day, the most by which a time zone or rounding to a day moves it. */
function widenInstant(range: Range | undefined): Range | undefined {
  return range?.kind === "instant" ? widen(range, DAY) : undefined;
}

function negate({ kind, least, most }: Range): Range {
  return { kind, least: -most, most: -least };
}
