import assert from "node:assert/strict";
import fc from "fast-check";
import { validateExpected } from "../../../supabase/functions/_shared/benchmark/order/validate_expected.ts";
import type { JsonObject, JsonValue } from "./order_data.ts";
import { inferSchema } from "./infer_schema.js";
import { readFiles } from "./read_files.js";

const values: fc.Arbitrary<JsonObject> = fc.dictionary(
  fc.constantFrom("total", "vendor", "items", "paid"),
  fc.jsonValue({ maxDepth: 3, noUnicodeString: true }) as fc.Arbitrary<JsonValue>,
);

Deno.test("every expected answer fits the schema that is made from all of them", () => {
  fc.assert(fc.property(fc.array(values, { minLength: 1, maxLength: 5 }), (answers) => {
    const schema = inferSchema(answers);
    const images = answers.map((expected, index) => ({ path: `u/${index}.png`, expected }));
    const faults = validateExpected(schema, images)
      // Answers without any value leave nothing to compare, whatever the schema.
      .filter(({ code }) => code !== "nothing_to_compare");
    assert.deepEqual(faults, []);
  }));
});

Deno.test("a schema keeps the fields' order and requires those that every answer has", () => {
  assert.deepEqual(
    inferSchema([{ zeta: 1, list: [{ a: "x" }] }, { zeta: 1.5, note: null, list: [] }]),
    {
      type: "object",
      properties: {
        zeta: { type: "number" },
        list: {
          type: "array",
          items: {
            type: "object",
            properties: { a: { type: "string" } },
            required: ["a"],
            additionalProperties: false,
          },
        },
        note: { type: ["string", "null"] },
      },
      required: ["zeta", "list"],
      additionalProperties: false,
    },
  );
});

Deno.test("dropped files are images, what is expected of each, a schema and a prompt, or are named", async () => {
  const file = (name: string, content: string, type = "") => new File([content], name, { type });
  const read = await readFiles([
    file("b10.png", "", "image/png"),
    file("b9.jpg", "", "image/jpeg"),
    file("b9.json", '{"n": 9400111899223857264999}', "application/json"),
    file("schema.json", '{"type": "object"}', "application/json"),
    file("prompt.txt", "Read.\n", "text/plain"),
    file("broken.json", "{", "application/json"),
    file("scan.pdf", "", "application/pdf"),
  ]);
  assert.deepEqual(read.images.map(({ name }) => name), ["b9.jpg", "b10.png"]);
  assert.deepEqual(read.expectedOf("b9.jpg"), { n: 9400111899223857264999n });
  assert.equal(read.expectedOf("b10.png"), undefined);
  assert.deepEqual([read.schema, read.prompt], [{ type: "object" }, "Read."]);
  assert.equal(read.refused.length, 2);
  assert.match(read.refused.join(), /broken\.json is no JSON.*scan\.pdf is no PNG/);
});
