import { isJsonObject, type JsonObject, type JsonValue } from "../../platform/json/json_value.ts";
import type { SchemaSubset } from "./schema_subset.ts";

/** Returns the types that a schema without `type` implies. */
export function inferTypes(schema: JsonObject): string[] {
  const { enum: choices, const: only } = schema;
  if (Array.isArray(choices)) return [...new Set(choices.map(typeOf))];
  if (only !== undefined) return [typeOf(only)];
  if (schema["properties"] !== undefined) return ["object"];
  return schema["items"] === undefined ? [] : ["array"];
}

function typeOf(value: JsonValue): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value === "bigint" ? "number" : typeof value;
}

/** Returns true if a pattern compiles and has no look-around and no back-references. */
export function isPlainPattern(pattern: string): boolean {
  if (/\(\?(?!:)|\\[1-9]|\\k</.test(pattern)) return false;
  try {
    new RegExp(pattern, "u");
    return true;
  } catch {
    return false;
  }
}

/** Returns true if a schema allows null. */
export function takesNull(schema: JsonValue): boolean {
  if (!isJsonObject(schema)) return false;
  const { type, anyOf, enum: choices, const: only } = schema;
  if (Array.isArray(anyOf)) return anyOf.some(takesNull);
  const types = Array.isArray(type) ? type : [type];
  return types.includes("null") && only === undefined &&
    (!Array.isArray(choices) || choices.includes(null));
}

/** Returns a schema that also allows null, as the provider takes it. */
export function allowNull(schema: JsonObject, subset: SchemaSubset): JsonObject {
  if (takesNull(schema)) return schema;
  const about = pick(schema, ["description"]);
  const { description: _about, ...bare } = schema;
  const { type, anyOf, enum: choices, ...rest } = bare;
  if (Array.isArray(anyOf)) return { ...about, anyOf: [...anyOf, { type: "null" }] };
  if (type === undefined || schema["const"] !== undefined || !subset.takesTypeLists) {
    return { ...about, anyOf: [bare, { type: "null" }] };
  }
  const types = Array.isArray(type) ? type : [type];
  return {
    ...about,
    type: types.includes("null") ? types : [...types, "null"],
    ...Array.isArray(choices) ? { enum: [...choices, null] } : {},
    ...rest,
  };
}

/** Returns one alternative for each type, for a provider that takes no list of types. */
export function splitTypes(schema: JsonObject, types: readonly string[]): JsonObject {
  const { enum: choices, const: only } = schema;
  const values = Array.isArray(choices) ? choices : only === undefined ? null : [only];
  const anyOf = types.flatMap((type): JsonObject[] => {
    const own = values?.filter((value) => isOfType(value, type));
    if (own?.length === 0) return [];
    return [{
      type,
      ...type === "object" ? pick(schema, ["properties", "required", "additionalProperties"]) : {},
      ...type === "array" ? pick(schema, ["items"]) : {},
      ...own === undefined ? {} : { enum: own },
    }];
  });
  return { ...pick(schema, ["description"]), anyOf };
}

/** Returns the members of these names. A description must be a text. */
export function pick(schema: JsonObject, keywords: readonly string[]): JsonObject {
  return Object.fromEntries(
    Object.entries(schema).filter(([key, value]) =>
      keywords.includes(key) && (key !== "description" || typeof value === "string")
    ),
  );
}

function isOfType(value: JsonValue, type: string): boolean {
  return type === "integer"
    ? typeof value === "bigint" || Number.isInteger(value)
    : typeOf(value) === type;
}

/**
 * Reads a name in a JSON pointer: percent-encoding first, then `~1` and `~0`. Null if it is
 * malformed.
 */
export function decodeName(encoded: string): string | null {
  try {
    return decodeURIComponent(encoded).replaceAll("~1", "/").replaceAll("~0", "~");
  } catch {
    return null;
  }
}

/** Writes what {@link decodeName} reads. */
export function encodeName(name: string): string {
  return encodeURIComponent(name.replaceAll("~", "~0").replaceAll("/", "~1"));
}
