import { canonicalJson, hashJson } from "../../platform/json/hash_json.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../platform/json/json_value.ts";
import { LOCATION_FIELDS } from "./node_shapes.ts";

/** Replacement of every literal. */
const LITERAL = "?";

/** Fields for the location, the version of the grammar, and the schema, which is always `chat`. */
const LEFT_OUT = [...LOCATION_FIELDS, "stmt_location", "stmt_len", "version", "schemaname"];

/** Fields in which a number names a column of the result or belongs to a type. */
const KEEPS_NUMBERS = ["sortClause", "groupClause", "distinctClause", "typmods"];

/**
 * Returns the SHA-256, in hexadecimal, of a statement's tree without what differs when the same
 * question is asked again: literals and the length of lists of them, white space, comments, letter
 * case, and whether `chat.` is written. `order by 1` keeps its number, and a cast its type.
 *
 * @param tree result of the parser for one allowed statement
 */
export async function shapeHash(tree: JsonObject): Promise<string> {
  return await hashJson(shapeOf(tree));
}

function shapeOf(value: JsonValue): JsonValue {
  if (Array.isArray(value)) {
    const shapes = value.map(shapeOf);
    const [first] = shapes;
    const isRepeated = first !== undefined && isLiteral(first) &&
      shapes.every((shape) => canonicalJson(shape) === canonicalJson(first));
    return isRepeated ? [first] : shapes;
  }
  if (!isJsonObject(value)) return value;
  if ("A_Const" in value) return LITERAL;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !LEFT_OUT.includes(name))
      .map(([name, field]) => [
        name,
        KEEPS_NUMBERS.includes(name) && Array.isArray(field)
          ? field.map((item) => numberOf(item) ?? shapeOf(item))
          : shapeOf(field),
      ]),
  );
}

/** Returns the number if an item is a plain number, or is sorted by one; otherwise undefined. */
function numberOf(item: JsonValue): JsonValue | undefined {
  if (!isJsonObject(item)) return undefined;
  if (isJsonObject(item.SortBy)) {
    const { node = null, sortby_dir = null, sortby_nulls = null } = item.SortBy;
    const number = numberOf(node);
    return number === undefined ? undefined : [number, sortby_dir, sortby_nulls];
  }
  return isJsonObject(item.A_Const) ? item.A_Const.ival : undefined;
}

/** Returns whether a shape is a literal, with or without casts, or a list or array of literals only. */
function isLiteral(shape: JsonValue): boolean {
  if (shape === LITERAL) return true;
  if (!isJsonObject(shape)) return false;
  const { TypeCast, List, A_ArrayExpr } = shape;
  if (isJsonObject(TypeCast)) return isLiteral(TypeCast.arg ?? null);
  const items = isJsonObject(List)
    ? List.items
    : isJsonObject(A_ArrayExpr)
    ? A_ArrayExpr.elements
    : undefined;
  return Array.isArray(items) && items.length > 0 && items.every(isLiteral);
}
