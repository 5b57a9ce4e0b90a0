import type { FieldError } from "../../platform/http/field_error.ts";

/**
 * Finds text that Postgres cannot store although JSON can write it: the character U+0000, and
 * halves of surrogate pairs.
 *
 * @param path of `value` in the request.
 */
export function checkText(value: unknown, path: string): FieldError[] {
  if (typeof value === "string") {
    return isStorable(value) ? [] : [{
      path,
      code: "unstorable_text",
      message: "The text holds U+0000 or half of a surrogate pair.",
    }];
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    isStorable(key) ? checkText(member, `${path}.${key}`) : checkText(key, path)
  );
}

function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}
