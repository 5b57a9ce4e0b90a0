import type { FuncCall, Node } from "libpg-query";
import { splitWords } from "../../platform/split_words.ts";
import {
  functionName,
  isConstant,
  readArguments,
  readNames,
  readNumber,
  readText,
} from "./read_node.ts";
import { Refusal } from "./refusal.ts";

/**
 * Longest text in characters that may be searched for, or put between joined texts. The time of a
 * search grows with the product of both lengths, and no timeout interrupts it: two texts of 50,000
 * characters can take 10 seconds.
 */
const MAX_SHORT = 200;

/** Positions of the arguments that a function searches for, or puts between texts. */
const SHORT_ARGUMENTS: ReadonlyMap<string, readonly number[]> = new Map([
  ...splitWords(`
    position strpos replace split_part string_to_array string_to_table btrim ltrim rtrim string_agg
  `).map((name): [string, number[]] => [name, [1]]),
  ["translate", [1, 2]],
  ["array_to_string", [1, 2]],
]);

/** Functions that return a short text for a short text. */
const KEEPS_SHORT = new Set(["like_escape", "lower", "upper"]);

/**
 * Checks the texts that a call searches for, or puts between texts.
 *
 * @throws {Refusal} if one may be long
 */
export function checkShortArguments(call: FuncCall): void {
  const args = readArguments(call);
  for (const place of SHORT_ARGUMENTS.get(functionName(call)) ?? []) {
    // `btrim(text)` removes spaces.
    if (place < args.length) checkShortText(args[place]);
  }
}

/**
 * Checks a text that is searched for, such as the pattern of LIKE or an array of patterns.
 *
 * @param node undefined for a subquery
 * @throws {Refusal} if it may be long
 */
export function checkShortText(node: Node | undefined): void {
  const parts = node !== undefined && "A_ArrayExpr" in node
    ? node.A_ArrayExpr.elements ?? []
    : [node];
  if (parts.every(isShortText)) return;
  throw new Refusal(
    "chat.too_large",
    `What is looked for in a text or put between texts is a literal of at most ${MAX_SHORT} characters, or left(..., ${MAX_SHORT}).`,
  );
}

function isShortText(node: Node | undefined): boolean {
  if (node === undefined) return false;
  if ("TypeCast" in node) return isShortText(node.TypeCast.arg);
  if ("A_Expr" in node) {
    const { kind, name, lexpr, rexpr } = node.A_Expr;
    return kind === "AEXPR_OP" && readNames(name).join(".") === "||" &&
      isShortText(lexpr) && isShortText(rexpr);
  }
  if ("FuncCall" in node) {
    const name = functionName(node.FuncCall);
    const args = readArguments(node.FuncCall);
    if (name === "left") {
      // A negative length cuts that many characters off the end.
      const length = readNumber(args[1]) ?? Infinity;
      return length >= 0 && length <= MAX_SHORT;
    }
    return KEEPS_SHORT.has(name) && args.every(isShortText);
  }
  return isConstant(node) && (readText(node)?.length ?? 0) <= MAX_SHORT;
}
