import assert from "node:assert/strict";
import { checkText } from "./check_text.ts";

Deno.test("checkText() finds what Postgres would refuse, in values and in keys, by its path", () => {
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

Deno.test("checkText() lets the six letters of an escape pass, which are plain text", () => {
  assert.deepEqual(checkText(["\\u0000", 0, null, true], "x"), []);
});
