import type { Node } from "libpg-query";
import { functionName, readNames } from "../read_node.ts";
import { quoteName } from "../refusal.ts";

/** Returns the expressions directly below a node, whatever its type. */
export function childrenOf(node: Node): Node[] {
  if ("JsonFuncExpr" in node || "JsonIsPredicate" in node) return jsonParts(node);
  return Object.values(node).flatMap(Object.values).flat().flatMap((item: unknown) => {
    const [type = "", ...others] = Object.keys(Object(item));
    if (!isNode(item) || others.length > 0 || !/^[A-Z]/.test(type)) return [];
    if (type === "String" || type === "Integer") return [];
    return type === "CaseWhen" || type === "A_Indices" ? childrenOf(item) : [item];
  });
}

/** Returns the expressions of SQL/JSON, the document first. */
function jsonParts(node: Node): Node[] {
  if ("JsonIsPredicate" in node) return [node.JsonIsPredicate.expr ?? {}].filter(isNode);
  const { context_item, on_empty, on_error } = "JsonFuncExpr" in node ? node.JsonFuncExpr : {};
  return [context_item?.raw_expr, on_empty?.expr, on_error?.expr]
    .filter((part) => part !== undefined);
}

/** Returns which of a node's children may be its value. */
export function resultsOf(node: Node, count: number): (index: number) => boolean {
  if (!("CaseExpr" in node)) return () => true;
  const first = node.CaseExpr.arg === undefined ? 0 : 1;
  const hasElse = node.CaseExpr.defresult !== undefined;
  // Conditions and results take turns.
  return (index) =>
    index >= first && ((index - first) % 2 === 1 || (hasElse && index === count - 1));
}

function isNode(item: unknown): item is Node {
  return typeof item === "object" && item !== null;
}

/** Returns the user's word for an expression. */
export function describe(node: Node): string {
  if ("ColumnRef" in node) {
    return `the column ${quoteName(readNames(node.ColumnRef.fields).join("."))}`;
  }
  if ("FuncCall" in node) return `${functionName(node.FuncCall)}(…)`;
  if ("A_Expr" in node) return `the operator ${quoteName(readNames(node.A_Expr.name).join("."))}`;
  if ("TypeCast" in node) {
    return `the cast to ${readNames(node.TypeCast.typeName?.names).at(-1) ?? ""}`;
  }
  return "an expression";
}
