import assert from "node:assert/strict";
import fc from "fast-check";
import {
  isJsonObject,
  JSON_LIMITS,
  type JsonObject,
  type JsonValue,
} from "../platform/json/json_value.ts";
import { compareRelaxed, compareStrict, diffFields } from "../testing/compare_answers.ts";
import { parsesBack } from "../testing/parses_back.ts";
import {
  calculateFieldAccuracy,
  type CompareMode,
  countLeaves,
  type FieldError,
  rateCounts,
  scoreOutput,
} from "./compare.ts";
import { readRules } from "./field_rules.ts";

const json: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom(null, true, false, "", " ", "A", "a", "1", "$1", "1,234", "1.234", "007"),
    fc.constantFrom(0, 1, 1234),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string(),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(
      fc.oneof(fc.constantFrom("a", "b", "__proto__", "constructor"), fc.string()),
      tie("value"),
      { maxKeys: 4, noNullPrototype: true },
    ).filter(parsesBack),
  ),
})).value;
const modes: CompareMode[] = ["strict", "relaxed"];
const mode = fc.constantFrom(...modes);

/** Expected value, actual value, and whether they are the same strictly and relaxed. */
const pairs: [string, JsonValue, JsonValue | undefined, boolean, boolean][] = [
  ["keys in another order", { a: 1, b: 2 }, { b: 2, a: 1 }, true, true],
  ["1 and 1.0", 1, JSON.parse("1.0"), true, true],
  ["0 and -0", 0, JSON.parse("-0"), true, true],
  ["text in another case", "ACME Ltd", "acme ltd", false, true],
  ["text with space around it", "ACME", "  ACME\n", false, true],
  ["text with more space inside it", "ACME Ltd", "ACME  Ltd", false, true],
  ["text without the space inside it", "ACME Ltd", "ACMELtd", false, false],
  ["one letter composed and decomposed", "caf\u00e9", "cafe\u0301", false, true],
  ["a number and its text", 12.5, "12.50", false, true],
  ["a text and its number", "12.50", 12.5, false, true],
  ["a number and its grouped text", 1234.5, "1,234.50", false, true],
  ["a number grouped the European way", 1234.5, "1.234,50", false, true],
  ["two groupings of one number", "1,234.50", "1'234.50", false, true],
  ["1234 and a text that may be 1.234", 1234, "1.234", false, false],
  ["1.234 and the text of the same characters", 1.234, "1.234", false, true],
  ["1.234 and 1,234", 1.234, "1,234", false, false],
  ["an identifier and a number", "007", 7, false, false],
  ["an identifier and one without its zero", "00123", "123", false, false],
  ["an identifier and the same with a decimal", "0123", "0123.0", false, false],
  ["an identifier with and without spaces", "0123 456", "0123456", false, false],
  ["a telephone number without its plus", "+491234", 491234, false, false],
  ["a number with too many digits", "12345678901234567890", 12345678901234567890, false, false],
  ["an exponent and its value", 1000, "1e3", false, false],
  ["an amount with its currency", 5, "$5", false, true],
  ["an amount with its currency behind it", 1234.5, "1.234,50 €", false, true],
  ["an amount in two currencies", "$5", "€5", false, false],
  ["an amount with a currency's mark and its code", "€5", "EUR 5", false, true],
  ["an amount with a unit that is no currency", 5, "5 kg", false, false],
  ["1 and true", 1, true, false, false],
  ["true and its text", true, "true", false, false],
  ["one date written twice", "2024-03-25", "25 March 2024", false, true],
  ["a date that can be one only", "2024-03-25", "03/25/2024", false, true],
  ["a date that can be two", "2024-03-04", "03/04/2024", false, false],
  ["a doubtful date with and without zeros", "03/04/2024", "3/4/2024", false, true],
  ["a doubtful date with another mark", "03/04/2024", "03.04.2024", false, false],
  ["a date and a date-time", "2024-03-25", "2024-03-25T00:00:00Z", false, false],
  ["one instant in two zones", "2024-03-25T10:00:00Z", "2024-03-25T12:00:00+02:00", false, true],
  ["null and nothing", { a: null }, {}, false, true],
  ["nothing and null", {}, { a: null }, false, true],
  ["null and blank text", null, " ", false, true],
  ["an empty list and null", [], null, false, true],
  ["an empty object and an empty list", {}, [], false, true],
  ["null and a list of nulls", { a: null }, { a: [null, ""] }, false, true],
  ["null and zero", null, 0, false, false],
  ["null and false", null, false, false, false],
  ["blank text and zero", "", 0, false, false],
  ["a missing field", { a: 1, b: 2 }, { a: 1 }, false, false],
  ["an extra field", { a: 1 }, { a: 1, b: 2 }, false, false],
  ["a missing element", [1, 2], [1], false, false],
  ["an extra element", [1], [1, 2], false, false],
  ["objects in another order", [{ a: 1 }, { a: 2 }], [{ a: 2 }, { a: 1 }], true, true],
  ["objects and scalars in another order", [{ a: [1, 2] }, 3], [3, { a: [1, 2] }], true, true],
  ["scalars in another order", [1, 2], [2, 1], false, false],
  ["scalars of an object in another order", [{ a: [1, 2] }], [{ a: [2, 1] }], false, false],
  ["latitude and longitude", [47.37, 8.54], [8.54, 47.37], false, false],
  [
    "rows of a table in another order",
    [["Nut", 2], ["Nail", 5]],
    [["Nail", 5], ["Nut", 2]],
    true,
    true,
  ],
  ["cells of a row in another order", [["Nut", 2, 5]], [["Nut", 5, 2]], false, false],
  ["one element twice and another twice", [1, 1, 2], [1, 2, 2], false, false],
  ["an object for a list", [1], { 0: 1 }, false, false],
  ["a list for an object", { length: 1 }, [1], false, false],
  ["a scalar for an object", { a: 1 }, 1, false, false],
  ["an object for a scalar", 1, { a: 1 }, false, false],
  ["a key in another case", { Total: 1 }, { total: 1 }, false, false],
  ["nulls and no answer", { a: null }, undefined, false, false],
  ["null and no answer", null, undefined, false, false],
];
for (const [what, expected, actual, strict, relaxed] of pairs) {
  const verdict = strict ? "the same" : relaxed ? "the same only relaxed" : "not the same";
  Deno.test(`${what} (${JSON.stringify(expected)}, ${JSON.stringify(actual)}) are ${verdict}`, () => {
    assert.equal(compareStrict(expected, actual), strict);
    assert.equal(compareRelaxed(expected, actual), relaxed);
  });
}

