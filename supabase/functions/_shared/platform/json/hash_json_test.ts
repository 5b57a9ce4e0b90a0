import assert from "node:assert/strict";
import fc from "fast-check";
import { parsesBack } from "../../testing/parses_back.ts";
import { canonicalJson, hashJson, uuidOfJson } from "./hash_json.ts";
import type { JsonValue } from "./json_value.ts";

const json = fc.jsonValue().filter(parsesBack).map((value) =>
  JSON.parse(JSON.stringify(value)) as JsonValue
);

function reverseKeys(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(reverseKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).reverse().map((
      [key, member],
    ) => [key, reverseKeys(member)]),
  );
}

Deno.test("canonicalJson() does not depend on the order of keys and loses nothing", () => {
  fc.assert(fc.property(json, (value) => {
    assert.equal(canonicalJson(reverseKeys(value)), canonicalJson(value));
    assert.deepEqual(JSON.parse(canonicalJson(value)), value);
  }));
});

Deno.test("canonicalJson() tells apart what differs", () => {
  const different: JsonValue[] = [
    {},
    [],
    null,
    "null",
    1,
    "1",
    2 ** 53,
    9007199254740993n,
    { a: 1 },
    { a: "1" },
    { a: [1] },
    { b: 1 },
    [1, 2],
    [2, 1],
    [[1], 2],
    { "a,b": 1 },
    { a: { b: 1 } },
    { 'a":{"b': 1 },
  ];
  assert.equal(new Set(different.map(canonicalJson)).size, different.length);
});

Deno.test("hashJson() is SHA-256 of the canonical text", async () => {
  assert.equal(
    canonicalJson({ b: [true, null], a: "é" }),
    '{"a":"é","b":[true,null]}',
  );
  assert.equal(
    await hashJson({}),
    "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
  );
});

Deno.test("uuidOfJson() makes well-formed UUIDs that follow the value", async () => {
  await fc.assert(
    fc.asyncProperty(json, json, async (a, b) => {
      const [first, second] = [await uuidOfJson(a), await uuidOfJson(b)];
      assert.match(
        first,
        /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      );
      assert.equal(first === second, canonicalJson(a) === canonicalJson(b));
    }),
    { numRuns: 50 },
  );
});
