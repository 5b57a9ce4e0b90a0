import assert from "node:assert/strict";
import fc from "fast-check";
import { parsesBack } from "../../testing/parses_back.ts";
import { parseJson, writeJson } from "./lossless_json.ts";

Deno.test("integers past 2^53 keep their digits there and back", () => {
  for (
    const digits of [
      "9007199254740993",
      "-9007199254740993",
      "9400111899223857264999",
      "12345678901234567168",
      "1".repeat(300),
    ]
  ) {
    assert.equal(parseJson(digits), BigInt(digits));
    const text = `{"a":[${digits},"${digits}"],"b":${digits}}`;
    assert.equal(writeJson(parseJson(text)), text);
  }
  assert.equal(parseJson("9007199254740993.0"), 9007199254740993n);
});

Deno.test("numbers that a double writes with the same digits stay numbers", () => {
  const text = "[9007199254740992,12345678901234567000,-0,0.1234567890123456789,1e21,1]";
  assert.deepEqual(parseJson(text), JSON.parse(text));
  assert.equal(parseJson("1".repeat(400)), Infinity);
});

Deno.test("beside long integers all other JSON is read and written as ever", () => {
  fc.assert(fc.property(fc.jsonValue().filter(parsesBack), (value) => {
    const json = JSON.stringify(value);
    assert.deepEqual(parseJson(`[9007199254740993,${json}]`), [
      9007199254740993n,
      JSON.parse(json),
    ]);
    assert.equal(writeJson(value, 2), JSON.stringify(value, null, 2));
  }));
});

Deno.test("any integers of any size come back digit by digit", () => {
  fc.assert(fc.property(fc.array(fc.bigInt({ max: 10n ** 300n, min: -(10n ** 300n) })), (list) => {
    const text = `[${list.join(",")}]`;
    assert.equal(writeJson(parseJson(text)), text);
  }));
});

Deno.test("a key given twice counts last, and __proto__ is a key, with long integers too", () => {
  const value = parseJson('{"a":1,"a":9007199254740993,"__proto__":{"b":12345678901234567890}}');
  assert.equal(writeJson(value), '{"a":9007199254740993,"__proto__":{"b":12345678901234567890}}');
  assert.equal(Object.hasOwn(Object.prototype, "b"), false);
});

Deno.test("nesting that no limit allows is parsed all the same, for the limits to refuse", () => {
  const deep = "[".repeat(50_000) + "9007199254740993" + "]".repeat(50_000);
  assert.ok(Array.isArray(parseJson(deep)));
});

Deno.test("what is no JSON is refused with and without long integers", () => {
  for (const text of ["", "{", "[9007199254740993,]", "9007199254740993n"]) {
    assert.throws(() => parseJson(text), SyntaxError);
  }
});
