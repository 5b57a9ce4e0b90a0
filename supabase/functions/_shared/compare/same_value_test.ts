import assert from "node:assert/strict";
import fc from "fast-check";
import type { JsonValue } from "../platform/json/json_value.ts";
import { isEmpty, isSameRelaxed, isSameStrictly } from "./same_value.ts";

/** Values that are easily confused. */
const confusable: JsonValue[] = [
  ...[null, "", " ", [], {}, [null], { a: "" }, false, 0, "0", "null"],
  ...[1, "1", "01", "1.0", true, "true", "True"],
  ...[1234, "1234", "1,234", "1.234", "1 234", 1.234, "1,234.00", "1.234,00", "01234"],
  ...["$1", "€1", "1 EUR", "€1,234.00"],
  ...["2024-03-04", "03/04/2024", "04/03/2024", "4 March 2024", "2024-03-04T00:00:00Z"],
];
const value = fc.constantFrom(...confusable);

Deno.test("comparison is reflexive and symmetric, strictly and relaxed", () => {
  for (const one of confusable) {
    assert.ok(isSameRelaxed(one, one));
    for (const other of confusable) {
      assert.equal(isSameStrictly(one, other), isSameStrictly(other, one));
      assert.equal(isSameRelaxed(one, other), isSameRelaxed(other, one));
    }
  }
});

Deno.test("only these of the easily confused values are the same relaxed", () => {
  const groups = confusable.map((one) =>
    confusable.filter((other) => isSameRelaxed(one, other)).map((same) => JSON.stringify(same))
      .join(" ")
  );
  assert.deepEqual([...new Set(groups)], [
    'null "" " " [] {} [null] {"a":""}',
    "false",
    '0 "0"',
    '"null"',
    '1 "1" "1.0" "$1" "€1" "1 EUR"',
    '1 "1" "$1" "€1" "1 EUR"',
    '"01"',
    '1 "1.0" "$1" "€1" "1 EUR"',
    "true",
    '"true" "True"',
    '1234 "1234" "1,234" "1 234" "1,234.00" "1.234,00" "€1,234.00"',
    '"1.234" 1.234',
    '"01234"',
    '1 "1" "1.0" "$1"',
    '1 "1" "1.0" "€1" "1 EUR"',
    '"2024-03-04" "4 March 2024"',
    '"03/04/2024"',
    '"04/03/2024"',
    '"2024-03-04T00:00:00Z"',
  ]);
});

Deno.test("a text is the same relaxed in any case and with any space around it", () => {
  const word = fc.stringMatching(/^[A-Za-z][A-Za-z ]{0,10}$/);
  const space = fc.stringMatching(/^[ \t\n]{0,3}$/);
  fc.assert(fc.property(word, space, space, (text, before, after) => {
    assert.ok(isSameRelaxed(text, before + text.toUpperCase() + after));
    assert.ok(isSameRelaxed(before + text.toLowerCase() + after, text));
  }));
});

Deno.test("no character of Unicode makes a text another one relaxed by its case", () => {
  for (let code = 0; code <= 0x10ffff; code++) {
    const text = `a${String.fromCodePoint(code)}b`;
    for (const other of [text.toUpperCase(), text.toLowerCase()]) {
      if (other !== text) assert.ok(isSameRelaxed(text, other), `${text} ${other}`);
    }
  }
  assert.ok(isSameRelaxed("Hauptstraße 12", "HAUPTSTRASSE 12"));
  assert.ok(!isSameRelaxed("Hauptstraße 12", "HAUPTSTRASE 12"));
});

Deno.test("integers past 2^53 are the same if all their digits are, as text in relaxed comparison", () => {
  const [one, other] = [9400111899223857264999n, 9400111899223857264998n];
  assert.ok(isSameStrictly(one, 9400111899223857264999n));
  assert.ok(!isSameRelaxed(one, other));
  assert.ok(!isSameRelaxed(9007199254740993n, 2 ** 53));
  assert.ok(isSameRelaxed(2 ** 53, "9007199254740992"));
  assert.ok(isSameStrictly(10n ** 23n, 1e23));
  for (const [value, text] of [[one, String(one)], [-one, `-${one}`]] as const) {
    assert.ok(isSameRelaxed(value, text) && isSameRelaxed(text, value));
    assert.ok(!isSameStrictly(value, text));
  }
  assert.ok(!isSameRelaxed(one, String(other)));
  assert.ok(!isSameRelaxed(one, { a: one }) && !isSameRelaxed(one, null));
  assert.ok(!isSameRelaxed(one, String(one), { type: "identifier" }));
  const rule = { type: "number", tolerance: 1 } as const;
  assert.ok(isSameStrictly(one, other, rule) && !isSameStrictly(one, other - 1n, rule));
});

Deno.test("any number is the same relaxed as the text JSON writes for it", () => {
  fc.assert(fc.property(fc.integer(), fc.nat(999), (whole, thousandths) => {
    const number = Number(`${whole}.${thousandths}`);
    assert.ok(isSameRelaxed(number, ` ${JSON.stringify(number)}`));
  }));
});

Deno.test("a value that contains one non-empty value is not empty", () => {
  fc.assert(fc.property(value, fc.constantFrom(0, false, "x"), (value, thing) => {
    assert.equal(isEmpty([value]), isEmpty(value));
    assert.equal(isEmpty({ a: value, b: [[thing]] }), false);
  }));
});
