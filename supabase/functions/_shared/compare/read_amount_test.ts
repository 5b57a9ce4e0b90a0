import assert from "node:assert/strict";
import fc from "fast-check";
import { areAmountsAlike, areDecimalsAlike, readAmount } from "./read_amount.ts";
import { readDecimal } from "./read_decimal.ts";

const read: [string, string, string | null][] = [
  ["12.50", "12.5", null],
  ["$12.50", "12.5", "$"],
  ["-$12.50", "-12.5", "$"],
  ["$-12.50", "-12.5", "$"],
  ["$.50", "0.5", "$"],
  ["€ 1.234,50", "1234.5", "EUR"],
  ["1.234,50 €", "1234.5", "EUR"],
  ["1\u00a0234,50\u00a0€", "1234.5", "EUR"],
  ["EUR 12", "12", "EUR"],
  ["12 EUR", "12", "EUR"],
  ["US$5", "5", "USD"],
  ["CHF 1'234.50", "1234.5", "CHF"],
  ["Fr. 5", "5", "CHF"],
  ["RM 9.00", "9", "MYR"],
  ["Rp 9", "9", "IDR"],
  ["¥4,380", "4380", "¥"],
  ["4,380円", "4380", "JPY"],
  ["99 kr", "99", "kr"],
  ["−5 zł", "-5", "PLN"],
  ["($7,512.52)", "-7512.52", "$"],
  ["(5)", "-5", null],
  ["12.50-", "-12.5", null],
  ["12,50- €", "-12.5", "EUR"],
  ["Fr. 12.-", "12", "CHF"],
  ["1.200,- kr", "1200", "kr"],
];
for (const [text, decimal, currency] of read) {
  Deno.test(`the amount ${JSON.stringify(text)} is ${decimal} ${currency ?? "of no currency"}`, () => {
    assert.deepEqual(readAmount(text), { decimal, currency });
  });
}

const unread = [
  ...["", "$", "EUR", "abc", "5 kg", "INV 5", "TOP 5", "eur 5", "No. 5", "5%", "#5"],
  ...["$1.234", "€ 007", "5 € 6", "$5 €", "- $ -5", "$1,2,3", "Fr.5", "USD5USD", "1e3 €"],
  ...["(-5)", "-5-", "(5", "5)", "5 -", "- 5", "12.-5", "EUR - 5"],
];
for (const text of unread) {
  Deno.test(`the text ${JSON.stringify(text)} is read as no amount`, () => {
    assert.equal(readAmount(text), null);
  });
}

Deno.test("a currency before or after a number changes nothing about the number", () => {
  const number = fc.stringMatching(/^-?[0-9][0-9,.]{0,8}[0-9]$/);
  fc.assert(fc.property(number, fc.constantFrom("$", "€", "USD", "CHF"), (text, mark) => {
    const decimal = readDecimal(text);
    assert.equal(readAmount(`${mark} ${text}`)?.decimal ?? null, decimal);
    assert.equal(readAmount(`${text} ${mark}`)?.decimal ?? null, decimal);
  }));
});

Deno.test("a currency in another case is read only when asked for: 5 ft are feet", () => {
  assert.equal(readAmount("5 ft"), null);
  assert.deepEqual(readAmount("5 ft", true), { decimal: "5", currency: "HUF" });
});

Deno.test("amounts of two currencies differ; amounts of one or an unnamed currency do not", () => {
  const five = (currency: string | null) => ({ decimal: "5", currency });
  assert.ok(areAmountsAlike(five("EUR"), five("EUR"), "0"));
  assert.ok(areAmountsAlike(five("EUR"), five(null), "0"));
  assert.equal(areAmountsAlike(five("EUR"), five("USD"), "0"), false);
  assert.equal(areAmountsAlike(five("$"), five("USD"), "0"), false);
});

const apart: [string, string, string, boolean][] = [
  ["0.3", "0.30000000000000004", "0", false],
  ["12.5", "12.51", "0.01", true],
  ["12.5", "12.511", "0.01", false],
  ["-0.005", "0.005", "0.01", true],
  ["1000000000000000000000", "1000000000000000000001", "1", true],
  ["7", "9", "2", true],
  ["7", "9.1", "2", false],
];
for (const [one, other, tolerance, alike] of apart) {
  Deno.test(`${one} and ${other} are ${alike ? "" : "not "}within ${tolerance}, exactly`, () => {
    assert.equal(areDecimalsAlike(one, other, tolerance), alike);
    assert.equal(areDecimalsAlike(other, one, tolerance), alike);
  });
}
