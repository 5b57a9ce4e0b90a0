import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { scoreText } from "../benchmark/score_answer.ts";
import type { JsonObject, JsonValue } from "../platform/json/json_value.ts";
import { writeJson } from "../platform/json/lossless_json.ts";
import { type FieldRule, readRules } from "./field_rules.ts";
import { SCORER_VERSION } from "./scorer_version.ts";

/**
 * SHA-256 of the scores of the answers below, by version. If the test fails because a score changed on
 * purpose, raise SCORER_VERSION and the database's `private.scorer_version()`, and add the new hash.
 */
const FINGERPRINTS: Readonly<Record<number, string>> = {
  1: "c33d6e3483b1de409c906ada9283813a12b940dd22420736a1628691be4ef741",
};

/** Values in the formats of answers. Each is compared with each. */
const VALUES: readonly JsonValue[] = [
  // Numbers
  ...[0, 1, -1, 1.1, 1234.5, -12.5, 0.1 + 0.2, 0.3, 1e21, 9007199254740993n],
  ...["0", "1", "01", "1.0", "1.1", "1.10", "1,1", "1,234.50", "1.234,50", "1 234,50", "1'234.50"],
  ...["$1,234.50", "1234.50 EUR", "USD 1234.5", "(12.50)", "-12.50", "12.50-", "−12.5", "12.–"],
  ...["5 %", "5%", "12 kg", "12kg", "1e3", "1000", "9007199254740993", "9007199254740992"],
  // Dates and times
  ...["2026-01-02", "02.01.2026", "2/1/2026", "1/2/2026", "January 2, 2026", "2 Jan 2026"],
  ...["Fri, 2 Jan 2026", "20260102", "2026-01-02T00:00:00Z", "10:30", "10:30:00", "31/12/25"],
  // Texts
  ...[
    "",
    " ",
    "N/A",
    "null",
    "-",
    "none",
    "Café",
    "Cafe\u0301",
    "CAFÉ",
    "café ",
    "caf\u00e9\u200b",
  ],
  ...["a b", "a  b", "a\nb", "a\u00a0b", "“a”", '"a"', "a–b", "a-b", "ﬁve", "five", "５", "5"],
  ...[
    "a &amp; b",
    "a & b",
    "so\u00adft",
    "soft",
    "ß",
    "ss",
    "İ",
    "i",
    "AB-12 34",
    "ab1234",
    "AB1234",
  ],
  // Others
  ...[null, true, false, "true", "yes"],
  ...[[], {}, [1], [1, 2], [2, 1], { a: 1 }, { A: 1 }, [[1, 2], [3, 4]], [[2, 1], [3, 4]]],
];

const RULES: readonly FieldRule[] = [
  {},
  { type: "text" },
  { type: "identifier" },
  { type: "number" },
  { type: "number", tolerance: 0.5 },
  { type: "date" },
  { type: "date", format: "DD/MM/YYYY" },
];

const rows = Array.from({ length: 30 }, (_, index) => ({
  id: `R${index}`,
  amount: index * 1.25,
  note: index % 3 === 0 ? null : `row ${index}`,
}));
const swap = <T>(list: readonly T[], ...changes: readonly [number, T][]) =>
  changes.reduce<T[]>((changed, [index, value]) => changed.with(index, value), [...list]);

/** Lists, complete and incomplete. */
const LISTS: readonly (readonly [JsonValue, JsonValue])[] = [
  [rows, rows.toReversed()],
  [rows, rows.slice(3)],
  [rows.slice(3), rows],
  [rows, rows.map(({ id, ...row }) => ({ ...row, id: id.toLowerCase() }))],
  [rows, rows.map((row) => ({ ...row, amount: row.amount.toFixed(2) }))],
  [
    rows,
    swap(rows, [3, { id: "R3", amount: 99, note: null }], [4, { id: "X", amount: 5, note: "" }]),
  ],
  [{ rows, total: 1 }, { rows: [], total: "1.00" }],
  [{ tags: ["a", "b", "c"] }, { tags: ["c", "a"] }],
  [{ box: [1, 2, 3, 4] }, { box: [2, 1, 3, 4] }],
  [{ cells: [["a", 1], ["b", 2]] }, { cells: [["b", "2"], ["a", "1"]] }],
];

const EXPECTED = { total: 1, items: [{ name: "a" }] };
const ANSWER = JSON.stringify(EXPECTED);

/** Texts with and without an answer. */
const TEXTS: readonly string[] = [
  ANSWER,
  `\`\`\`json\n${ANSWER}\n\`\`\``,
  `Here it is: ${ANSWER} Anything else?`,
  `<think>{"total": 2}</think>${ANSWER}`,
  `<thinking>${ANSWER}</thinking>{"total": 1}`,
  `{"total": 2} No, wait: ${ANSWER}`,
  `${ANSWER}\n\nSources: [1] [2] [3]`,
  `{"type": "object", "properties": {"total": {}, "items": {}}} ${ANSWER}`,
  `${"[note] ".repeat(45)}${ANSWER}`,
  `\ufeff${ANSWER}`,
  `{"total": 1,}`,
  `{'total': 1}`,
  `{"total": None}`,
  `{"total": 1, "items": [{"name": "a"`,
  "I cannot read this.",
  "",
  "1",
  '"1"',
  "null",
];

/** Returns all scores of the corpus. */
function scoreCorpus(): unknown[] {
  const scoreValue = (expected: JsonValue, actual: JsonValue, schema: JsonObject) => {
    const { output_json: _, ...scores } = scoreText(writeJson(actual), {
      expected,
      schema,
      rules: readRules(schema),
    });
    return scores;
  };
  const scored: unknown[] = [];
  for (const rule of RULES) {
    const schema = { properties: { v: { "x-compare": { ...rule } as JsonObject } } };
    for (const expected of VALUES) {
      for (const actual of VALUES) {
        const { score } = scoreValue({ v: expected }, { v: actual }, schema);
        scored.push(score);
      }
    }
  }
  const schemas: JsonObject[] = [
    {},
    { items: { properties: { id: { "x-compare": { ignore: true } } } } },
    { "x-compare": { array: "ordered" } },
    { "x-compare": { array: { key: "id" } } },
  ];
  for (const schema of schemas) {
    for (const [expected, actual] of LISTS) scored.push(scoreValue(expected, actual, schema));
  }
  for (const text of TEXTS) {
    scored.push(scoreText(text, { expected: EXPECTED, schema: {}, rules: readRules({}) }));
  }
  return scored;
}

Deno.test("no answer of the corpus scores differently unless the scorer's version is raised", () => {
  const fingerprint = createHash("sha256").update(writeJson(scoreCorpus())).digest("hex");
  assert.equal(
    FINGERPRINTS[SCORER_VERSION],
    fingerprint,
    "Scores have changed: raise SCORER_VERSION and private.scorer_version(), and record this fingerprint.",
  );
  assert.equal(
    Math.max(...Object.keys(FINGERPRINTS).map(Number)),
    SCORER_VERSION,
    "the version falls back",
  );
});
