/**
 * Characters that steer what shows a text, except tab and line feed: C0 and C1 controls, with which
 * escape sequences of terminals begin, and marks that change the direction of writing.
 */
const CONTROL_CHARACTERS =
  // The rule is off here because control characters are just what this finds.
  // deno-lint-ignore no-control-regex
  /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Replaces the characters with which a text could steer a terminal or a page, each by `substitute`. The
 * result of a text that was cut into pieces is the same as that of the whole.
 *
 * @example
 * replaceControlCharacters("\x1b[31mred", ""); // "[31mred"
 */
export function replaceControlCharacters(text: string, substitute: string): string {
  return text.replace(CONTROL_CHARACTERS, substitute);
}
