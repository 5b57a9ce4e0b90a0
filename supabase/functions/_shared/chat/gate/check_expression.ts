import type { A_Expr, ColumnRef, FuncCall, Node, SelectStmt, SubLink, TypeName } from "libpg-query";
import {
  ALLOWED_COLLATIONS,
  ALLOWED_TYPES,
  BYTES_FUNCTIONS,
  NAMED_ARGUMENTS,
  ROW_FUNCTIONS,
  ROW_OPERATORS,
  TABLE_FUNCTIONS,
} from "./allowed_names.ts";
import {
  AGGREGATES,
  ALLOWED_FUNCTIONS,
  ALLOWED_OPERATORS,
  apply,
  COLLECTING,
  EXTENSION_FUNCTIONS,
} from "./cost/rules.ts";
import { type Expression, NO_SOURCE, type Rows, UNKNOWN } from "./cost/sources.ts";
import { ELEMENTS, keptBytes, NODE, refuseValue, SERIES_ROWS, widthOf } from "./cost/tally.ts";
import { cast, FIXED, literalValue, tooLarge, type Value } from "./cost/value.ts";
import { insteadOfFunction, insteadOfOperator, insteadOfType } from "./other_dialects.ts";
import { isPlainJsonPath } from "./json_path.ts";
import { isExpression } from "./node_shapes.ts";
import { outputName } from "./output_name.ts";
import { functionName, readArguments, readNames, readNumber, readText } from "./read_node.ts";
import { type Faults, quoteName, Refusal, refuseForm } from "./refusal.ts";
import { REFUSED_FORMS } from "./refused_forms.ts";
import { resolve, type Scope } from "./scope.ts";

/** Types of what SQL/JSON returns without RETURNING. */
const JSON_TYPES: Readonly<Record<string, string>> = {
  JSON_EXISTS_OP: "bool",
  JSON_QUERY_OP: "jsonb",
};

/** Checks every name in expressions, and tells what they cost. Adds to `faults` what is refused. */
export class ExpressionCheck {
  constructor(
    private readonly faults: Faults,
    /** Calls whose result is a column of the statement's own result. */
    private readonly outputs: ReadonlySet<FuncCall>,
    /** Checks a subquery inside a scope. */
    private readonly select: (select: SelectStmt, scope: Scope) => Rows,
  ) {}

  /** Checks an expression in its place, where the select pays for it. */
  evaluate(node: Node | undefined, scope: Scope): Expression {
    const made = this.#expression(node, scope);
    if (node !== undefined) scope.tally.spend(made.cost, describe(node));
    return made;
  }

  /** Checks all expressions of a part of the tree, such as a window. */
  evaluateAll(part: Node, scope: Scope): void {
    for (const child of childrenOf(part)) this.evaluate(child, scope);
  }

