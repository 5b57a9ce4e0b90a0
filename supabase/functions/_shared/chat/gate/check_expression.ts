import type { FuncCall, Node, SelectStmt, SortBy, TypeName, WindowDef } from "libpg-query";
import {
  ALLOWED_COLLATIONS,
  ALLOWED_FUNCTIONS,
  ALLOWED_OPERATORS,
  ALLOWED_TYPES,
  NAMED_ARGUMENTS,
  PATTERN_OPERATORS,
} from "./allowed_names.ts";
import { functionName, readArguments, readNames, readNumber } from "./read_node.ts";
import { quoteName, Refusal } from "./refusal.ts";
import { checkColumn, type Scope } from "./scope.ts";
import type { SizeLimits } from "./size_limits.ts";

/** Longest `char` and most digits of a `numeric`. */
const MAX_LENGTH = 1_000;

/** Limits and checks that apply to all expressions of a statement. */
export interface ExpressionChecks {
  readonly limits: SizeLimits;
  /** Checks a subquery inside `scope`. */
  readonly checkSubquery: (select: SelectStmt, scope: Scope) => void;
}

/**
 * Checks every name in an expression: columns, functions, operators, types and collations.
 *
 * @throws {Refusal} for an unknown name or one that is not allowed
 */
export function checkExpression(node: Node, scope: Scope, checks: ExpressionChecks): void {
  const check = (child: Node | undefined) => {
    if (child !== undefined) checkExpression(child, scope, checks);
  };
  const checkAll = (children: readonly Node[] | undefined) => children?.forEach(check);

  if ("ColumnRef" in node) return checkColumn(node.ColumnRef, scope);
  if ("A_Const" in node) return checks.limits.checkNumber(node.A_Const.fval?.fval ?? "");
  if ("FuncCall" in node) return checkCall(node.FuncCall, scope, checks);
  if ("A_Expr" in node) {
    const { kind, name, lexpr, rexpr } = node.A_Expr;
    if (kind?.includes("BETWEEN") !== true) {
      checkOperator(name, checks.limits, lexpr, rexpr);
    }
    check(lexpr);
    return check(rexpr);
  }
  if ("TypeCast" in node) {
    checkType(node.TypeCast.typeName);
    return check(node.TypeCast.arg);
  }
  if ("SubLink" in node) {
    const { operName, testexpr, subselect } = node.SubLink;
    if (operName !== undefined) {
      const operator = checkOperator(operName, checks.limits);
      if (PATTERN_OPERATORS.has(operator)) throw refuseOperator(operator);
    }
    check(testexpr);
    if (subselect === undefined || !("SelectStmt" in subselect)) throw refuseUnknown(node);
    return checks.checkSubquery(subselect.SelectStmt, scope);
  }
  if ("CaseExpr" in node) {
    check(node.CaseExpr.arg);
    for (const branch of node.CaseExpr.args ?? []) {
      if (!("CaseWhen" in branch)) throw refuseUnknown(branch);
      check(branch.CaseWhen.expr);
      check(branch.CaseWhen.result);
    }
    return check(node.CaseExpr.defresult);
  }
  if ("A_Indirection" in node) {
    check(node.A_Indirection.arg);
    for (const subscript of node.A_Indirection.indirection ?? []) {
      if (!("A_Indices" in subscript)) throw refuseUnknown(subscript);
      check(subscript.A_Indices.lidx);
      check(subscript.A_Indices.uidx);
    }
    return;
  }
  if ("CollateClause" in node) {
    const [collation = "", ...others] = readNames(node.CollateClause.collname);
    if (others.length > 0 || !ALLOWED_COLLATIONS.has(collation)) {
      throw refuseType("collation", collation);
    }
    return check(node.CollateClause.arg);
  }
  if ("A_ArrayExpr" in node || "RowExpr" in node) {
    const parts = "RowExpr" in node ? node.RowExpr.args : node.A_ArrayExpr.elements;
    checks.limits.addJoined(parts ?? []);
    return checkAll(parts);
  }
  if ("BoolExpr" in node) return checkAll(node.BoolExpr.args);
  if ("NullTest" in node) return check(node.NullTest.arg);
  if ("BooleanTest" in node) return check(node.BooleanTest.arg);
  if ("CoalesceExpr" in node) return checkAll(node.CoalesceExpr.args);
  if ("MinMaxExpr" in node) return checkAll(node.MinMaxExpr.args);
  if ("GroupingFunc" in node) return checkAll(node.GroupingFunc.args);
  if ("GroupingSet" in node) return checkAll(node.GroupingSet.content);
  if ("List" in node) return checkAll(node.List.items);
  if ("SQLValueFunction" in node) return;
  throw refuseUnknown(node);
}

