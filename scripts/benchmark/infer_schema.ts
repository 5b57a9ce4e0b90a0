import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from "../../supabase/functions/_shared/platform/json/json_value.ts";

/**
 * Infers the JSON schema of expected answers. Every answer fits it.
 *
 * - Fields keep the order in which they first appear.
 * - A field is required if every object has it. Otherwise models may leave it out or write null,
 *   which then counts as absent.
 * - A value that is null somewhere may be null. Whole numbers everywhere are `integer`.
 */
export function inferSchema(answers: readonly JsonValue[]): JsonObject {
  const present = answers.filter((answer) => answer !== null);
  const types = [...new Set(present.map(typeOf))].filter((type, _, all) =>
    type !== "integer" || !all.includes("number")
  );
  // Nothing is known of a value that is always null. Most fields of documents are texts.
  if (types.length === 0 && answers.length > 0) types.push("string");
  if (present.length < answers.length) types.push("null");
  const [only] = types;
  return {
    ...types.length === 0 ? {} : { type: types.length === 1 && only !== undefined ? only : types },
    ...types.includes("object") ? inferFields(present.filter(isJsonObject)) : {},
    ...types.includes("array")
      ? { items: inferSchema(present.filter((answer) => Array.isArray(answer)).flat()) }
      : {},
  };
}

function inferFields(objects: readonly JsonObject[]): JsonObject {
  const names = [...new Set(objects.flatMap((object) => Object.keys(object)))];
  const fields = names.map((name) => {
    const values = objects.flatMap((object) =>
      Object.hasOwn(object, name) ? [object[name] ?? null] : []
    );
    return { name, schema: inferSchema(values), isRequired: values.length === objects.length };
  });
  return {
    properties: Object.fromEntries(fields.map(({ name, schema }) => [name, schema])),
    required: fields.filter(({ isRequired }) => isRequired).map(({ name }) => name),
    additionalProperties: false,
  };
}

function typeOf(value: JsonValue): string {
  if (Array.isArray(value)) return "array";
  switch (typeof value) {
    case "bigint":
      return "integer";
    case "number":
      return Number.isInteger(value) ? "integer" : "number";
    default:
      return typeof value;
  }
}
