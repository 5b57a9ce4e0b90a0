import type {
  FuncCall,
  JsonFuncExpr,
  Node,
  SelectStmt,
  SortBy,
  TypeName,
  WindowDef,
} from "libpg-query";
import {
  ALLOWED_COLLATIONS,
  ALLOWED_FUNCTIONS,
  ALLOWED_OPERATORS,
  ALLOWED_TYPES,
  BYTES_FUNCTIONS,
  EXTENSION_FUNCTIONS,
  NAMED_ARGUMENTS,
  ROW_FUNCTIONS,
  ROW_OPERATORS,
  TABLE_FUNCTIONS,
} from "./allowed_names.ts";
import { insteadOfFunction, insteadOfOperator, insteadOfType } from "./other_dialects.ts";
import { isPlainJsonPath } from "./json_path.ts";
import { functionName, readArguments, readNames, readText } from "./read_node.ts";
import { type Faults, quoteName, Refusal, refuseForm } from "./refusal.ts";
import { REFUSED_FORMS } from "./refused_forms.ts";
import { checkColumn, isWholeRow, type Scope } from "./scope.ts";

/** Checks that apply to all expressions of a statement. */
export interface ExpressionChecks {
  readonly faults: Faults;
  /** Calls whose result is a column of the statement's own result. */
  readonly outputs: ReadonlySet<FuncCall>;
  /** Checks a subquery inside `scope`. */
  readonly checkSubquery: (select: SelectStmt, scope: Scope) => void;
}

/**
 * Checks every name in an expression: columns, functions, operators, types and collations. Adds what is
 * refused to the faults of `checks`.
 */
export function checkExpression(node: Node, scope: Scope, checks: ExpressionChecks): void {
  const check = (child: Node | undefined) => {
    if (child !== undefined) checkExpression(child, scope, checks);
  };
  const checkAll = (children: readonly Node[] | undefined) => children?.forEach(check);
  const { faults } = checks;

  // What was refused has left an empty node.
  if (Object.keys(node).length === 0) return;
  if ("ColumnRef" in node) return faults.collect(() => checkColumn(node.ColumnRef, scope));
  if ("FuncCall" in node) return checkCall(node.FuncCall, scope, checks);
  if ("A_Expr" in node) {
    const { kind, name, lexpr, rexpr } = node.A_Expr;
    if (kind?.includes("BETWEEN") !== true) {
      faults.collect(() => checkOperator(name));
    }
    const comparesRows = /^AEXPR_(OP|DISTINCT|NOT_DISTINCT)$/.test(kind ?? "") &&
      ROW_OPERATORS.has(readNames(name).join(".")) &&
      [lexpr, rexpr].every((side) => isRow(side, scope, checks));
    return comparesRows ? undefined : checkAll([lexpr, rexpr].filter((side) => side !== undefined));
  }
  if ("TypeCast" in node) {
    const { arg, typeName } = node.TypeCast;
    faults.collect(() => checkType(typeName, arg));
    const isText = readNames(typeName?.names).at(-1) === "text" &&
      typeName?.arrayBounds === undefined;
    if (isText && isRow(arg, scope, checks)) return;
    if (isText && arg !== undefined && "FuncCall" in arg) {
      return checkCall(arg.FuncCall, scope, checks, { isText });
    }
    return check(arg);
  }
  if ("SubLink" in node) {
    const { operName, testexpr, subselect } = node.SubLink;
    if (operName !== undefined) faults.collect(() => checkOperator(operName));
    check(testexpr);
    if (subselect === undefined || !("SelectStmt" in subselect)) return faults.add(refuseForm());
    return checks.checkSubquery(subselect.SelectStmt, scope);
  }
  if ("CaseExpr" in node) {
    check(node.CaseExpr.arg);
    for (const branch of node.CaseExpr.args ?? []) {
      if (!("CaseWhen" in branch)) faults.add(refuseForm());
      else {checkAll([branch.CaseWhen.expr, branch.CaseWhen.result].filter((part) =>
          part !== undefined
        ));}
    }
    return check(node.CaseExpr.defresult);
  }
  if ("A_Indirection" in node) {
    const { arg, indirection } = node.A_Indirection;
    check(arg);
    for (const [index, subscript] of (indirection ?? []).entries()) {
      if ("A_Indices" in subscript) {
        check(subscript.A_Indices.lidx);
        check(subscript.A_Indices.uidx);
      } else if (index > 0 || !isFieldOf(arg, subscript)) {
        const [reason, hint] = REFUSED_FORMS.get("A_Indirection.indirection") ?? [];
        faults.add(new Refusal("chat.form_refused", reason ?? "", hint));
      }
    }
    return;
  }
  if ("CollateClause" in node) {
    const [collation = "", ...others] = readNames(node.CollateClause.collname);
    if (others.length > 0 || !ALLOWED_COLLATIONS.has(collation)) {
      const known = [...ALLOWED_COLLATIONS].map((name) => `collate "${name}"`).join(", ");
      faults.add(
        new Refusal(
          "chat.type_refused",
          `The collation ${quoteName(collation)} is not allowed.`,
          `Leave it out, or write ${known}.`,
        ),
      );
    }
    return check(node.CollateClause.arg);
  }
  if ("A_ArrayExpr" in node || "RowExpr" in node) {
    const parts = "RowExpr" in node ? node.RowExpr.args : node.A_ArrayExpr.elements;
    return checkAll(parts);
  }
  if ("NullTest" in node) {
    const { arg } = node.NullTest;
    return isRow(arg, scope, checks) ? undefined : check(arg);
  }
  if ("JsonFuncExpr" in node) return checkJsonFunction(node.JsonFuncExpr, scope, checks);
  if ("JsonIsPredicate" in node) return check(node.JsonIsPredicate.expr);
  if ("BoolExpr" in node) return checkAll(node.BoolExpr.args);
  if ("BooleanTest" in node) return check(node.BooleanTest.arg);
  if ("CoalesceExpr" in node) return checkAll(node.CoalesceExpr.args);
  if ("MinMaxExpr" in node) return checkAll(node.MinMaxExpr.args);
  if ("GroupingFunc" in node) return checkAll(node.GroupingFunc.args);
  if ("GroupingSet" in node) return checkAll(node.GroupingSet.content);
  if ("List" in node) return checkAll(node.List.items);
  if (!("A_Const" in node || "SQLValueFunction" in node)) faults.add(refuseForm());
}