  /** @param takesRow whether a whole row may stand there */
  #expression(node: Node | undefined, scope: Scope, takesRow = false): Expression {
    // What was refused has left an empty node.
    if (node === undefined || Object.keys(node).length === 0) return UNKNOWN;
    if ("ColumnRef" in node) return this.#column(node.ColumnRef, scope, takesRow);
    if ("A_Const" in node) {
      const value = this.#collect(() => literalValue(node.A_Const)) ?? FIXED;
      return { value, cost: NODE, reads: [] };
    }
    if ("FuncCall" in node) return this.call(node.FuncCall, scope);
    if ("SubLink" in node) return this.#subquery(node.SubLink, scope);
    if ("A_Expr" in node) return this.#operator(node.A_Expr, scope);
    if ("TypeCast" in node) {
      const { arg, typeName } = node.TypeCast;
      this.#collect(() => checkType(typeName, arg));
      const type = typeOf(typeName);
      const isText = type === "text";
      const made = isText && arg !== undefined && "FuncCall" in arg
        ? this.call(arg.FuncCall, scope, "text")
        : this.#expression(arg, scope, isText);
      const lengths = (typeName?.typmods ?? []).map(readNumber);
      return this.#make(describe(node), [made], ([value = FIXED]) => cast(value, type, lengths));
    }
    if ("JsonFuncExpr" in node) {
      const { op = "", output } = node.JsonFuncExpr;
      if (output !== undefined) this.#collect(() => checkType(output.typeName));
      const type = output === undefined ? JSON_TYPES[op] ?? "text" : typeOf(output.typeName);
      const parts = this.#children(node, scope);
      return this.#make(
        describe(node),
        parts,
        (values) => cast(apply("JsonFuncExpr", values), type),
      );
    }
    if ("CollateClause" in node) this.#collect(() => checkCollation(node.CollateClause.collname));
    if ("A_Indirection" in node) this.#collect(() => checkIndirection(node));
    if ("CaseExpr" in node) return this.#case(node, scope);
    if (!isExpression(node)) this.faults.add(refuseForm());
    const [type = ""] = Object.keys(node);
    const name = "MinMaxExpr" in node ? outputName(node) : type;
    const parts = this.#children(node, scope, "NullTest" in node);
    // Planning rewrites conditions several times.
    const nodes = "BoolExpr" in node ? 1 + parts.length : 1;
    return this.#make(describe(node), parts, (values) => apply(name, values), nodes);
  }

  #case(node: CaseNode, scope: Scope): Expression {
    const { arg, args = [], defresult } = node.CaseExpr;
    const tested = arg === undefined ? undefined : this.#expression(arg, scope);
    const branches = args.flatMap((branch) => "CaseWhen" in branch ? branch.CaseWhen : []);
    const conditions = branches.map(({ expr }) => this.#expression(expr, scope));
    const results = [...branches.map(({ result }) => result), defresult]
      .flatMap((result) => result === undefined ? [] : this.#expression(result, scope));
    // Planning copies a constant that is tested for each condition: 100 copies of 4 MB took 400 MB.
    const copies = conditions.map(() => ({ ...UNKNOWN, cost: tested?.value.bytes ?? 0 }));
    return this.#make(
      describe(node),
      [tested ?? [], conditions, results, copies].flat(),
      () => apply("CaseExpr", results.map(({ value }) => value)),
    );
  }

  /** @param nodes parts that planning counts for it, beside its own parts */
  #make(
    what: string,
    parts: readonly Expression[],
    compute: (values: readonly Value[]) => Value,
    nodes = 1,
  ): Expression {
    const values = parts.map(({ value }) => value);
    const { work = 0, ...made } = this.#collect(() => compute(values)) ?? FIXED;
    const refusal = refuseValue(made.bytes, what);
    if (refusal !== undefined) this.faults.add(refusal);
    return {
      // Only the first fault is named, not what follows from it.
      value: refusal === undefined ? made : FIXED,
      cost: parts.reduce(
        (sum, { cost }) => sum + cost,
        refusal === undefined ? nodes * NODE + made.bytes + work : 0,
      ),
      reads: [...new Set(parts.flatMap(({ reads }) => reads))],
    };
  }

  #column(reference: ColumnRef, scope: Scope, takesRow: boolean): Expression {
    const found = this.#collect(() => resolve(reference, scope, takesRow));
    if (found === undefined) return UNKNOWN;
    const { columns, reads, isRow } = found;
    for (const column of columns) scope.tally.read.add(column);
    const made = isRow
      ? this.#make("a row", columns, (values) => apply("RowExpr", values))
      : columns[0] ?? UNKNOWN;
    scope.tally.note(reads, scope.sources);
    return { value: made.value, cost: made.cost + NODE, reads };
  }

  #operator({ kind, name, lexpr, rexpr }: A_Expr, scope: Scope): Expression {
    const operator = readNames(name).join(".");
    const isBetween = kind?.includes("BETWEEN") === true;
    if (!isBetween) this.#collect(() => checkOperator(operator));
    const takesRow = /^AEXPR_(OP|DISTINCT|NOT_DISTINCT)$/.test(kind ?? "") &&
      ROW_OPERATORS.has(operator) && [lexpr, rexpr].every((side) => this.#isRow(side, scope));
    const parts = this.#children({ lexpr, rexpr }, scope, takesRow);
    const [left = UNKNOWN, right = UNKNOWN] = parts;
    if (operator === "=") link(left, right, scope);
    const form = isBetween ? "=" : kind === "AEXPR_NULLIF" ? "nullif" : operator;
    const made = this.#make(
      `the operator ${quoteName(operator)}`,
      parts,
      (values) => apply(form, values),
    );
    const isRow = lexpr !== undefined && "RowExpr" in lexpr;
    // Postgres writes these out as comparisons, each with a copy of the left side.
    const copies = kind?.endsWith("SYM") === true
      ? [...parts, left, left]
      : isBetween
      ? [left]
      : kind === "AEXPR_IN"
      ? parts.slice(1).flatMap(({ reads }) => reads.length > 0 || isRow ? left : [])
      : [];
    return { ...made, cost: copies.reduce((sum, { cost }) => sum + NODE + cost, made.cost) };
  }

  /** Returns whether a node stands for a whole row, which only a few expressions take. */
  #isRow(node: Node | undefined, scope: Scope): boolean {
    if (node === undefined || !("ColumnRef" in node)) return false;
    return this.#collect(() => resolve(node.ColumnRef, scope, true))?.isRow ?? false;
  }

  #subquery(
    { subLinkType, testexpr, operName, subselect }: SubLink,
    scope: Scope,
  ): Expression {
    const operator = operName === undefined ? "=" : readNames(operName).join(".");
    this.#collect(() => checkOperator(operator));
    const tested = this.#expression(testexpr, scope);
    if (subselect === undefined || !("SelectStmt" in subselect)) {
      this.faults.add(refuseForm());
      return UNKNOWN;
    }
    const { columns, rows, own, reads, keys } = this.select(subselect.SelectStmt, scope);
    const [{ value } = UNKNOWN] = columns;
    const made = this.#make("a subquery", [tested], ([first = FIXED]) => {
      if (subLinkType === "EXPR_SUBLINK") return value;
      if (subLinkType === "ARRAY_SUBLINK") {
        const bytes = keptBytes(columns, rows, false);
        return { bytes, work: bytes };
      }
      // Only what is compared with rows outside may be kept.
      if (subLinkType === "EXISTS_SUBLINK") return { ...FIXED, work: keptBytes(keys) };
      const compared = apply(operator, [first, value]);
      return { ...compared, work: (compared.work ?? 0) + keptBytes(columns, rows) };
    });
    return { ...made, cost: made.cost + own, reads: [...new Set([...made.reads, ...reads])] };
  }

  /**
   * Checks a call: the function's name and its arguments.
   *
   * @param place whether the result is cast to text at once, or is a source of a FROM
   */
  call(call: FuncCall, scope: Scope, place?: "text" | "from"): Expression {
    const name = functionName(call);
    const { tally } = scope;
    this.#collect(() => checkFunctionName(call));
    this.#collect(() => checkUse(call, place === "text" || this.outputs.has(call)));
    const takesRow = ROW_FUNCTIONS.has(name);
    const args = readArguments(call).map((node) => this.#expression(node, scope, takesRow));
    const others = this.#children({ ...call, args: undefined }, scope);
    const parts = [...args, ...others];
    const made = this.#make(`${name}(…)`, parts, () => {
      // percentile_cont(0.5) within group (order by x) is made of x.
      const values = (call.agg_within_group === true ? others : args).map(({ value }) => value);
      const value = apply(name, values);
      if (name === "generate_series") tally.addSeries(value.rows ?? 1);
      return COLLECTING.has(name) && call.over === undefined
        ? { ...value, mean: Math.min(value.bytes, tally.collected * (widthOf(parts) + 8)) }
        : value;
    });
    if (call.over !== undefined) tally.sorts++;
    // One of a row outside belongs to the select there.
    else if (AGGREGATES.has(name) && isOwn(made, scope)) tally.aggregates++;
    if (call.agg_order !== undefined || call.agg_distinct === true) tally.sort(parts);
    // Each row has another value.
    const reads = call.over === undefined && name !== "random" ? made.reads : scope.sources;
    if (!TABLE_FUNCTIONS.has(name) || place === "from") return { ...made, reads };
    const source = { ...NO_SOURCE, reads, rows: rowsOfCall(name, made) };
    tally.unnested.push(source);
    return { ...made, reads: [...reads, source] };
  }

  #children(node: object, scope: Scope, takesRow = false): readonly Expression[] {
    return childrenOf(node).map((child) => this.#expression(child, scope, takesRow));
  }

  #collect<Result>(check: () => Result): Result | undefined {
    return this.faults.collect(check);
  }
}

