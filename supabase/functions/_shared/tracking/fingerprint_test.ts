import assert from "node:assert/strict";
import { fingerprintFailure } from "./fingerprint.ts";

const failure = (error_message: string, tool_name = "login", error_class: string | null = null) =>
  fingerprintFailure({ tool_name, error_class, error_message }).fingerprint;

Deno.test("fingerprintFailure() depends only on tool, class and first line", () => {
  assert.notEqual(failure("boom", "a"), failure("boom", "b"));
  assert.notEqual(failure("boom", "a", "TypeError"), failure("boom", "a", "RangeError"));
  assert.notEqual(failure("boom"), failure("bang"));
  assert.equal(failure("boom\n  at x.ts:1:2"), failure("\n  boom \n  at y.ts:30:4"));
  assert.match(failure(""), /^[0-9a-f]{64}$/);
});
