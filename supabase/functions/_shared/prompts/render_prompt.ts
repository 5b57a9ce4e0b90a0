import { isJsonObject, type JsonObject, type JsonValue } from "../platform/json/json_value.ts";
import { writeJson } from "../platform/json/lossless_json.ts";

/** White space, of which a placeholder may have some around its name. */
const SPACE = String.raw`\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff`;

/** `{{field}}` or `{{path.to.field}}`, as the database's `find_placeholders` reads it. */
const PLACEHOLDER = new RegExp(
  String.raw`\{\{[${SPACE}]*([^{}${SPACE}](?:[^{}]*[^{}${SPACE}])?)[${SPACE}]*\}\}`,
  "g",
);

/** A placeholder that names nothing. */
export class MissingFieldError extends Error {
  override readonly name = "MissingFieldError";
  constructor(readonly field: string) {
    super(`There is no field "${field}".`);
  }
}

/**
 * What a placeholder stands for: the field of that very name, else the one that the dots lead to,
 * through objects and, by number, lists. `undefined` where there is none; null is a value.
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

/**
 * Fills a prompt in. Text is inserted as it is and everything else as JSON, in one pass: what is
 * inserted is not looked at again, whatever braces it has.
 *
 * @example renderPrompt("Hi {{user.name}}", { user: { name: "Ada" } }) // "Hi Ada"
 * @throws {MissingFieldError}
 */
export function renderPrompt(body: string, fields: JsonObject): string {
  return body.replace(PLACEHOLDER, (_, name: string) => {
    const value = findField(fields, name);
    if (value === undefined) throw new MissingFieldError(name);
    return typeof value === "string" ? value : writeJson(value);
  });
}

/** A prompt's own text, and the names of its placeholders, each as often as it stands there. */
export function splitTemplate(
  body: string,
): { readonly text: string; readonly names: readonly string[] } {
  return {
    text: body.replace(PLACEHOLDER, ""),
    names: Array.from(body.matchAll(PLACEHOLDER), ([, name = ""]) => name),
  };
}