Deno.test("values that are the same strictly are the same relaxed", () => {
  fc.assert(fc.property(json, json, (one, other) => {
    if (compareStrict(one, other)) assert.ok(compareRelaxed(one, other));
  }));
});

Deno.test("every answer is the same as its copy, fully accurate and without a field error", () => {
  fc.assert(fc.property(json, mode, (value, mode) => {
    const copy: JsonValue = JSON.parse(JSON.stringify(value));
    assert.ok(compareStrict(value, copy));
    assert.equal(calculateFieldAccuracy(value, copy, mode), 100);
    assert.deepEqual(diffFields(value, copy, mode), []);
  }));
});

Deno.test("comparison is symmetric in the expected and the actual answer", () => {
  fc.assert(fc.property(json, json, (one, other) => {
    assert.equal(compareStrict(one, other), compareStrict(other, one));
    assert.equal(compareRelaxed(one, other), compareRelaxed(other, one));
  }));
});

Deno.test("two answers are the same exactly when no field differs", () => {
  fc.assert(fc.property(json, json, (one, other) => {
    assert.equal(compareStrict(one, other), diffFields(one, other, "strict").length === 0);
    assert.equal(compareRelaxed(one, other), diffFields(one, other, "relaxed").length === 0);
  }));
});

Deno.test("accuracy is a percentage, and relaxed it is never the lower", () => {
  fc.assert(fc.property(json, fc.option(json, { nil: undefined }), (expected, actual) => {
    const strict = calculateFieldAccuracy(expected, actual, "strict");
    const relaxed = calculateFieldAccuracy(expected, actual, "relaxed");
    assert.ok(0 <= strict && strict <= relaxed && relaxed <= 100);
  }));
});

