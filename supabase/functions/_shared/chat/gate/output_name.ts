import type { Node, SelectStmt } from "libpg-query";
import { functionName, readNames } from "./read_node.ts";

/** Name of a column, as far as it was derived. */
interface Figured {
  readonly name: string;
  /** True if the name is only a type or `case`, which a name from a nested expression replaces. */
  readonly isWeak: boolean;
}

/**
 * Returns the name that Postgres gives a column of a select without `as`, by the rules of its
 * `FigureColname`. It must be the same, because outer queries refer to a subquery's columns by it.
 */
export function outputName(node: Node): string {
  return figureName(node)?.name ?? "?column?";
}

function figureName(node: Node | undefined): Figured | undefined {
  if (node === undefined) return undefined;
  const strong = (name: string | undefined): Figured | undefined =>
    name === undefined ? undefined : { name, isWeak: false };
  if ("ColumnRef" in node) {
    const names = (node.ColumnRef.fields ?? []).filter((field) => "String" in field);
    return strong(readNames(names).at(-1));
  }
  if ("A_Indirection" in node) {
    const { arg, indirection } = node.A_Indirection;
    const fields = (indirection ?? []).filter((step) => "String" in step);
    return fields.length > 0 ? strong(readNames(fields).at(-1)) : figureName(arg);
  }
  if ("FuncCall" in node) return strong(functionName(node.FuncCall));
  if ("A_Expr" in node) {
    return node.A_Expr.kind === "AEXPR_NULLIF" ? strong("nullif") : undefined;
  }
  if ("TypeCast" in node) {
    const inner = figureName(node.TypeCast.arg);
    if (inner !== undefined && !inner.isWeak) return inner;
    const type = readNames(node.TypeCast.typeName?.names).at(-1);
    return type === undefined ? inner : { name: type, isWeak: true };
  }
  if ("CollateClause" in node) return figureName(node.CollateClause.arg);
  if ("GroupingFunc" in node) return strong("grouping");
  if ("SubLink" in node) return figureSubLink(node.SubLink);
  if ("CaseExpr" in node) {
    const inner = figureName(node.CaseExpr.defresult);
    return inner !== undefined && !inner.isWeak ? inner : { name: "case", isWeak: true };
  }
  if ("A_ArrayExpr" in node) return strong("array");
  if ("RowExpr" in node) return strong("row");
  if ("CoalesceExpr" in node) return strong("coalesce");
  if ("MinMaxExpr" in node) {
    return strong(node.MinMaxExpr.op === "IS_GREATEST" ? "greatest" : "least");
  }
  if ("JsonFuncExpr" in node) {
    return strong(node.JsonFuncExpr.op?.replace(/_OP$/, "").toLowerCase());
  }
  if ("SQLValueFunction" in node) {
    return strong(
      node.SQLValueFunction.op?.replace(/^SVFOP_/, "").replace(/_N$/, "").toLowerCase(),
    );
  }
  return undefined;
}

function figureSubLink(
  { subLinkType, subselect }: Extract<Node, { SubLink: unknown }>["SubLink"],
): Figured | undefined {
  if (subLinkType === "EXISTS_SUBLINK") return { name: "exists", isWeak: false };
  if (subLinkType === "ARRAY_SUBLINK") return { name: "array", isWeak: false };
  if (subLinkType !== "EXPR_SUBLINK" || subselect === undefined) return undefined;
  if (!("SelectStmt" in subselect)) return undefined;
  const first = firstTarget(subselect.SelectStmt);
  return first === undefined ? undefined : { name: first, isWeak: false };
}

/** Returns the name of a select's first column; undefined if it depends on the schema. */
function firstTarget(select: SelectStmt): string | undefined {
  if (select.larg !== undefined) return firstTarget(select.larg);
  if (select.valuesLists !== undefined) return "column1";
  const [target] = select.targetList ?? [];
  if (target === undefined || !("ResTarget" in target)) return undefined;
  const { name, val } = target.ResTarget;
  return name ?? (val === undefined ? undefined : outputName(val));
}
