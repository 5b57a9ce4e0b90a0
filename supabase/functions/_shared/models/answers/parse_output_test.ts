import assert from "node:assert/strict";
import fc from "fast-check";
import { JSON_LIMITS, type JsonObject, type JsonValue } from "../../platform/json/json_value.ts";
import { parsesBack } from "../../testing/parses_back.ts";
import { listOutputs, MAX_OUTPUT_CHARACTERS, parseOutput, storableText } from "./parse_output.ts";

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

Deno.test("any object is found whole in any wrapping", () => {
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

Deno.test("parseOutput() never throws and returns only JSON", () => {
  const noise = fc.string({ unit: fc.constantFrom(...'{}[]",:\\`u0d81 \n', "</think>") });
  fc.assert(fc.property(fc.oneof(fc.string(), noise), (text) => {
    const { valid, value } = parseOutput(text);
    if (valid) assert.deepEqual(JSON.parse(JSON.stringify(value)), value);
    else assert.equal(value, null);
  }));
});

const found: [string, string, JsonValue][] = [
  ["before a citation", '{"a": 1}\n\nReferences: [1]', { a: 1 }],
  ["before a longer list of citations", '{"a":1}\nReferences: [1, 2, 3]', { a: 1 }],
  ["after numbers in prose", 'Seen: [1,2,3,4,5,6,7,8,9]. {"total": 9}', { total: 9 }],
  ["after names in prose", 'Fields: ["total", "vat"]. {"total": 9}', { total: 9 }],
  ["after 4,500 citations", "[0] ".repeat(4_500) + '{"a":1}', { a: 1 }],
  ["after 4,500 brackets of a template", "{x} ".repeat(4_500) + '{"a":1}', { a: 1 }],
  ["after a link", 'See [the page](https://x.test/{id}). {"a":1}', { a: 1 }],
  ["in a fence, and a word in brackets after it", '```json\n{"a": 1}\n```\nSee [docs].', { a: 1 }],
  ["after a fence of something else", '```bash\nls -l\n```\n```json\n{"a":1}\n```', { a: 1 }],
  ["in prose after a fence of text", '```text\nTOTAL 12.50\n```\nSo: {"a":1}', { a: 1 }],
  ["in prose after a fence of a number", '```\n12.50\n```\nSo: {"total": 12.5}', { total: 12.5 }],
  ["in a fence marked json5", '```json5\n{"a":1}\n```', { a: 1 }],
  ["in a fence marked JSON", '```JSON\r\n{"a":1}\r\n```', { a: 1 }],
  ["in a fence of tildes", '~~~json\n{"a":1}\n~~~', { a: 1 }],
  ["in a fence never closed, after prose", 'Here:\n```json\n{"a":1}', { a: 1 }],
  ["after a byte order mark in a fence", '```json\n\uFEFF{"a":1}\n```', { a: 1 }],
  ["after a zero-width space", '\u200B{"a":1}', { a: 1 }],
  ["with a backtick in it", '{"code": "use `print` function"}', { code: "use `print` function" }],
  ["before empty braces", '{"a": 1} and no {}', { a: 1 }],
  ["after prose with backticks", 'Here is `the` result: {"a": 1}', { a: 1 }],
  ["with a fence in it, fenced", '```json\n{"a": "```x```"}\n```', { a: "```x```" }],
  ["with a fence in it, in prose", 'Sure:\n{"a": "```\\nx\\n```"}', { a: "```\nx\n```" }],
  ["after an inch mark in braces", '{5" pipe} and {"a":1}', { a: 1 }],
  ["after two inch marks in brackets", '[5" x 6" pipe] {"a":1}', { a: 1 }],
  ["after quoted words in braces", '{"total"} is {"a":1}', { a: 1 }],
  ["in a call of a tool", '<tool_call>{"a":1}</tool_call>', { a: 1 }],
  ["in a LaTeX box", '$\\boxed{{"a":1}}$', { a: 1 }],
  ["after a broken attempt", '{"a": 1 // one\n} or rather {"a": 2}', { a: 2 }],
  ["after an attempt with an inch mark", '{"a": "5" pipe"}\nFixed: {"a": "5 in"}', { a: "5 in" }],
  ["after another object", '{"a": 1}\n{"a": 2}', { a: 2 }],
  ["after a withdrawn longer answer", '{"a":1,"b":2,"c":3}\nNo c: {"a":1,"b":2}', { a: 1, b: 2 }],
  ["after a withdrawn name", '{"name": "Alexander"}\nCorrection: {"name": null}', { name: null }],
  ["after the schema", '{"type":"object","properties":{"a":{"type":"number"}}}\n{"a":5}', { a: 5 }],
  ["before the schema", '{"a":5}\nBy {"type":"object","properties":{"a":{}}}', { a: 5 }],
  ["after closed thinking", '<thinking>{"a":2,"b":3}</thinking>\n{"a":1}', { a: 1 }],
  ["after longer reasoning", '<reasoning>first {"a":22222}</reasoning>{"a":1}', { a: 1 }],
  ["before reasoning", '{"a":1}<reasoning>not {"a":2}</reasoning>', { a: 1 }],
  ["before thinking never closed", '{"a":1}<think>or {"a":2}', { a: 1 }],
  ["in thinking never closed", '<think>hmm {"a":1}', { a: 1 }],
  ["after thinking never opened", 'maybe {"a":2}...</think>{"a":1}', { a: 1 }],
  ["after a tag with attributes", '<reasoning effort="high">{"a":2}</reasoning>{"a":1}', { a: 1 }],
  ["after [THINK]", '[THINK]{"a":2}[/THINK]{"a":1}', { a: 1 }],
  ["after thinking with a quote never closed", '<think>{"a": "</think>{"a":1}', { a: 1 }],
  ["with a tag as data", '{"note": "close it with </think>"}', { note: "close it with </think>" }],
  ["with a tag as data, in prose", 'So: {"note": "</think>", "a": 1}', { note: "</think>", a: 1 }],
  ["with a tag as data, after thinking", '<think>x</think> So: {"a": "<think>"}', { a: "<think>" }],
  ["with a key twice", '{"a":1,"a":2}', { a: 2 }],
  ["as text in a text, which is left as it is", '"{\\"a\\":1}"', '{"a":1}'],
  ["as a number after thinking", "<think>1?</think> 12.5", 12.5],
  ["as a number in a fence", "I read:\n```\n12.50\n```\nthere.", 12.5],
  ["as a list of numbers where there is nothing else", "They are [1, 2].", [1, 2]],
  ["as an empty object where there is nothing else", "Nothing: {}.", {}],
];
for (const [where, text, value] of found) {
  Deno.test(`JSON ${where} is the answer`, () => {
    assert.deepEqual(parseOutput(text), { valid: true, value });
  });
}

const invoice: JsonObject = {
  type: "object",
  properties: {
    total: { type: "number" },
    currency: { type: "string" },
    vat: { $ref: "#/$defs/n" },
  },
  required: ["total"],
  $defs: { n: { type: ["number", "null"] } },
};
const full = { total: 5, currency: "EUR", vat: 1 };
const lines: JsonObject = {
  type: "array",
  items: { type: "object", properties: { sku: {}, n: {} } },
};
const basket: JsonObject = { type: "object", properties: { items: lines, total: {} } };
const choice: JsonObject = { anyOf: [{ $ref: "#/$defs/invoice" }], $defs: { invoice } };
const described: JsonObject = {
  type: "object",
  properties: {
    type: { type: "string" },
    properties: { type: "object" },
    total: { type: "number" },
  },
};
const chosen: [string, JsonObject, readonly JsonValue[], JsonValue | null][] = [
  ["a remark after the answer is no answer", invoice, [full, { confidence: 0.9 }], full],
  ["nor is one that names a field", invoice, [full, { total: 5, note: "net" }], full],
  ["nor is one with as many fields and others", invoice, [
    full,
    { total: 5, currency: "EUR", confidence: 1 },
  ], full],
  ["a complete correction is", invoice, [full, { ...full, total: 6 }], { ...full, total: 6 }],
  ["a correction that lacks a field is", invoice, [full, { total: 5, currency: "EUR" }], {
    total: 5,
    currency: "EUR",
  }],
  ["an object goes before a longer list", invoice, [full, [1, 2, 3]], full],
  ["a list of objects is no answer where one is asked for", invoice, [full, [full, full]], full],
  ["a citation alone is none either", invoice, [[1]], null],
  ["nor is the schema alone", invoice, [invoice], null],
  ["nor is a shorter one", basket, [{ type: "object", properties: { total: {} } }], null],
  ["nor are its properties", invoice, [full, {
    total: { type: "number" },
    currency: { type: "string" },
    vat: { type: "number" },
  }], full],
  ["a list is looked for where the schema asks for one", lines, [[{ sku: "a", n: 1 }], { n: 1 }], [
    { sku: "a", n: 1 },
  ]],
  ["citations are no list of objects", lines, [[{ sku: "a", n: 1 }], [1, 2]], [{ sku: "a", n: 1 }]],
  ["references and branches are followed", choice, [full, { confidence: 0.9 }], full],
  ["fields named type and properties are fields", described, [
    { confidence: 1 },
    { type: "x", properties: {}, total: 1 },
  ], { type: "x", properties: {}, total: 1 }],
  ["the schema is known even so", described, [{ type: "x", properties: {} }, described], {
    type: "x",
    properties: {},
  }],
  ["a schema that says nothing refuses nothing", {}, [{ a: 1 }, { b: 2 }], { b: 2 }],
];
for (const [what, schema, written, value] of chosen) {
  Deno.test(`with a schema, ${what}`, () => {
    const text = written.map((json) => `Here: ${JSON.stringify(json)}`).join("\n");
    assert.deepEqual(parseOutput(text, schema).value, value);
  });
}

Deno.test("a whole text of JSON is the answer, whatever the schema", () => {
  assert.deepEqual(parseOutput("[1]", invoice), { valid: true, value: [1] });
});

Deno.test("listOutputs() lists the candidates without those in thinking", () => {
  assert.deepEqual(listOutputs('<think>{"a":0}</think>{"a":1} [2] ```{"a":{"b":3}}```'), [
    { a: 1 },
    [2],
    { a: { b: 3 } },
  ]);
});

Deno.test("JSON in prose is found whole and never replaced by a part of it", () => {
  const prose = fc.string({ unit: fc.constantFrom(..."abc 1.,:;()<>/*_#\n'`~-") });
  const object = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), {
    noNullPrototype: true,
  })
    .filter(parsesBack);
  fc.assert(fc.property(prose, object, prose, (before, value, after) => {
    const json = JSON.stringify(value);
    fc.pre(!/\\u(0000|d)/.test(json) && !/think|reason|thought/i.test(json));
    assert.deepEqual(parseOutput(`${before} ${json} ${after}`).value, JSON.parse(json));
  }));
});