Deno.test("accuracy follows from the field errors and the number of expected fields", () => {
  fc.assert(fc.property(json, json, mode, (expected, actual, mode) => {
    const errors = diffFields(expected, actual, mode);
    const extra = errors.filter((error) => !Object.hasOwn(error, "expected")).length;
    const all = diffFields(expected, undefined, "strict").length;
    assert.equal(
      calculateFieldAccuracy(expected, actual, mode),
      (100 * (all + extra - errors.length)) / (all + extra),
    );
  }));
});

Deno.test("no answer scores 0, even if only nulls were expected", () => {
  fc.assert(fc.property(json, mode, (expected, mode) => {
    assert.equal(calculateFieldAccuracy(expected, undefined, mode), 0);
  }));
});

Deno.test("breaking k of n fields costs k of n of the accuracy", () => {
  fc.assert(fc.property(
    fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1, maxLength: 20 }),
    fc.nat(),
    mode,
    (names, seed, mode) => {
      const broken = seed % (names.length + 1);
      const expected = Object.fromEntries(names.map((name, index) => [name, index + 1]));
      const actual = Object.fromEntries(
        names.map((name, index) => [name, index < broken ? -1 : index + 1]),
      );
      assert.equal(
        calculateFieldAccuracy(expected, actual, mode),
        (100 * (names.length - broken)) / names.length,
      );
    },
  ));
});

Deno.test("an extra field costs as much as a missing one, and is listed", () => {
  assert.equal(calculateFieldAccuracy({ a: 1 }, { a: 1, b: 2 }, "strict"), 50);
  assert.equal(calculateFieldAccuracy({ a: 1, b: 2 }, { a: 1 }, "strict"), 50);
  assert.deepEqual(diffFields({ a: 1 }, { a: 1, b: { c: [2, 3] } }, "strict"), [
    { fieldPath: "b.c[0]", actual: 2 },
    { fieldPath: "b.c[1]", actual: 3 },
  ]);
});

const differences: [string, JsonValue, JsonValue | undefined, CompareMode, FieldError[]][] = [
  ["a wrong field", { a: { b: 1 } }, { a: { b: 2 } }, "strict", [
    { fieldPath: "a.b", expected: 1, actual: 2 },
  ]],
  ["a missing field, told from null", { a: 1, b: 2 }, { b: null }, "strict", [
    { fieldPath: "a", expected: 1 },
    { fieldPath: "b", expected: 2, actual: null },
  ]],
  ["the element that is missing, by its place", [{ p: 1 }, { p: 2 }], [{ p: 2 }], "strict", [
    { fieldPath: "[0].p", expected: 1 },
  ]],
  [
    "the field of the element most like it",
    [{ p: 1, q: 1 }, { p: 2, q: 2 }],
    [
      { p: 2, q: 9 },
      { p: 1, q: 1 },
    ],
    "strict",
    [{ fieldPath: "[1].q", expected: 2, actual: 9 }],
  ],
  ["a text where an object was wanted", { a: { b: 1, c: 2 } }, { a: "1 2" }, "relaxed", [
    { fieldPath: "a.b", expected: 1 },
    { fieldPath: "a.c", expected: 2 },
    { fieldPath: "a", actual: "1 2" },
  ]],
  ["an object where a text was wanted", { a: "x" }, { a: { b: 1 } }, "relaxed", [
    { fieldPath: "a", expected: "x", actual: { b: 1 } },
  ]],
  [
    "an object where nothing was wanted, and each further field in it",
    { a: null },
    {
      a: { b: 1, c: 2 },
    },
    "relaxed",
    [
      { fieldPath: "a", expected: null, actual: { b: 1, c: 2 } },
      { fieldPath: "a.c", actual: 2 },
    ],
  ],
  ["nothing of an empty container for a filled one, relaxed", { a: [1] }, { a: {} }, "relaxed", [
    { fieldPath: "a[0]", expected: 1 },
  ]],
  ["an empty container of the wrong type, strictly", { a: [1] }, { a: {} }, "strict", [
    { fieldPath: "a[0]", expected: 1 },
    { fieldPath: "a", actual: {} },
  ]],
  ["a whole answer that is no object", "x", 5, "strict", [
    { fieldPath: "$", expected: "x", actual: 5 },
  ]],
  ["a key that is no name, quoted", { "unit price": { "a.b": 1 } }, {}, "strict", [
    { fieldPath: '["unit price"]["a.b"]', expected: 1 },
  ]],
];
for (const [what, expected, actual, mode, errors] of differences) {
  Deno.test(`field errors name ${what}`, () => {
    assert.deepEqual(diffFields(expected, actual, mode), errors);
  });
}

