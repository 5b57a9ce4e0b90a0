import type { SelectStmt } from "libpg-query";
import { isJsonObject, type JsonObject, type JsonValue } from "../../platform/json/json_value.ts";
import { type FieldRule, LOCATION_FIELDS, NODE_SHAPES } from "./node_shapes.ts";
import { type Faults, Refusal, refuseForm } from "./refusal.ts";
import { REFUSED_FORMS } from "./refused_forms.ts";

/** Deepest nesting of nodes. */
const MAX_DEPTH = 100;
/** Most nodes of a statement. */
const MAX_NODES = 4_000;

/**
 * Checks that a tree holds one SELECT with allowed nodes and fields only. Returns that SELECT without the
 * fields that were refused, and with an empty node in the place of each that was.
 *
 * @param tree result of the parser: `{version, stmts}`
 * @param faults receives what is refused
 * @throws {Refusal} if the tree holds no SELECT or is too large to be looked at
 */
export function checkShape(tree: JsonObject, faults: Faults): SelectStmt {
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
  return asSelect(new ShapeCheck(faults).node(select, "SelectStmt", 0));
}

/** Narrows the type: every field was checked against the names and kinds of the grammar. */
function asSelect(checked: JsonObject): SelectStmt {
  return checked;
}

/** Checks the nodes of one statement. */
class ShapeCheck {
  #nodes = 0;

  constructor(private readonly faults: Faults) {}

  /** Checks a node of a type, with all nodes below it, and returns what is allowed of it. */
  node(node: JsonValue, type: string, depth: number): JsonObject {
    const shape = Object.hasOwn(NODE_SHAPES, type) ? NODE_SHAPES[type] : undefined;
    if (shape === undefined || !isJsonObject(node)) return this.#refuse(type);
    this.#nodes++;
    if (depth > MAX_DEPTH) {
      throw new Refusal("chat.too_large", "The statement is nested too deep.", "Simplify it.");
    }
    if (this.#nodes > MAX_NODES) {
      throw new Refusal("chat.too_large", "The statement has too many parts.", "Simplify it.");
    }
    const allowed: JsonObject = {};
    for (const [name, field] of Object.entries(node)) {
      const isLocation = LOCATION_FIELDS.includes(name);
      const rule = isLocation ? LOCATION : Object.hasOwn(shape, name) ? shape[name] : undefined;
      const path = `${type}.${name}`;
      if (rule === undefined) this.#refuse(path);
      else allowed[name] = this.#field(field, rule, path, depth + 1);
    }
    return allowed;
  }

  #field(field: JsonValue, rule: FieldRule, path: string, depth: number): JsonValue {
    switch (rule.kind) {
      case "value":
        return typeof field === "object" ? this.#refuse(path) : field;
      case "word": {
        const isWord = typeof field === "string" || typeof field === "boolean";
        if (!isWord || !rule.words.includes(field)) this.#refuse(path);
        return isWord ? field : "";
      }
      case "bare":
        return this.node(field, rule.type, depth);
      case "node":
        return this.#wrapped(field, rule.types, path, depth);
      case "list": {
        if (!Array.isArray(field)) {
          this.#refuse(path);
          return [];
        }
        return field.map((item) => {
          const isNone = rule.none && isJsonObject(item) && Object.keys(item).length === 0;
          return isNone ? item : this.#wrapped(item, rule.types, path, depth);
        });
      }
    }
  }

  /** Checks a node that is wrapped in its name: `{"ColumnRef": {…}}`. */
  #wrapped(
    wrapped: JsonValue,
    types: readonly string[],
    path: string,
    depth: number,
  ): JsonObject {
    const [entry, ...others] = isJsonObject(wrapped) ? Object.entries(wrapped) : [];
    if (entry === undefined || others.length > 0) return this.#refuse(path);
    const [type, node] = entry;
    if (!types.includes(type)) return this.#refuse(REFUSED_FORMS.has(path) ? path : type);
    return { [type]: this.node(node, type, depth) };
  }

  /** Adds a fault and returns an empty node. */
  #refuse(path: string): JsonObject {
    const form = REFUSED_FORMS.get(path);
    this.faults.add(form === undefined ? refuseForm() : new Refusal("chat.form_refused", ...form));
    return {};
  }
}

const LOCATION: FieldRule = { kind: "value" };
