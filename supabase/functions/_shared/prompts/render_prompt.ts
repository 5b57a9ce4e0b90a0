import { isJsonObject, type JsonObject, type JsonValue } from "../platform/json/json_value.ts";
import { writeJson } from "../platform/json/lossless_json.ts";

/** White space that a placeholder may have around its name. The database uses the same characters. */
const SPACE = String.raw`\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff`;

/** Matches `{{field}}` and `{{path.to.field}}`, as the database's `find_placeholders` does. */
const PLACEHOLDER = new RegExp(
  String.raw`\{\{[${SPACE}]*([^{}${SPACE}](?:[^{}]*[^{}${SPACE}])?)[${SPACE}]*\}\}`,
  "g",
);

/**
 * Renders a prompt. Text is inserted as it is and everything else as JSON, in one pass: placeholders
 * within inserted text are left alone.
 *
 * @example renderPrompt("Hi {{user.name}}", { user: { name: "Ada" } }) // "Hi Ada"
 * @throws {MissingFieldError} if a placeholder has no value
 */
export function renderPrompt(body: string, fields: JsonObject): string {
  return body.replace(PLACEHOLDER, (_, name: string) => {
    const value = findField(fields, name);
    if (value === undefined) throw new MissingFieldError(name);
    return typeof value === "string" ? value : writeJson(value);
  });
}

/** Error for a placeholder whose field the row lacks. */
export class MissingFieldError extends Error {
  override readonly name = "MissingFieldError";
  constructor(readonly field: string) {
    super(`There is no field "${field}".`);
  }
}

/**
 * Returns the value of a placeholder: the field of exactly that name, otherwise the one at the path
 * through objects and, by index, lists. Returns `undefined` if there is none; null is a value.
 */
export function findField(fields: JsonObject, name: string): JsonValue | undefined {
  if (Object.hasOwn(fields, name)) return fields[name];
  let value: JsonValue | undefined = fields;
  for (const key of name.split(".")) {
    if (Array.isArray(value)) value = /^\d+$/.test(key) ? value[Number(key)] : undefined;
    else value = isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
    if (value === undefined) return undefined;
  }
  return value;
}

/** Splits a prompt into its own text and the names of its placeholders, repeated ones included. */
export function splitTemplate(
  body: string,
): { readonly text: string; readonly names: readonly string[] } {
  return {
    text: body.replace(PLACEHOLDER, ""),
    names: Array.from(body.matchAll(PLACEHOLDER), ([, name = ""]) => name),
  };
}
