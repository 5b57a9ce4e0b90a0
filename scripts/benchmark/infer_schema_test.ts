import assert from "node:assert/strict";
import fc from "fast-check";
import { validateExpected } from "../../supabase/functions/_shared/benchmark/order/validate_expected.ts";
import type { JsonValue } from "../../supabase/functions/_shared/platform/json/json_value.ts";
import { parsesBack } from "../../supabase/functions/_shared/testing/parses_back.ts";
import { inferSchema } from "./infer_schema.ts";

Deno.test("inferSchema() keeps the order of the fields, and requires what every answer has", () => {
  const schema = inferSchema([
    { reasoning: "x", total: 12, lines: [{ text: "Tea", price: 1.5 }], due: null },
    { reasoning: "y", total: 1.5, lines: [], due: "2026-01-02", tip: 3 },
    { reasoning: "z", total: 2, lines: [{ text: "Cake", price: 2, note: null }], due: null },
  ]);
  assert.equal(
    JSON.stringify(schema),
    JSON.stringify({
      type: "object",
      properties: {
        reasoning: { type: "string" },
        total: { type: "number" },
        lines: {
          type: "array",
          items: {
            type: "object",
            properties: {
              text: { type: "string" },
              price: { type: "number" },
              note: { type: ["string", "null"] },
            },
            required: ["text", "price"],
            additionalProperties: false,
          },
        },
        due: { type: ["string", "null"] },
        tip: { type: "integer" },
      },
      required: ["reasoning", "total", "lines", "due"],
      additionalProperties: false,
    }),
  );
});

Deno.test("every answer fits the schema that is inferred from it and from others", () => {
  const answer = fc.jsonValue({ maxDepth: 4 }).filter(parsesBack)
    .map((value): JsonValue => JSON.parse(JSON.stringify(value)));
  fc.assert(fc.property(fc.array(answer, { minLength: 1, maxLength: 4 }), (answers) => {
    const images = answers.map((expected, index) => ({ path: `a/${index}.png`, expected }));
    const mismatches = validateExpected(inferSchema(answers), images)
      .filter(({ code }) => code === "schema_mismatch" || code === "schema_invalid");
    assert.deepEqual(mismatches, []);
  }));
});