Deno.test("every field error has a path of its own", () => {
  fc.assert(fc.property(json, json, mode, (expected, actual, mode) => {
    const paths = diffFields(expected, actual, mode).map(({ fieldPath }) => fieldPath);
    assert.equal(new Set(paths).size, paths.length);
  }));
});

Deno.test("a field named __proto__ is a field, and comparing it changes no prototype", () => {
  const expected: JsonValue = JSON.parse('{"__proto__": {"admin": true}}');
  const other: JsonValue = JSON.parse('{"__proto__": {"admin": false}}');
  assert.ok(compareStrict(expected, JSON.parse('{"__proto__": {"admin": true}}')));
  assert.deepEqual(diffFields(expected, other, "strict"), [
    { fieldPath: "__proto__.admin", expected: true, actual: false },
  ]);
  assert.deepEqual(diffFields(expected, {}, "strict"), [
    { fieldPath: "__proto__.admin", expected: true },
  ]);
  assert.equal(Object.hasOwn(Object.prototype, "admin"), false);
});

Deno.test("names every object inherits are not taken for fields of the answer", () => {
  assert.equal(calculateFieldAccuracy({ toString: null, constructor: 1 }, {}, "strict"), 0);
});

Deno.test("nesting as deep as an answer may be is compared, on either side", () => {
  const deep = (leaf: number) => {
    let value: JsonValue = leaf;
    for (let level = 0; level < JSON_LIMITS.depth; level++) value = [value];
    return value;
  };
  assert.ok(compareStrict(deep(1), deep(1)));
  assert.equal(calculateFieldAccuracy(deep(1), deep(2), "relaxed"), 0);
  assert.equal(compareRelaxed(null, deep(1)), false);
});

Deno.test("an answer with ten thousand elements is compared in full, in order and in any order", () => {
  const wide = Array.from({ length: JSON_LIMITS.nodes - 1 }, (_, index) => index);
  const given = [...wide.slice(1), -1];
  const counts = { correct: wide.length - 1, wrong: 0, missing: 1, extra: 1 };
  assert.deepEqual(countLeaves(wide, given, "relaxed"), counts);
  assert.deepEqual(
    countLeaves(wide, given.toReversed(), "relaxed", readRules(ANY_ORDER)),
    { ...counts, wrong: 1, missing: 0, extra: 0 },
  );
});

/** Expected value, actual value, and the numbers of correct, wrong, missing and extra leaves. */
const aligned: [string, JsonValue, JsonValue, number[]][] = [
  ["a list with one missed", ["a", "b", "c", "d"], ["b", "c", "d"], [3, 0, 1, 0]],
  ["a list with one made up", ["a", "b", "c"], ["x", "a", "b", "c"], [3, 0, 0, 1]],
  ["a list that begins and ends too late", ["a", "b", "c"], ["b", "c", "x"], [2, 0, 1, 1]],
  ["two swapped values", [1, 9], [9, 1], [0, 2, 0, 0]],
  ["two swapped cells of a row", [["Nut", 2, 5]], [["Nut", 5, 2]], [1, 2, 0, 0]],
  ["a row without its first cell", [["Nut", 2], ["Nail", 3]], [["Nail", 3], [2]], [3, 0, 1, 0]],
];
for (const [what, expected, actual, [correct, wrong, missing, extra]] of aligned) {
  Deno.test(`values of ${what} are right where their order is`, () => {
    const counts = { correct, wrong, missing, extra };
    assert.deepEqual(countLeaves(expected, actual, "relaxed"), counts);
    assert.deepEqual(countLeaves(expected, actual, "strict"), counts);
  });
}

