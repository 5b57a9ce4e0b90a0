import assert from "node:assert/strict";
import fc from "fast-check";
import type { JsonObject, JsonValue } from "../platform/json/json_value.ts";
import { scoreOutput } from "./compare.ts";
import { NO_RULES, readRules } from "./field_rules.ts";

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

/** Shuffles values in a deterministic way. */
function shuffle<Value>(values: readonly Value[]): Value[] {
  return values
    .map((value, index) => ({ value, key: (index * 7_919 + 13) % 104_729 % 1_009 }))
    .sort((one, other) => one.key - other.key)
    .map(({ value }) => value);
}

/** Returns a line of a statement with up to 20 fields, most of which repeat between lines. */
function makeLine(index: number, fields: number): JsonObject {
  const line: JsonObject = {
    amount: 1_000 + index * 3.25,
    booked: `2024-03-${String(14 + index % 14).padStart(2, "0")}`,
    text: ["Transfer", "Card", "Fee"][index % 3] ?? null,
    branch: ["Basel", "Bern"][index % 2] ?? null,
    balance: 50_000 - index * 1.5,
    currency: "EUR",
    note: index % 4 === 0 ? null : `note ${index % 4}`,
  };
  for (const field of numbers(13)) line[`column ${field}`] = (index * (field + 3)) % 10;
  return Object.fromEntries(Object.entries(line).slice(0, fields));
}

/** Returns the same line in the format of a printed statement. */
function rewrite(line: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(line).map(([key, value]) => {
      if (key === "booked") return [key, `${String(value).slice(-2)} March 2024`];
      if (typeof value === "number") {
        const grouped = value.toFixed(2).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
        return [key, grouped];
      }
      return [key, typeof value === "string" ? ` ${value.toUpperCase()}` : value];
    }),
  );
}

for (const rows of [10, 83, 84, 100, 300, 1_000, 5_000]) {
  for (const fields of rows > 1_000 ? [10] : [2, 5, 20]) {
    Deno.test(`${rows} lines of ${fields} fields, all right but written otherwise, score 100`, () => {
      const lines = numbers(rows).map((index) => makeLine(index, fields));
      const answer = lines.map(rewrite);
      for (const given of [answer, shuffle(answer)]) {
        const { fieldAccuracy, detail } = scoreOutput(lines, given);
        assert.equal(fieldAccuracy, 100);
        assert.equal(detail.relaxed.correct, rows * fields);
      }
      const cells = (line: JsonObject): JsonValue => Object.values(line);
      assert.equal(scoreOutput(lines.map(cells), shuffle(answer.map(cells))).fieldAccuracy, 100);
    });
  }
}

const RULES = {
  none: NO_RULES,
  ordered: readRules({ "x-compare": { array: "ordered" } }),
};
for (const [name, rules] of Object.entries(RULES)) {
  Deno.test(`lines left out and cells misread cost themselves and no more, with rules: ${name}`, () => {
    const lines = numbers(300).map((index) => makeLine(index, 6));
    const answer = lines.map(rewrite);
    for (const index of numbers(10)) {
      answer[20 + index * 25] = { ...answer[20 + index * 25], amount: 5 + index };
    }
    const left = new Set([0, 7, 60, 150, 299]);
    const given = answer.filter((_, index) => !left.has(index));
    const counts = { correct: 295 * 6 - 10, wrong: 10, missing: 5 * 6, extra: 0 };
    assert.deepEqual(scoreOutput(lines, given, rules).detail.relaxed, counts);
  });
}

Deno.test("extra lines are paired with missing ones, and no other line is affected", () => {
  const lines = numbers(300).map((index) => makeLine(index, 5));
  const madeUp = { amount: 1, booked: "2020-01-01", text: "x", branch: "y", balance: 2 };
  const given = shuffle([...lines.slice(5).map(rewrite), madeUp, madeUp, madeUp]);
  const { relaxed } = scoreOutput(lines, given).detail;
  assert.deepEqual(relaxed, { correct: 295 * 5, wrong: 3 * 5, missing: 2 * 5, extra: 0 });
});