/** Returns whether a node stands for a whole row, which only a few expressions take. */
function isRow(node: Node | undefined, scope: Scope, { faults }: ExpressionChecks): boolean {
  if (node === undefined || !("ColumnRef" in node)) return false;
  return faults.collect(() => isWholeRow(node.ColumnRef, scope)) ?? false;
}

/** Returns whether a name is that of a column in the rows of a call, as in `(jsonb_each(x)).key`. */
function isFieldOf(call: Node | undefined, field: Node): boolean {
  if (call === undefined || !("FuncCall" in call) || !("String" in field)) return false;
  const table = TABLE_FUNCTIONS.get(functionName(call.FuncCall));
  return table?.returns === "row" && table.columns.includes(field.String.sval ?? "");
}

/** Checks JSON_VALUE, JSON_QUERY and JSON_EXISTS. */
function checkJsonFunction(call: JsonFuncExpr, scope: Scope, checks: ExpressionChecks): void {
  const { context_item, output, on_empty, on_error } = call;
  if (output !== undefined) checks.faults.collect(() => checkType(output.typeName));
  for (const node of [context_item?.raw_expr, on_empty?.expr, on_error?.expr]) {
    if (node !== undefined) checkExpression(node, scope, checks);
  }
}

/** Checks the expressions of an ORDER BY inside a call or a window. */
export function checkSort(
  sort: readonly Node[] | undefined,
  scope: Scope,
  checks: ExpressionChecks,
): void {
  for (const item of sort ?? []) {
    const node = sortedNode(item);
    if (node !== undefined) checkExpression(node, scope, checks);
  }
}

/** Returns the expression of an item of an ORDER BY; undefined if it was refused. */
export function sortedNode(item: Node): Node | undefined {
  const sorted: SortBy | undefined = "SortBy" in item ? item.SortBy : undefined;
  return sorted?.node;
}

