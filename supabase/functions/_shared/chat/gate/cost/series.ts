import type { Node } from "libpg-query";
import { functionName, readArguments, readNames, readNumber, readText } from "../read_node.ts";

const DAY = 86_400;
const UNIT_SECONDS: readonly (readonly [pattern: RegExp, seconds: number])[] = [
  [/^(ms|milli)/, 0.001],
  [/^s/, 1],
  [/^min/, 60],
  [/^h/, 3_600],
  [/^d/, DAY],
  [/^w/, 7 * DAY],
  [/^(mon|q)/, 30 * DAY],
  [/^y/, 365 * DAY],
];

/**
 * Returns about how many rows `generate_series` makes, to refuse what would run into the timeout in any
 * case. Returns undefined if data decide.
 */
export function seriesRows(args: readonly Node[]): number | undefined {
  const [first, last] = args.map(read);
  const step = args.length > 2 ? read(args[2]) : 1;
  if (first === Infinity || last === Infinity) return Infinity;
  if (first === undefined || last === undefined || step === undefined) return undefined;
  return Math.max(1, Math.abs((last - first) / step) + 1);
}

/** Returns a number, or a time or an interval in seconds; undefined if it is not written in the statement. */
function read(node: Node | undefined): number | undefined {
  const number = readNumber(node);
  if (number !== undefined || node === undefined) return number;
  const written = readText(node);
  if (written !== undefined) return readTime(written);
  if ("SQLValueFunction" in node) return Date.now() / 1_000;
  if ("TypeCast" in node) return read(node.TypeCast.arg);
  if ("FuncCall" in node) {
    const name = functionName(node.FuncCall);
    if (name === "now") return Date.now() / 1_000;
    return /^date(_trunc)?$/.test(name) ? read(readArguments(node.FuncCall).at(-1)) : undefined;
  }
  if (!("A_Expr" in node)) return undefined;
  const [left, right] = [read(node.A_Expr.lexpr), read(node.A_Expr.rexpr)];
  if (left === undefined || right === undefined) return undefined;
  const operator = readNames(node.A_Expr.name).at(-1);
  if (operator === "*") return left * right;
  // A number that is added to a date counts days.
  const moved = readNumber(node.A_Expr.rexpr) === undefined || left < 1e8 ? right : right * DAY;
  return operator === "+" ? left + moved : operator === "-" ? left - moved : undefined;
}

function readTime(written: string): number | undefined {
  if (/infinity/i.test(written)) return Infinity;
  const time = Date.parse(written);
  if (/^\d{4}-/.test(written) && !Number.isNaN(time)) return time / 1_000;
  const parts = [...written.toLowerCase().matchAll(/([-+]?[\d.]+)\s*([a-z]+)/g)].map((
    [, count, unit = ""],
  ) => Number(count) * (UNIT_SECONDS.find(([pattern]) => pattern.test(unit))?.[1] ?? NaN));
  const seconds = parts.reduce((sum, part) => sum + part, 0);
  return seconds === 0 || Number.isNaN(seconds) ? undefined : seconds;
}