/** Returns how many rows a call makes as a source of a FROM. */
export function rowsOfCall(name: string, { value, reads }: Expression): number {
  if (reads.length > 0) return ELEMENTS;
  return name === "generate_series" ? value.rows ?? SERIES_ROWS : 1 + value.bytes / 4;
}

/** Returns the expressions directly below a part of the tree. */
function childrenOf(part: object): Node[] {
  return Object.entries(part).flatMap(([field, item]: [string, unknown]) => {
    if (field === "typeName" || typeof item !== "object" || item === null) return [];
    return isExpression(item) ? [item] : childrenOf(item);
  });
}

/** Returns whether an expression is computed from rows of its select. */
function isOwn({ reads }: Expression, { sources }: Scope): boolean {
  return reads.length === 0 || reads.some((source) => sources.includes(source));
}

/** Counts a comparison of rows of a select with those of another relation. */
function link(left: Expression, right: Expression, scope: Scope): void {
  const isApart = left.reads.length > 0 && right.reads.length > 0 &&
    !left.reads.some((source) => right.reads.includes(source));
  const own = [left, right].filter((side) => isOwn(side, scope));
  if (!isApart || own.length === 0) return;
  scope.tally.links++;
  if (own.length === 1) scope.tally.keys.push(...own);
}

/** Returns the user's word for an expression. */
function describe(node: Node): string {
  const name = outputName(node);
  return name === "?column?" ? "an expression" : quoteName(name);
}