/** Checks the partition, order and frame of a window. */
export function checkWindow(window: WindowDef, scope: Scope, checks: ExpressionChecks): void {
  for (const node of window.partitionClause ?? []) checkExpression(node, scope, checks);
  checkSort(window.orderClause, scope, checks);
  for (const offset of [window.startOffset, window.endOffset]) {
    if (offset !== undefined) checkExpression(offset, scope, checks);
  }
}

/** Checks a call: the function's name and its arguments. */
export function checkCall(
  call: FuncCall,
  scope: Scope,
  checks: ExpressionChecks,
  /** Whether the result is cast to text at once. */
  { isText = false }: { readonly isText?: boolean } = {},
): void {
  const { faults } = checks;
  const name = functionName(call);
  faults.collect(() => checkFunctionName(call));
  faults.collect(() => {
    if (name === "pg_typeof" && !isText && !checks.outputs.has(call)) {
      // A text that is compared with a type's name is read as the name of one.
      throw new Refusal(
        "chat.function_refused",
        'The function "pg_typeof" can only be selected, or cast to text.',
        "Write pg_typeof(x)::text.",
      );
    }
    if (BYTES_FUNCTIONS.has(name) && !/^(hex|base64)$/.test(readText(call.args?.[1]) ?? "")) {
      throw new Refusal(
        "chat.form_refused",
        `The function ${quoteName(name)} takes 'hex' or 'base64' only.`,
        `Write ${name}(x, 'hex').`,
      );
    }
  });
  for (const argument of readArguments(call)) {
    if (ROW_FUNCTIONS.has(name) && isRow(argument, scope, checks)) continue;
    checkExpression(argument, scope, checks);
  }
  checkSort(call.agg_order, scope, checks);
  if (call.agg_filter !== undefined) checkExpression(call.agg_filter, scope, checks);
  if (call.over !== undefined) checkWindow(call.over, scope, checks);
}

function checkFunctionName(call: FuncCall): void {
  const names = readNames(call.funcname);
  const name = functionName(call);
  const isAllowed = isOfPostgres(names) && ALLOWED_FUNCTIONS.has(name) ||
    names.length === 1 && EXTENSION_FUNCTIONS.has(name);
  if (!isAllowed) {
    throw new Refusal(
      "chat.function_refused",
      `The function ${quoteName(names.join("."))} is not allowed.`,
      insteadOfFunction(name),
    );
  }
  const isNamed = call.args?.some((argument) => "NamedArgExpr" in argument) ?? false;
  if (isNamed && !NAMED_ARGUMENTS.has(name)) {
    throw new Refusal(
      "chat.form_refused",
      `The arguments of ${quoteName(name)} are given without names.`,
      "Give them in their order.",
    );
  }
}

/**
 * Checks the type that a value is cast to.
 *
 * @param value undefined for a type that no literal is cast to
 */
export function checkType(type: TypeName | undefined, value?: Node): void {
  const names = readNames(type?.names);
  const name = names.at(-1) ?? "";
  const isPath = name === "jsonpath" && type?.arrayBounds === undefined &&
    isPlainJsonPath(readText(value) ?? "");
  if (!isOfPostgres(names) || !ALLOWED_TYPES.has(name) && !isPath) {
    throw new Refusal(
      "chat.type_refused",
      `The type ${quoteName(names.join("."))} is not allowed.`,
      insteadOfType(name),
    );
  }
}

function checkOperator(name: readonly Node[] | undefined): void {
  const names = readNames(name);
  const operator = names.join(".");
  if (names.length !== 1 || !ALLOWED_OPERATORS.has(operator)) throw refuseOperator(operator);
}

/** Returns whether a name is written without a schema, or with that of Postgres' own functions. */
function isOfPostgres(names: readonly string[]): boolean {
  return names.length === 1 || (names.length === 2 && names[0] === "pg_catalog");
}

function refuseOperator(operator: string): Refusal {
  return new Refusal(
    "chat.operator_refused",
    `The operator ${quoteName(operator)} is not allowed here.`,
    insteadOfOperator(operator),
  );
}
