import assert from "node:assert/strict";
import fc from "fast-check";
import { type JsonValue, misread } from "./answer.ts";
import { uniform } from "./random.ts";

const drawer = (seed: number) => (path: string, salt: string) => uniform(seed, path, salt);

const receipt: JsonValue = {
  merchant: "Blue Bottle",
  date: "2026-03-14",
  total: 42.5,
  paid: true,
  tip: null,
  items: [{ name: "Filter", price: 4 }, { name: "Cake", price: 38.5 }],
};

function leaves(value: JsonValue | undefined, path = ""): Map<string, JsonValue> {
  if (value === undefined) return new Map();
  if (value === null || typeof value !== "object") return new Map([[path, value]]);
  const found = Object.entries(value).flatMap(([key, item]) => [...leaves(item, `${path}/${key}`)]);
  return new Map(found);
}

Deno.test("a model without errors answers exactly the expected JSON", () => {
  assert.deepEqual(misread(receipt, 0, drawer(1), drawer(2)), receipt);
});

Deno.test("a model with an error rate of 1 gets every leaf of any JSON wrong", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.integer(), (expected, seed) => {
      const truth = expected as JsonValue;
      const read = leaves(misread(truth, 1, drawer(seed), drawer(seed + 1)));
      for (const [path, value] of leaves(truth)) {
        if (value !== null && typeof value === "object") continue;
        assert.ok(!read.has(path) || !Object.is(read.get(path), value), `${path} was right`);
      }
    }),
  );
});

Deno.test("the share of wrong fields is the configured rate", () => {
  const wide = Object.fromEntries(Array.from({ length: 4000 }, (_, n) => [`f${n}`, `Value ${n}`]));
  const read = misread(wide, 0.1, drawer(5), drawer(6)) as Record<string, JsonValue>;
  const wrong = Object.entries(wide).filter(([key, value]) => read[key] !== value).length;
  assert.ok(Math.abs(wrong / 4000 - 0.1) < 0.02, `${wrong} of 4000`);
});

Deno.test("most mistakes repeat from call to call and some do not", () => {
  const wide = Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [`f${n}`, `Value ${n}`]));
  const wrongIn = (fleetingSeed: number) => {
    const read = misread(wide, 0.2, drawer(5), drawer(fleetingSeed)) as Record<string, JsonValue>;
    return new Set(Object.keys(wide).filter((key) => read[key] !== wide[key]));
  };
  const first = wrongIn(10);
  const second = wrongIn(11);
  const both = [...first].filter((key) => second.has(key)).length;
  assert.ok(both > first.size / 2 && both < first.size);
});
