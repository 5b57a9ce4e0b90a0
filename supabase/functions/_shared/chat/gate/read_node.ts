import type { FuncCall, Node } from "libpg-query";

/** Returns the texts of a list of `String` nodes, such as the parts of a name. */
export function readNames(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).map((node) => "String" in node ? node.String.sval ?? "" : "");
}

/** Returns the name of a called function without its schema. */
export function functionName(call: FuncCall): string {
  return readNames(call.funcname).at(-1) ?? "";
}

/** Returns the arguments of a call, named or not. */
export function readArguments(call: FuncCall): Node[] {
  return (call.args ?? []).flatMap((node) => {
    const value = "NamedArgExpr" in node ? node.NamedArgExpr.arg : node;
    return value === undefined ? [] : [value];
  });
}

/** Returns the text of a string literal, with or without a cast. */
export function readText(node: Node | undefined): string | undefined {
  if (node === undefined) return undefined;
  if ("TypeCast" in node) return readText(node.TypeCast.arg);
  return "A_Const" in node && node.A_Const.sval !== undefined
    ? node.A_Const.sval.sval ?? ""
    : undefined;
}

/** Returns the value of a number literal, with or without a cast or a sign. */
export function readNumber(node: Node | undefined): number | undefined {
  if (node === undefined) return undefined;
  if ("TypeCast" in node) return readNumber(node.TypeCast.arg);
  if ("A_Expr" in node) {
    const { kind, name, lexpr, rexpr } = node.A_Expr;
    const isNegation = kind === "AEXPR_OP" && lexpr === undefined && readNames(name)[0] === "-";
    const value = isNegation ? readNumber(rexpr) : undefined;
    return value === undefined ? undefined : -value;
  }
  if (!("A_Const" in node)) return undefined;
  const { ival, fval } = node.A_Const;
  if (ival !== undefined) return ival.ival ?? 0;
  return fval?.fval === undefined ? undefined : Number(fval.fval);
}