Deno.test("a run's score takes accuracy relaxed and the exact match strictly", () => {
  assert.deepEqual(scoreOutput({ total: 1234.5, shop: "ACME" }, { total: 1234.5, shop: "ACME" }), {
    exactMatch: true,
    fieldAccuracy: 100,
    fieldErrors: [],
    detail: {
      strict: { correct: 2, wrong: 0, missing: 0, extra: 0 },
      relaxed: { correct: 2, wrong: 0, missing: 0, extra: 0 },
      formatOnly: 0,
      anls: 100,
    },
  });
  assert.deepEqual(scoreOutput({ total: 1234.5, tip: null }, { total: "1,234.50", note: "" }), {
    exactMatch: false,
    fieldAccuracy: 100,
    fieldErrors: [
      { fieldPath: "total", expected: 1234.5, actual: "1,234.50", formatOnly: true },
      { fieldPath: "tip", expected: null, formatOnly: true },
      { fieldPath: "note", actual: "", formatOnly: true },
    ],
    detail: {
      strict: { correct: 0, wrong: 1, missing: 1, extra: 1 },
      relaxed: { correct: 2, wrong: 0, missing: 0, extra: 0 },
      formatOnly: 3,
      anls: 87.5,
    },
  });
});

Deno.test("without an answer every field is missing and none is a format difference", () => {
  assert.deepEqual(scoreOutput({ total: 1, tip: null, items: [] }, undefined), {
    exactMatch: false,
    fieldAccuracy: 0,
    fieldErrors: [
      { fieldPath: "total", expected: 1 },
      { fieldPath: "tip", expected: null },
      { fieldPath: "items", expected: [] },
    ],
    detail: {
      strict: { correct: 0, wrong: 0, missing: 3, extra: 0 },
      relaxed: { correct: 0, wrong: 0, missing: 3, extra: 0 },
      formatOnly: 0,
      anls: 0,
    },
  });
});

/** Documents: filled objects and arrays of objects. */
const documents = fc.letrec<{ value: JsonValue; object: JsonValue; list: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<JsonValue>(null, "", "a", "A", "b", 0, 1, "1", 2, "1,000", 1000, true),
    tie("object"),
    tie("list"),
  ),
  object: fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value"), {
    minKeys: 1,
    maxKeys: 3,
    noNullPrototype: true,
  }),
  list: fc.array(tie("value"), { minLength: 1, maxLength: 5 }),
})).value;

function shuffle(value: JsonValue, random: () => number): JsonValue {
  if (Array.isArray(value)) {
    const shuffled = value.map((element) => ({ key: random(), element: shuffle(element, random) }));
    return shuffled.sort((one, other) => one.key - other.key).map(({ element }) => element);
  }
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [key, shuffle(child, random)]),
  );
}

/** Rules under which no array is ordered, at any depth. */
const ANY_ORDER: JsonObject = {
  $ref: "#/$defs/value",
  $defs: {
    value: {
      "x-compare": { array: "unordered" },
      items: { $ref: "#/$defs/value" },
      additionalProperties: { $ref: "#/$defs/value" },
    },
  },
};

Deno.test("if no array is ordered, the order on either side and at any depth changes no count", () => {
  const rules = readRules(ANY_ORDER);
  fc.assert(
    fc.property(documents, documents, fc.infiniteStream(fc.nat(1_000)), (one, other, numbers) => {
      const random = () => Number(numbers.next().value);
      const { anls, ...counts } = scoreOutput(one, other, rules).detail;
      const after = scoreOutput(shuffle(one, random), shuffle(other, random), rules).detail;
      assert.deepEqual({ ...after, anls: 0 }, { ...counts, anls: 0 });
      assert.ok(Math.abs(after.anls - anls) < 1e-4);
    }),
    { numRuns: 400 },
  );
});

Deno.test("every expected leaf is counted once, and strictly every given leaf too", () => {
  const leaves = (value: JsonValue): number =>
    isJsonObject(value)
      ? Object.values(value).reduce<number>((sum, child) => sum + leaves(child), 0)
      : Array.isArray(value)
      ? value.reduce<number>((sum, child) => sum + leaves(child), 0)
      : 1;
  fc.assert(fc.property(documents, documents, (expected, actual) => {
    const { strict, relaxed } = scoreOutput(expected, actual).detail;
    for (const { correct, wrong, missing } of [strict, relaxed]) {
      assert.equal(correct + wrong + missing, leaves(expected));
    }
    assert.equal(strict.correct + strict.wrong + strict.extra, leaves(actual));
  }));
});

