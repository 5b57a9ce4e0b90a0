import type { FuncCall, Node } from "libpg-query";
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
 * Characters of what is looked for in a text, and of what stands between texts that are joined. A search
 * takes as long as both texts are, multiplied, and no timeout stops it: two of fifty thousand
 * characters, made for it, take ten seconds.
 */
const MAX_SHORT = 200;

/** Which arguments of a function are looked for at every place of its first, or put between its parts. */
const SHORT_ARGUMENTS: ReadonlyMap<string, readonly number[]> = new Map([
  ["position", [1]],
  ["strpos", [1]],
  ["replace", [1]],
  ["split_part", [1]],
  ["string_to_array", [1]],
  ["string_to_table", [1]],
  ["btrim", [1]],
  ["ltrim", [1]],
  ["rtrim", [1]],
  ["translate", [1, 2]],
  ["string_agg", [1]],
  ["array_to_string", [1, 2]],
]);

/** Functions that make nothing longer of a short text. */
const KEEPS_SHORT = new Set(["like_escape", "lower", "upper"]);

/**
 * Checks what a call looks for in a text, or puts between texts.
 *
 * @throws Refusal
 */
export function checkShortArguments(call: FuncCall): void {
  const args = readArguments(call);
  for (const place of SHORT_ARGUMENTS.get(functionName(call)) ?? []) {
    // `btrim(text)` looks for spaces.
    if (place < args.length) checkShortText(args[place]);
  }
}

/**
 * Checks what is looked for in a text, such as the pattern of LIKE or an array of patterns.
 *
 * @param node undefined where it is a subquery
 * @throws Refusal
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
      // A negative length leaves out so many at the end.
      const length = readNumber(args[1]) ?? Infinity;
      return length >= 0 && length <= MAX_SHORT;
    }
    return KEEPS_SHORT.has(name) && args.every(isShortText);
  }
  return isConstant(node) && (readText(node)?.length ?? 0) <= MAX_SHORT;
}
