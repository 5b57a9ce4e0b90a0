import assert from "node:assert/strict";
import fc from "fast-check";
import type { JsonObject, JsonValue } from "../platform/json/json_value.ts";
import { createFieldOrder } from "./order_fields.ts";

const string = { type: "string" };

/** Schema whose parts stand behind a reference, an alternative and a list. */
const SCHEMA: JsonObject = {
  type: "object",
  properties: {
    reasoning: string,
    total: string,
    party: { $ref: "#/$defs/party" },
    items: {
      type: "array",
      items: {
        anyOf: [{ type: "null" }, { type: "object", properties: { text: string, net: string } }],
      },
    },
    a: string,
  },
  $defs: { party: { type: "object", properties: { name: string, city: string, id: string } } },
};

const text = (value: JsonValue) => JSON.stringify(value);

Deno.test("fields come in the order of the schema at every level, unknown ones last as they came", () => {
  const orderFields = createFieldOrder(SCHEMA);
  assert.equal(
    text(orderFields({
      a: 1,
      z: { y: 1, x: 2 },
      items: [{ net: 1, more: 0, text: 2 }, null, 3],
      party: { id: 1, city: 2, name: 3 },
      b: 0,
      total: 4,
      reasoning: 5,
    })),
    text({
      reasoning: 5,
      total: 4,
      party: { name: 3, city: 2, id: 1 },
      items: [{ text: 2, net: 1, more: 0 }, null, 3],
      a: 1,
      z: { y: 1, x: 2 },
      b: 0,
    }),
  );
});

Deno.test("whatever the value, nothing of it is changed or lost but the order", () => {
  const orderFields = createFieldOrder(SCHEMA);
  const key = fc.constantFrom("a", "total", "party", "items", "name", "id", "__proto__", "7");
  const { value } = fc.letrec<{ value: JsonValue; object: JsonObject }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<JsonValue>(null, 1, "", 90071992547409931n),
      fc.array(tie("value"), { maxLength: 3 }),
      tie("object"),
    ),
    object: fc.uniqueArray(fc.tuple(key, tie("value")), {
      maxLength: 5,
      selector: ([name]) => name,
    })
      .map((entries) => Object.fromEntries(entries)),
  }));
  fc.assert(fc.property(value, (given) => {
    const ordered = orderFields(given);
    assert.deepEqual(ordered, given);
    assert.deepEqual(orderFields(ordered), ordered);
  }));
});

Deno.test("a schema within itself is followed as deep as the value goes", () => {
  const node: JsonObject = {
    type: "object",
    properties: { name: string, children: { type: "array", items: { $ref: "#" } } },
  };
  assert.equal(
    text(createFieldOrder(node)({ children: [{ children: [], name: "b" }], name: "a" })),
    text({ name: "a", children: [{ name: "b", children: [] }] }),
  );
});