Deno.test("a column misread in every line costs that column alone, whatever values it repeats", () => {
  const lines = numbers(900).map((index) => makeLine(index, 10));
  const given = shuffle(
    lines.map((line, index) => ({
      ...rewrite(line),
      branch: lines[index * 31 % 900]?.["text"] ?? 0,
    })),
  );
  const { relaxed } = scoreOutput(lines, given).detail;
  assert.deepEqual(relaxed, { correct: 900 * 9, wrong: 900, missing: 0, extra: 0 });
});

Deno.test("amounts within their tolerance are found again in long lists", () => {
  const rules = readRules({
    items: { properties: { amount: { "x-compare": { type: "number", tolerance: 0.05 } } } },
  });
  const lines = numbers(1_000).map((index) => makeLine(index, 4));
  const given = shuffle(lines.map((line) => ({ ...line, amount: Number(line["amount"]) + 0.04 })));
  assert.equal(scoreOutput(lines, given, rules).fieldAccuracy, 100);
});

Deno.test("the first of a long list of amounts within their tolerance may be missing", () => {
  const rules = readRules({ items: { "x-compare": { type: "number", tolerance: 0.01 } } });
  const amounts = numbers(2_000).map((index) => index * 1.75 % 311);
  assert.deepEqual(scoreOutput(amounts, amounts.slice(1), rules).detail.relaxed, {
    correct: 1_999,
    wrong: 0,
    missing: 1,
    extra: 0,
  });
});

Deno.test("lines of a long list keep their keys when each has a wrong field", () => {
  const rules = readRules({
    items: { properties: { balance: { type: "number" } } },
    "x-compare": { array: { key: "balance" } },
  });
  const lines = numbers(1_000).map((index) => makeLine(index, 6));
  const given = shuffle(lines.map((line, index) => ({ ...rewrite(line), amount: index % 5 })));
  const { detail } = scoreOutput(lines, given, rules);
  assert.deepEqual(detail.relaxed, { correct: 1_000 * 5, wrong: 1_000, missing: 0, extra: 0 });
});

Deno.test("a long list is scored as a short one is, whatever is wrong with it", () => {
  const cell = fc.record({ row: fc.nat(29), field: fc.constantFrom("amount", "text", "booked") });
  const faults = fc.record({
    wrong: fc.array(cell, { maxLength: 10 }),
    left: fc.array(fc.nat(29), { maxLength: 4 }),
    madeUp: fc.nat(3),
  });
  const lines = numbers(30).map((index) => makeLine(index, 5));
  // Right lines beside them make the list too long to be searched in full, and cost nothing.
  const others = numbers(200).map((index) => makeLine(1_000 + index, 5));
  fc.assert(
    fc.property(faults, ({ wrong, left, madeUp }) => {
      const answer = lines.map(rewrite);
      for (const { row, field } of wrong) answer[row] = { ...answer[row], [field]: "misread" };
      const given = answer.filter((_, index) => !left.includes(index));
      for (const index of numbers(madeUp)) given.push({ amount: index, text: "made up" });
      const short = scoreOutput(lines, given).detail.relaxed;
      const long =
        scoreOutput([...lines, ...others], shuffle([...others, ...given])).detail.relaxed;
      assert.deepEqual(long, { ...short, correct: short.correct + others.length * 5 });
    }),
    { numRuns: 30 },
  );
});

Deno.test("texts of a long list in any order are paired in another case, and near misses by ANLS*", () => {
  const rules = readRules({ "x-compare": { array: "unordered" } });
  const texts = numbers(300).map((index): JsonValue =>
    `Purchase ${index * 7} at shop ${index % 9}`
  );
  const upper = texts.map((text) => String(text).toUpperCase()).reverse();
  assert.equal(scoreOutput(texts, upper, rules).fieldAccuracy, 100);
  const misread = texts.slice(5).map((text) => String(text).replace("Purchase", "Purchose"))
    .reverse();
  const { relaxed, anls } = scoreOutput(texts, misread, rules).detail;
  assert.deepEqual(relaxed, { correct: 0, wrong: 295, missing: 5, extra: 0 });
  assert.ok(anls > 93 && anls < 96);
});
