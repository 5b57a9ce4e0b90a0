import assert from "node:assert/strict";
import { checkText } from "./check_configuration.ts";

Deno.test("checkText() finds text that Postgres cannot store in values and keys", () => {
  const found = checkText({
    prompt: "fine \u{1F9FE} é",
    images: [{ expected: { total: "1\u0000" } }, { expected: { "\ud83e": 1 } }],
    name: "\udd9e",
  }, "configuration");
  assert.deepEqual(found.map(({ path }) => path), [
    "configuration.images.0.expected.total",
    "configuration.images.1.expected",
    "configuration.name",
  ]);
});

Deno.test("checkText() accepts the letters of an escape sequence, which are plain text", () => {
  assert.deepEqual(checkText(["\\u0000", 0, null, true], "x"), []);
});
