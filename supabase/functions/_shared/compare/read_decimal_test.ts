import assert from "node:assert/strict";
import fc from "fast-check";
import { readDecimal, withoutFloatNoise, writeDecimal } from "./read_decimal.ts";

const readings: [text: string, decimal: string | null][] = [
  ["0", "0"],
  ["1234", "1234"],
  ["-12.50", "-12.5"],
  ["−3", "-3"],
  ["-0", "0"],
  ["-0.00", "0"],
  [".5", "0.5"],
  [" 12.00 ", "12"],
  ["1234.567", "1234.567"],
  ["0.125", "0.125"],
  ["1,234", "1234"],
  ["1,234,567.89", "1234567.89"],
  ["1,234.567", "1234.567"],
  ["12,34,567.5", "1234567.5"],
  ["1.234,56", "1234.56"],
  ["1.234.567", "1234567"],
  ["1 234,5", "1234.5"],
  ["1\u00a0234", "1234"],
  ["1\u202f234\u202f567", "1234567"],
  ["1'234.50", "1234.5"],
  ["1’234", "1234"],
  ["12,5", "12.5"],
  ["0,250", "0.25"],
  ["1234,567", "1234.567"],
  ["12345678901234567890", "12345678901234567890"],
  ["1.234", null],
  ["-12.345", null],
  ["007", null],
  ["00.5", null],
  ["0,123,456", null],
  ["01,234", null],
  ["1,23,45", null],
  ["1,234,56", null],
  ["1.234.56", null],
  ["1,234 567", null],
  ["1  234", null],
  ["1,234,567,89", null],
  ["1e3", null],
  ["+5", null],
  ["--5", null],
  ["5.", null],
  [",5", null],
  ["$5", null],
  ["5%", null],
  ["5 kg", null],
  ["0x10", null],
  ["", null],
  ["-", null],
  ["NaN", null],
  ["١٢", null],
  ["9".repeat(61), null],
];
for (const [text, decimal] of readings) {
  const reading = decimal === null ? "not read as a number" : `read as ${decimal}`;
  Deno.test(`the text ${JSON.stringify(text)} is ${reading}`, () => {
    assert.equal(readDecimal(text), decimal);
  });
}

Deno.test("an amount is read back whatever convention it was grouped by", () => {
  const conventions: [group: string, mark: string][] = [
    [",", "."],
    [".", ","],
    [" ", ","],
    [
      "'",
      ".",
    ],
    ["", "."],
    ["", ","],
  ];
  fc.assert(fc.property(
    fc.bigInt({ min: 0n, max: 10n ** 15n }),
    fc.integer({ min: 0, max: 99 }),
    fc.constantFrom(...conventions),
    (whole, cents, [group, mark]) => {
      const grouped = String(whole).replace(/\B(?=(?:\d{3})+$)/g, group);
      const written = `${grouped}${mark}${String(cents).padStart(2, "0")}`;
      assert.equal(readDecimal(written), String(Number(cents) / 100).replace(/^0/, String(whole)));
    },
  ));
});

Deno.test("a text of digits with a leading zero is never a number", () => {
  fc.assert(fc.property(fc.stringMatching(/^0[0-9]{1,20}$/), (identifier) => {
    assert.equal(readDecimal(identifier), null);
  }));
});

Deno.test("reading twice changes nothing, except that a short decimal of three places is not read", () => {
  fc.assert(fc.property(fc.stringMatching(/^-?[0-9][0-9,. ]{0,9}[0-9]$/), (text) => {
    const decimal = readDecimal(text);
    if (decimal === null || /^-?[1-9]\d{0,2}\.\d{3}$/.test(decimal)) return;
    assert.equal(readDecimal(decimal), decimal);
  }));
});

Deno.test("a number past 2^53 or in exponent form is not written, any other as JSON writes it", () => {
  assert.equal(writeDecimal(2 ** 53), "9007199254740992");
  assert.equal(writeDecimal(9007199254740993n), "9007199254740993");
  assert.equal(writeDecimal(-1.5e22), "-15000000000000000000000");
  assert.equal(writeDecimal(1e-7), null);
  assert.equal(writeDecimal(-0), "0");
  assert.equal(writeDecimal(-12.5), "-12.5");
});

const noisy: [string, string][] = [
  ["59146.869999999995", "59146.87"],
  ["0.30000000000000004", "0.3"],
  ["-2.9999999999999996", "-3"],
  ["0.00012300000000000001", "0.000123"],
  ["999999999999999.9999", "1000000000000000"],
  ["1234567890.1234567", "1234567890.12346"],
  ["123456789012345.67", "123456789012345.67"],
  ["12345678901234567890", "12345678901234567890"],
  ["26.669999999999643", "26.67"],
  ["-1204.9000000000087", "-1204.9"],
  ["3.141592653589793", "3.14159265358979"],
  ["12345678.00001234", "12345678.0000123"],
  ["12.5", "12.5"],
];
for (const [decimal, steady] of noisy) {
  Deno.test(`${decimal} is ${steady} in as many digits as a double is sure of`, () => {
    assert.equal(withoutFloatNoise(decimal), steady);
  });
}

Deno.test("no decimal that a sum of cents can be is rounded", () => {
  fc.assert(fc.property(fc.maxSafeInteger(), (cents) => {
    const decimal = writeDecimal(cents / 100);
    if (decimal !== null) assert.equal(withoutFloatNoise(decimal), decimal);
  }));
});
