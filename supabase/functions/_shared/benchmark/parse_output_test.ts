import assert from "node:assert/strict";
import fc from "fast-check";
import { JSON_LIMITS, type JsonValue } from "./json_value.ts";
import { MAX_OUTPUT_CHARACTERS, parseOutput, storableText } from "./parse_output.ts";
import { parsesBack } from "./parses_back.ts";

const receipt = {
  shop: 'The "Old" {Mill}',
  items: [{ name: "[Tea]", price: 1.5 }],
  note: "a\\b\n",
};
const written = JSON.stringify(receipt, null, 2);

const wrappings: [string, string][] = [
  ["alone", written],
  ["after a byte order mark and blank lines", `\uFEFF\n\n${written}\n`],
  ["in a fence marked json", "```json\n" + written + "\n```"],
  ["in a fence without a mark", "```\n" + written + "\n```"],
  ["in a fence on one line", "```json " + JSON.stringify(receipt) + " ```"],
  ["in a fence amid prose", "Here it is:\n\n```json\n" + written + "\n```\nAnything else?"],
  ["in a fence never closed", "```json\n" + written],
  ["in a fence with Windows line ends", "```json\r\n" + written + "\r\n```"],
  ["after prose", "Sure! The receipt says: " + written],
  ["before prose", written + "\n\nNote: the total {illegible} was cut off."],
  ["between prose with brackets", "As in [1], {see there}: " + written + " [sic]"],
  ["after a bracket never closed", "Smile :-[ then " + written],
  ["after thinking aloud", '<think>maybe {"shop": 1}</think>' + written],
];
for (const [where, text] of wrappings) {
  Deno.test(`JSON ${where} is found`, () => {
    assert.deepEqual(parseOutput(text), { valid: true, value: receipt });
  });
}

Deno.test("any object is found whole however a model dresses it", () => {
  const dresses: ((json: string) => string)[] = [
    (json) => json,
    (json) => "```json\n" + json + "\n```",
    (json) => "Here you are: " + json,
    (json) => json + "\nI hope this helps!",
  ];
  fc.assert(fc.property(
    fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { noNullPrototype: true })
      .filter(parsesBack),
    fc.constantFrom(...dresses),
    (value, dress) => {
      const json = JSON.stringify(value);
      fc.pre(!json.includes("`") && !json.includes("</think>") && !/\\u(0000|d)/.test(json));
      assert.deepEqual(parseOutput(dress(json)), { valid: true, value: JSON.parse(json) });
    },
  ));
});

Deno.test("no text makes the parser throw or answer with anything but JSON", () => {
  const noise = fc.string({ unit: fc.constantFrom(...'{}[]",:\\`u0d81 \n', "</think>") });
  fc.assert(fc.property(fc.oneof(fc.string(), noise), (text) => {
    const { valid, value } = parseOutput(text);
    if (valid) assert.deepEqual(JSON.parse(JSON.stringify(value)), value);
    else assert.equal(value, null);
  }));
});

Deno.test("of several objects the longest is taken, and of equals the last", () => {
  assert.deepEqual(parseOutput('first {"a": 1}, no: {"a": 2}'), { valid: true, value: { a: 2 } });
  assert.deepEqual(parseOutput('{"a": 1, "b": 2} but not {"c": 3}'), {
    valid: true,
    value: { a: 1, b: 2 },
  });
});

Deno.test("a scalar is JSON when it is the whole answer", () => {
  const scalars: JsonValue[] = [null, true, 12.5, "text"];
  for (const value of scalars) {
    assert.deepEqual(parseOutput(JSON.stringify(value)), { valid: true, value });
  }
});

const refused: [string, string, string][] = [
  ["nothing", "", "empty"],
  ["white space", " \n ", "empty"],
  ["thought alone", '<think>{"a": 1}</think>', "empty"],
  ["prose", "I cannot read this image.", "no_json"],
  ["an object cut off", '{"shop": "ACME", "total": 12.', "no_json"],
  ["a trailing comma", '{"a": 1,}', "no_json"],
  ["single quotes", "{'a': 1}", "no_json"],
  ["NaN", '{"a": NaN}', "no_json"],
  ["a number past every double", '{"a": 1e999}', "out_of_bounds"],
  ["nesting too deep", "[".repeat(100) + "]".repeat(100), "out_of_bounds"],
  ["nesting of a hundred thousand", "[".repeat(100_000) + "]".repeat(100_000), "out_of_bounds"],
  ["too many values", JSON.stringify(Array(JSON_LIMITS.nodes).fill(1)), "out_of_bounds"],
  ["too much text", "x".repeat(MAX_OUTPUT_CHARACTERS + 1), "too_large"],
];
for (const [what, text, problem] of refused) {
  Deno.test(`${what} is not valid output`, () => {
    assert.deepEqual(parseOutput(text), { valid: false, value: null, problem });
  });
}

Deno.test("a text of nothing but open brackets costs no quadratic time", () => {
  assert.equal(parseOutput("{".repeat(MAX_OUTPUT_CHARACTERS)).valid, false);
});

Deno.test("what the database cannot keep is replaced, what it can is left", () => {
  const cases: [string, JsonValue][] = [
    ['"a\\u0000b"', "a\uFFFDb"],
    ['"\\ud800x"', "\uFFFDx"],
    ['"\\uDC00"', "\uFFFD"],
    ['"\\ud83d\\ude00"', "😀"],
    ['"\\ud83d\\u0041"', "\uFFFDA"],
    ['"\\\\u0000"', "\\u0000"],
    ['"\\u00e9\\n"', "é\n"],
    ['"\ud800"', "\uFFFD"],
    ['{"k\\u0000": 1}', { "k\uFFFD": 1 }],
  ];
  for (const [text, value] of cases) {
    assert.deepEqual(parseOutput(text), { valid: true, value }, text);
  }
  assert.equal(storableText("a\0b\ud800"), "a\uFFFDb\uFFFD");
});

Deno.test("a field named __proto__ stays a field of the answer", () => {
  const { value } = parseOutput('{"__proto__": {"admin": true}}');
  assert.equal(JSON.stringify(value), '{"__proto__":{"admin":true}}');
  assert.equal(Object.hasOwn(Object.prototype, "admin"), false);
});
