import { isJsonObject, type JsonObject, type JsonValue } from "../platform/json/json_value.ts";
import { FieldRules } from "./field_rules.ts";

/**
 * Returns a function that puts the fields of a value in the order of `schema`, at every level. Fields
 * that the schema does not name follow in the order in which they came.
 */
export function createFieldOrder(schema: JsonObject): (value: JsonValue) => JsonValue {
  const root = new FieldRules(schema, [schema]);
  return (value) => order(value, root);
}

function order(value: JsonValue, rules: FieldRules): JsonValue {
  if (Array.isArray(value)) {
    return value.map((element, index) => order(element, rules.element(index)));
  }
  if (!isJsonObject(value)) return value;
  const named = rules.names.filter((name) => Object.hasOwn(value, name));
  return Object.fromEntries(
    [...new Set([...named, ...Object.keys(value)])]
      .map((name) => [name, order(value[name] ?? null, rules.property(name))]),
  );
}
