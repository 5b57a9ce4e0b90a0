import { expandSchemas } from "../compare/field_rules.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../platform/json/json_value.ts";

/**
 * Removes nulls from an answer whose schema allows the field to be absent but not null. Providers
 * that require every field make their models write such nulls, so they count as absent for every
 * provider.
 */
export function dropAbsentNulls(answer: JsonValue, root: JsonObject): JsonValue {
  const drop = (value: JsonValue, schemas: readonly JsonObject[]): JsonValue => {
    if (schemas.length === 0) return value;
    if (Array.isArray(value)) {
      const items = expandSchemas(root, schemas.map((schema) => schema["items"]));
      return items.length === 0 ? value : value.map((item) => drop(item, items));
    }
    if (!isJsonObject(value)) return value;
    const kept = Object.entries(value).flatMap(([name, member]): [string, JsonValue][] => {
      const own = expandSchemas(
        root,
        schemas.map(({ properties }) =>
          isJsonObject(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined
        ),
      );
      if (member !== null) return [[name, drop(member, own)]];
      const isRequired = schemas.some(({ required }) =>
        Array.isArray(required) && required.includes(name)
      );
      return own.length === 0 || isRequired || own.some(mayBeNull) ? [[name, null]] : [];
    });
    return Object.fromEntries(kept);
  };
  return holdsNull(answer) ? drop(answer, expandSchemas(root, [root])) : answer;
}

/** Most answers hold none; to look up their fields in the schema takes as long as to compare them. */
function holdsNull(value: JsonValue): boolean {
  if (typeof value !== "object" || value === null) return value === null;
  return Object.values(value).some(holdsNull);
}

/** Keywords whose schemas decide instead. */
const REFERRING = ["$ref", "allOf", "anyOf", "oneOf"];

function mayBeNull(schema: JsonObject): boolean {
  const { type, enum: choices, const: only, nullable } = schema;
  if (nullable === true || only === null) return true;
  if (Array.isArray(choices)) return choices.includes(null);
  if (type === undefined) return only === undefined && !REFERRING.some((key) => key in schema);
  return Array.isArray(type) ? type.includes("null") : type === "null";
}
