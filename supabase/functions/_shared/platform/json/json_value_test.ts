import assert from "node:assert/strict";
import fc from "fast-check";
import { findJsonProblem, jsonObjectSchema, jsonValueSchema } from "./json_value.ts";

Deno.test("every value that JSON can hold within the limits is accepted as it is", () => {
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
    assert.equal(findJsonProblem(value), null);
    assert.equal(jsonValueSchema.parse(value), value);
  }));
});

Deno.test("a value is refused exactly when it exceeds a limit", () => {
  const limits = { depth: 2, nodes: 4, characters: 5 };
  assert.equal(findJsonProblem([[1]], limits), null);
  assert.match(findJsonProblem([[[]]], limits) ?? "", /deeper than 2/);
  assert.equal(findJsonProblem([1, 2, 3], limits), null);
  assert.match(findJsonProblem([1, 2, 3, 4], limits) ?? "", /more than 4 values/);
  assert.equal(findJsonProblem({ ab: "cde" }, limits), null);
  assert.match(findJsonProblem({ abc: "def" }, limits) ?? "", /more than 5 characters/);
});

for (
  const value of [undefined, NaN, Infinity, 10n ** 400n, () => 1, Symbol("x"), { a: undefined }]
) {
  Deno.test(`${String(value)} within a value is refused, for JSON cannot write it`, () => {
    assert.notEqual(findJsonProblem([value]), null);
    assert.equal(jsonValueSchema.safeParse(value).success, false);
  });
}

Deno.test("a JSON schema must be an object, and anything else is reported once", () => {
  for (const value of [undefined, null, [], "x", 1, true]) {
    const result = jsonObjectSchema.safeParse(value);
    assert.deepEqual(result.error?.issues.map(({ message }) => message), [
      "Expected a JSON object.",
    ]);
  }
  assert.ok(jsonObjectSchema.safeParse({ type: "object" }).success);
});