/** Checks the expressions of an ORDER BY inside a call or a window. */
export function checkSort(
  sort: readonly Node[] | undefined,
  scope: Scope,
  checks: ExpressionChecks,
): void {
  for (const item of sort ?? []) checkExpression(sortedNode(item), scope, checks);
}

/** Returns the expression of an item of an ORDER BY. */
export function sortedNode(item: Node): Node {
  const sorted: SortBy | undefined = "SortBy" in item ? item.SortBy : undefined;
  if (sorted?.node === undefined) throw refuseUnknown(item);
  return sorted.node;
}

/** Checks the partition, order and frame of a window. */
export function checkWindow(window: WindowDef, scope: Scope, checks: ExpressionChecks): void {
  for (const node of window.partitionClause ?? []) checkExpression(node, scope, checks);
  checkSort(window.orderClause, scope, checks);
  for (const offset of [window.startOffset, window.endOffset]) {
    if (offset !== undefined) checkExpression(offset, scope, checks);
  }
}

/** Checks a call: the function's name, the size of its result, and its arguments. */
export function checkCall(call: FuncCall, scope: Scope, checks: ExpressionChecks): void {
  const names = readNames(call.funcname);
  const name = functionName(call);
  if (!isOfPostgres(names) || !ALLOWED_FUNCTIONS.has(name)) {
    throw new Refusal(
      "chat.function_refused",
      `The function ${quoteName(names.join("."))} is not allowed.`,
    );
  }
  const isNamed = call.args?.some((argument) => "NamedArgExpr" in argument) ?? false;
  if (isNamed && !NAMED_ARGUMENTS.has(name)) {
    throw new Refusal(
      "chat.form_refused",
      `The arguments of ${quoteName(name)} are given in their order, without names.`,
    );
  }
  checks.limits.checkCall(call);
  for (const argument of readArguments(call)) checkExpression(argument, scope, checks);
  checkSort(call.agg_order, scope, checks);
  if (call.agg_filter !== undefined) checkExpression(call.agg_filter, scope, checks);
  if (call.over !== undefined) checkWindow(call.over, scope, checks);
}

/** Checks the type that a value is cast to. */
export function checkType(type: TypeName | undefined): void {
  const names = readNames(type?.names);
  const name = names.at(-1) ?? "";
  if (!isOfPostgres(names) || !ALLOWED_TYPES.has(name)) {
    throw refuseType("type", names.join("."));
  }
  // The modifiers of an interval are its units, not lengths.
  const isLong = type?.typmods?.some((length) => !((readNumber(length) ?? Infinity) <= MAX_LENGTH));
  if (name !== "interval" && isLong === true) {
    throw new Refusal("chat.too_large", `A type's length is at most ${MAX_LENGTH}.`);
  }
}

/** Checks an operator and the size of its result, and returns its name. */
function checkOperator(
  name: readonly Node[] | undefined,
  limits: SizeLimits,
  left?: Node,
  right?: Node,
): string {
  const names = readNames(name);
  const operator = names.join(".");
  if (names.length !== 1 || !ALLOWED_OPERATORS.has(operator)) throw refuseOperator(operator);
  limits.checkOperator(operator, left, right);
  if (operator === "||") limits.addJoined([left, right].filter((side) => side !== undefined));
  if (PATTERN_OPERATORS.has(operator) && right !== undefined) limits.checkPattern(right);
  return operator;
}

/** Returns whether a name is written without a schema, or with that of Postgres' own functions. */
function isOfPostgres(names: readonly string[]): boolean {
  return names.length === 1 || (names.length === 2 && names[0] === "pg_catalog");
}

function refuseType(kind: "type" | "collation", name: string): Refusal {
  return new Refusal("chat.type_refused", `The ${kind} ${quoteName(name)} is not allowed.`);
}

function refuseOperator(operator: string): Refusal {
  return new Refusal(
    "chat.operator_refused",
    `The operator ${quoteName(operator)} is not allowed here.`,
  );
}

function refuseUnknown(node: Node): Refusal {
  const [type = "nothing"] = Object.keys(node);
  return new Refusal("chat.form_refused", `This form of SQL is not allowed (${quoteName(type)}).`);
}
