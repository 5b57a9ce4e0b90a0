import type { SelectStmt } from "libpg-query";
import { isJsonObject, type JsonObject, type JsonValue } from "../../platform/json/json_value.ts";
import { type FieldRule, LOCATION_FIELDS, NODE_SHAPES } from "./node_shapes.ts";
import { quoteName, Refusal } from "./refusal.ts";

/** Deepest nesting of nodes. */
const MAX_DEPTH = 100;
/** Most nodes of a statement. */
const MAX_NODES = 4_000;

/** Reasons for the forms of SQL that a model is most likely to try, by field or node type. */
const REASONS: Readonly<Record<string, string>> = {
  "SelectStmt.intoClause": "SELECT INTO is not allowed.",
  "SelectStmt.lockingClause": "Rows cannot be locked: leave FOR UPDATE or FOR SHARE out.",
  "SelectStmt.limitCount": "LIMIT takes a number.",
  "SelectStmt.limitOffset": "OFFSET takes a number.",
  "WithClause.recursive": "Recursive common table expressions are not allowed.",
  "CommonTableExpr.ctequery": "A common table expression can only be a SELECT.",
  "RangeVar.catalogname": "Relations are named without a database.",
  "RangeFunction.is_rowsfrom": "ROWS FROM is not allowed: call one function in FROM.",
  "A_Indirection.indirection":
    "Only subscripts may follow an expression: select a column by its alias, and read JSON with -> and ->>.",
  "FuncCall.func_variadic": "VARIADIC arguments are not allowed.",
  "SQLValueFunction.op": "The current user, role, schema and catalog cannot be read.",
  "SortBy.sortby_dir": "ORDER BY ... USING is not allowed: write asc or desc.",
  RangeTableSample: "TABLESAMPLE is not allowed.",
  ParamRef: "Parameters such as $1 are not allowed: write the value.",
};

/**
 * Checks that a tree holds one SELECT with allowed nodes and fields only, and returns that SELECT.
 *
 * @param tree result of the parser: `{version, stmts}`
 * @throws {Refusal} for anything else
 */
export function checkShape(tree: JsonObject): SelectStmt {
  const statements = tree.stmts;
  const [only] = Array.isArray(statements) ? statements : [];
  if (!Array.isArray(statements) || statements.length !== 1 || !isJsonObject(only)) {
    throw new Refusal("chat.not_one_statement", "Write exactly one statement.");
  }
  const statement = only.stmt;
  const select = isJsonObject(statement) ? statement.SelectStmt : undefined;
  if (select === undefined) {
    throw new Refusal("chat.not_a_select", "Only a SELECT statement is allowed.");
  }
  return asSelect(new ShapeCheck().node(select, "SelectStmt", 0));
}

/** Narrows the type: every field was checked against the names and kinds of the grammar. */
function asSelect(checked: JsonObject): SelectStmt {
  return checked;
}

/** Checks the nodes of one statement. */
class ShapeCheck {
  #nodes = 0;

  /** Checks a node of a type, with all nodes below it, and returns it. */
  node(node: JsonValue, type: string, depth: number): JsonObject {
    const shape = Object.hasOwn(NODE_SHAPES, type) ? NODE_SHAPES[type] : undefined;
    if (shape === undefined || !isJsonObject(node)) throw refuseForm(type);
    this.#nodes++;
    if (depth > MAX_DEPTH) {
      throw new Refusal("chat.too_large", "The statement is nested too deep: simplify it.");
    }
    if (this.#nodes > MAX_NODES) {
      throw new Refusal("chat.too_large", "The statement has too many parts: simplify it.");
    }
    for (const [name, field] of Object.entries(node)) {
      if (LOCATION_FIELDS.includes(name)) {
        if (typeof field !== "number") throw refuseForm(`${type}.${name}`);
        continue;
      }
      const rule = Object.hasOwn(shape, name) ? shape[name] : undefined;
      if (rule === undefined) throw refuseForm(`${type}.${name}`);
      this.#field(field, rule, `${type}.${name}`, depth + 1);
    }
    return node;
  }

  #field(field: JsonValue, rule: FieldRule, path: string, depth: number): void {
    switch (rule.kind) {
      case "value":
        if (typeof field === "object") throw refuseForm(path);
        return;
      case "word":
        if (typeof field !== "string" && typeof field !== "boolean") throw refuseForm(path);
        if (!rule.words.includes(field)) throw refuseForm(path);
        return;
      case "bare":
        this.node(field, rule.type, depth);
        return;
      case "node":
        return this.#wrapped(field, rule.types, path, depth);
      case "list":
        if (!Array.isArray(field)) throw refuseForm(path);
        for (const item of field) {
          const isNone = isJsonObject(item) && Object.keys(item).length === 0;
          if (!(isNone && rule.none)) this.#wrapped(item, rule.types, path, depth);
        }
    }
  }

  /** Checks a node that is wrapped in its name: `{"ColumnRef": {…}}`. */
  #wrapped(wrapped: JsonValue, types: readonly string[], path: string, depth: number): void {
    const [entry, ...others] = isJsonObject(wrapped) ? Object.entries(wrapped) : [];
    if (entry === undefined || others.length > 0) throw refuseForm(path);
    const [type, node] = entry;
    if (!types.includes(type)) throw refuseForm(Object.hasOwn(REASONS, path) ? path : type);
    this.node(node, type, depth);
  }
}

function refuseForm(path: string): Refusal {
  const reason = Object.hasOwn(REASONS, path) ? REASONS[path] : undefined;
  return new Refusal(
    "chat.form_refused",
    reason ?? `This form of SQL is not allowed (${quoteName(path)}): write it in a plainer way.`,
  );
}