function typeOf(type: TypeName | undefined): string {
  const name = readNames(type?.names).at(-1) ?? "";
  return type?.arrayBounds === undefined ? name : `${name}[]`;
}

function checkIndirection({ A_Indirection: { arg, indirection = [] } }: IndirectionNode): void {
  const isChecked = indirection.every((step, index) =>
    "A_Indices" in step || (index === 0 && isFieldOf(arg, step))
  );
  const [reason = "", hint] = REFUSED_FORMS.get("A_Indirection.indirection") ?? [];
  if (!isChecked) throw new Refusal("chat.form_refused", reason, hint);
}

type CaseNode = Extract<Node, { CaseExpr: unknown }>;
type IndirectionNode = Extract<Node, { A_Indirection: unknown }>;

/** Returns whether a name is that of a column in the rows of a call, as in `(jsonb_each(x)).key`. */
function isFieldOf(call: Node | undefined, field: Node): boolean {
  if (call === undefined || !("FuncCall" in call) || !("String" in field)) return false;
  const table = TABLE_FUNCTIONS.get(functionName(call.FuncCall));
  return table?.returns === "row" && table.columns.includes(field.String.sval ?? "");
}

function checkCollation(collname: readonly Node[] | undefined): void {
  const [collation = "", ...others] = readNames(collname);
  if (others.length === 0 && ALLOWED_COLLATIONS.has(collation)) return;
  const known = [...ALLOWED_COLLATIONS].map((name) => `collate "${name}"`).join(", ");
  throw new Refusal(
    "chat.type_refused",
    `The collation ${quoteName(collation)} is not allowed.`,
    `Leave it out, or write ${known}.`,
  );
}

/** Checks how a call is used, and what only some calls are given. */
function checkUse(call: FuncCall, isShown: boolean): void {
  const name = functionName(call);
  if (name === "pg_typeof" && !isShown) {
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
  if (COLLECTING.has(name) && readNames(call.funcname).length > 1) {
    throw tooLarge(`The function ${name} is named with a schema.`, `Write ${name} alone.`);
  }
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
  // Queries have a type jsonb of their own, which Postgres' would replace.
  const isHidden = name === "jsonb" && names.length > 1;
  if (!isOfPostgres(names) || isHidden || !ALLOWED_TYPES.has(name) && !isPath) {
    throw new Refusal(
      "chat.type_refused",
      `The type ${quoteName(names.join("."))} is not allowed.`,
      insteadOfType(name),
    );
  }
}

/** @param operator its name, with a schema before it if one is written */
function checkOperator(operator: string): void {
  if (ALLOWED_OPERATORS.has(operator)) return;
  throw new Refusal(
    "chat.operator_refused",
    `The operator ${quoteName(operator)} is not allowed here.`,
    insteadOfOperator(operator),
  );
}

/** Returns whether a name is written without a schema, or with that of Postgres' own functions. */
function isOfPostgres(names: readonly string[]): boolean {
  return names.length === 1 || (names.length === 2 && names[0] === "pg_catalog");
}