Deno.test("a scalar is JSON if it is the whole answer", () => {
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
  ["a trailing comma after an object", '{"a": {"b": 1},}', "no_json"],
  ["a list with a trailing comma", '[{"a": 1}, {"a": 2},]', "no_json"],
  ["a list cut off", '[{"a": 1}, {"a": 2}, {"a"', "no_json"],
  ["a comment", '{"a": 1 // one\n}', "no_json"],
  ["a comment before an object", '{ // all\n"a": {"b": 1}}', "no_json"],
  ["Python", "{'a': None, 'b': True}", "no_json"],
  ["Python around JSON", `{'a': [{"b": 1}]}`, "no_json"],
  ["names without quotes", '{a: {"b": 1}}', "no_json"],
  ["a number with a leading zero", '{"a": 007, "b": {"c": 1}}', "no_json"],
  ["a line break in a text", '{"a":"x\ny"}', "no_json"],
  ["a no-break space between", '{\u00a0"a":\u00a01}', "no_json"],
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

Deno.test("a text of opening brackets takes no quadratic time", () => {
  assert.equal(parseOutput("{".repeat(MAX_OUTPUT_CHARACTERS)).valid, false);
});

Deno.test("text that the database cannot store is replaced, other text stays", () => {
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

Deno.test("a long integer keeps its digits, and one beyond the limits is refused", () => {
  const text = '<think>?</think>The number is {"tracking": 9400111899223857264999}.';
  assert.deepEqual(parseOutput(text).value, { tracking: 9400111899223857264999n });
  assert.equal(parseOutput(`{"a": ${"9".repeat(400)}}`).valid, false);
});

Deno.test("a field named __proto__ stays a field of the answer", () => {
  const { value } = parseOutput('{"__proto__": {"admin": true}}');
  assert.equal(JSON.stringify(value), '{"__proto__":{"admin":true}}');
  assert.equal(Object.hasOwn(Object.prototype, "admin"), false);
});