Deno.test("errors that remain relaxed are strict errors too, count by count", () => {
  fc.assert(fc.property(documents, documents, (expected, actual) => {
    const { detail, fieldErrors, exactMatch } = scoreOutput(expected, actual);
    const { strict, relaxed, formatOnly } = detail;
    assert.ok(strict.correct <= relaxed.correct && strict.extra >= relaxed.extra);
    assert.equal(fieldErrors.filter((error) => error.formatOnly === true).length, formatOnly);
    assert.equal(fieldErrors.length, strict.wrong + strict.missing + strict.extra);
    assert.equal(
      fieldErrors.length - formatOnly,
      relaxed.wrong + relaxed.missing + relaxed.extra,
    );
    assert.equal(exactMatch, fieldErrors.length === 0);
    assert.ok(rateCounts(strict).accuracy <= rateCounts(relaxed).accuracy);
  }));
});

Deno.test("an extra field never raises the accuracy", () => {
  fc.assert(fc.property(documents, documents, json, mode, (expected, actual, made, mode) => {
    const [truth, given] = [{ document: expected }, { document: actual }];
    const before = calculateFieldAccuracy(truth, given, mode);
    const after = calculateFieldAccuracy(truth, { ...given, madeUp: made }, mode);
    assert.ok(after <= before);
  }));
});

Deno.test("an extra element beside all the right ones lowers the accuracy", () => {
  fc.assert(
    fc.property(fc.array(documents, { maxLength: 5 }), fc.nat(5), mode, (list, at, mode) => {
      const given = list.toSpliced(at, 0, { madeUp: true });
      assert.ok(calculateFieldAccuracy(list, given, mode) < 100);
    }),
  );
});

Deno.test("leaving a field out never does better than the right value", () => {
  fc.assert(fc.property(documents, documents, mode, (expected, actual, mode) => {
    const truth = { a: expected, b: 1 };
    assert.ok(
      calculateFieldAccuracy(truth, { a: actual }, mode) <
        calculateFieldAccuracy(truth, { a: actual, b: 1 }, mode),
    );
  }));
});

Deno.test("a missing object is not partly right because of the nulls in it", () => {
  const expected = { vendor: { name: "ACME", vat: null }, items: [{ price: 1, tax: null }] };
  assert.equal(calculateFieldAccuracy(expected, {}, "relaxed"), 0);
  assert.equal(calculateFieldAccuracy(expected, { vendor: null, items: [] }, "relaxed"), 0);
  assert.equal(calculateFieldAccuracy(expected, { vendor: { name: "ACME" } }, "relaxed"), 50);
});

Deno.test("no other choice of pairs makes more elements right", () => {
  const element = fc.record({ a: fc.nat(2), b: fc.nat(2), c: fc.nat(2) });
  const list = fc.array(element, { minLength: 1, maxLength: 4 });
  const permutations = (indices: number[]): number[][] =>
    indices.length === 0
      ? [[]]
      : indices.flatMap((first) =>
        permutations(indices.filter((index) => index !== first)).map((rest) => [first, ...rest])
      );
  fc.assert(
    fc.property(list, list, (expected, actual) => {
      const inOrder = { type: "array", "x-compare": { array: "ordered" } };
      const best = Math.max(
        ...permutations(actual.map((_, index) => index)).map((order) =>
          countLeaves(
            expected,
            order.map((index) => actual[index] ?? null),
            "strict",
            readRules(inOrder),
          ).correct
        ),
      );
      const { correct } = countLeaves(expected, actual, "strict");
      // In order the longer list may have to leave out others than would be best.
      if (expected.length <= actual.length) assert.equal(correct, best);
      else assert.ok(correct >= best);
    }),
    { numRuns: 100 },
  );
});

Deno.test("rows that differ only in a long integer's last digits are paired in lists of any length", () => {
  for (const length of [5, 300, 2_000]) {
    const rows = Array.from(
      { length },
      (_, row) => ({ tracking: 9400111899223857264000n + BigInt(row), kind: row % 7 }),
    );
    const asText = rows.map(({ tracking, kind }) => ({ kind, tracking: String(tracking) }));
    assert.equal(scoreOutput(rows, rows.toReversed()).exactMatch, true);
    assert.equal(scoreOutput(rows, asText.toReversed()).fieldAccuracy, 100);
    const misread = rows.with(0, { tracking: 9400111899223857264000n - 1n, kind: 0 });
    assert.equal(scoreOutput(rows, misread.toReversed()).detail.relaxed.wrong, 1);
  }
});
