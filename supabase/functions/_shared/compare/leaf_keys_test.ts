import assert from "node:assert/strict";
import fc from "fast-check";
import type { FieldRule } from "./field_rules.ts";
import { readKeys } from "./leaf_keys.ts";
import { isSameRelaxed } from "./same_value.ts";

const leaf = fc.oneof(
  fc.tuple(
    fc.constantFrom("", "", "$", "€", "EUR ", "eur ", "-", "−"),
    fc.constantFrom("5", "5.0", "5.004", "5.01", "12.50", "12,5", "1.234", "1,234", "007"),
    fc.constantFrom("", "", " €", " EUR", " kg"),
  ).map((parts) => parts.join("")),
  fc.constantFrom("2024-03-25", "25 March 2024", "03/25/2024", "Straße", "STRASSE", "true"),
  fc.constantFrom<string | number | boolean>(true, false, 5, -5, 12.5, 1.234, 1e21, 5.004, 5.01, 8),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: 4, max: 6 }),
);
const rule = fc.constantFrom<FieldRule>(
  {},
  { type: "text" },
  { type: "number" },
  { type: "number", tolerance: 0.01 },
  { type: "number", tolerance: 3 },
  { type: "date" },
  { isNumber: true },
);

Deno.test("values that are the same relaxed share a key, tolerances included", () => {
  let alike = 0;
  fc.assert(
    fc.property(leaf, leaf, rule, (one, other, rule) => {
      if (!isSameRelaxed(one, other, rule)) return;
      alike++;
      const [keys, others] = [readKeys(one, rule), readKeys(other, rule)];
      assert.equal(keys.equal, others.equal);
      if (keys.equal === null) assert.ok(keys.near.some((key) => others.near.includes(key)));
    }),
    { numRuns: 20_000 },
  );
  assert.ok(alike > 400);
});

Deno.test("an accepted value has no key that would distinguish rows", () => {
  const rule: FieldRule = { any: ["n/a", 0] };
  assert.equal(readKeys("N/A", rule).equal, null);
  assert.equal(readKeys("0.00", rule).equal, null);
  assert.notEqual(readKeys("12", rule).equal, null);
});
