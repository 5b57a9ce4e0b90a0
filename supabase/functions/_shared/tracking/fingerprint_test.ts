import assert from "node:assert/strict";
import { type Failure, fingerprintFailure } from "./fingerprint.ts";

const failure = (error_message: string, more: Partial<Failure> = {}) =>
  fingerprintFailure({ tool_name: "login", error_class: null, error_message, ...more }).fingerprint;

Deno.test("fingerprintFailure() depends on class and headline, and not on the test", () => {
  assert.equal(failure("boom", { tool_name: "a" }), failure("boom", { tool_name: "b" }));
  assert.notEqual(
    failure("boom", { error_class: "TypeError" }),
    failure("boom", { error_class: "RangeError" }),
  );
  assert.notEqual(failure("boom"), failure("bang"));
  assert.equal(failure("boom\n  at x.ts:1:2"), failure("\n  boom \n  at y.ts:30:4"));
  assert.match(failure(""), /^[0-9a-f]{64}$/);
});

Deno.test("fingerprintFailure() masks the name of the test where the message repeats it", () => {
  assert.equal(
    failure("test_login_works exceeded its memory", { tool_name: "test_login_works" }),
    failure("test_logout_works exceeded its memory", { tool_name: "test_logout_works" }),
  );
});

Deno.test("fingerprintFailure() takes a class for the same in the message and beside it", () => {
  assert.equal(
    failure("TypeError: boom"),
    failure("boom", { error_class: "TypeError" }),
  );
  assert.equal(
    failure("boom", { error_class: "org.opentest4j.AssertionFailedError" }),
    failure("AssertionError: boom"),
  );
});

Deno.test("fingerprintFailure() uses values and places only where the headline says too little", () => {
  const jest = (values: string, file: string) =>
    failure(
      `Error: expect(received).toBe(expected)\n\n${values}\n    at Object.<anonymous> (/a/${file}:3:5)`,
    );
  const numbers = "Expected: 3\nReceived: 4";
  const words = 'Expected: "paid"\nReceived: "open"';
  assert.notEqual(jest(numbers, "test/a.test.ts"), jest(numbers, "test/b.test.ts"));
  assert.equal(jest(numbers, "test/a.test.ts"), jest("Expected: 8\nReceived: 9", "test/a.test.ts"));
  assert.notEqual(jest(numbers, "test/a.test.ts"), jest(words, "test/a.test.ts"));
  assert.equal(jest(words, "test/a.test.ts"), jest(words, "test/b.test.ts"));
  assert.notEqual(
    jest("Expected: 200\nReceived: 500", "test/a.test.ts"),
    jest("Expected: 200\nReceived: 404", "test/a.test.ts"),
  );
  assert.notEqual(
    failure("expected 3, got 4", { class_name: "tests/a_test.ts" }),
    failure("expected 3, got 4", { class_name: "tests/b_test.ts" }),
  );
});

Deno.test("fingerprintFailure() tells an error that any code may have by its place", () => {
  const java = (frame: string) => failure(`java.lang.NullPointerException\n\tat ${frame}`);
  assert.notEqual(java("com.a.Cart.total(Cart.java:3)"), java("com.a.User.name(User.java:3)"));
  assert.equal(java("com.a.Cart.total(Cart.java:3)"), java("com.a.Cart.total(Cart.java:9)"));
});

Deno.test("fingerprintFailure() tells failures of one wrapper by their innermost cause", () => {
  const spring = (test: string, cause: string) =>
    failure(
      `java.lang.IllegalStateException: Failed to load ApplicationContext for [Merged@4f2410ac testClass = ${test}]\nCaused by: ${cause}`,
    );
  assert.equal(spring("a.A", "x.NoBean: no Mailer"), spring("b.B", "x.NoBean: no Mailer"));
  assert.notEqual(spring("a.A", "x.NoBean: no Mailer"), spring("a.A", "x.NoBean: no Ledger"));
});
