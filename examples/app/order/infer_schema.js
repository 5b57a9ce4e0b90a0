/** @import { JsonObject, JsonValue } from "./order_data.ts" */

/**
 * Infers the JSON schema of expected answers, as `deno task benchmark` does: every answer fits it, fields
 * keep the order in which they first appear, and those that every object has are required.
 *
 * @param {JsonValue[]} answers
 * @returns {JsonObject}
 */
export function inferSchema(answers) {
  const present = answers.filter((answer) => answer !== null);
  /** @type {string[]} */
  const types = [...new Set(present.map(typeOf))]
    .filter((type, _, all) => type !== "integer" || !all.includes("number"));
  // Nothing is known of a value that is always null. Most fields of documents are texts.
  if (types.length === 0 && answers.length > 0) types.push("string");
  if (present.length < answers.length) types.push("null");
  const [only] = types;
  return {
    ...types.length === 0 ? {} : { type: types.length === 1 && only !== undefined ? only : types },
    ...types.includes("object") ? inferFields(present.filter(isObject)) : {},
    ...types.includes("array")
      ? { items: inferSchema(present.filter((answer) => Array.isArray(answer)).flat()) }
      : {},
  };
}

/**
 * @param {JsonObject[]} objects
 * @returns {JsonObject}
 */
function inferFields(objects) {
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

/**
 * @param {JsonValue} value
 * @returns {value is JsonObject}
 */
export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @param {JsonValue} value */
function typeOf(value) {
  if (Array.isArray(value)) return "array";
  if (typeof value === "bigint") return "integer";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}
