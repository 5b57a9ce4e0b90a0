import assert from "node:assert/strict";
import type { JsonObject } from "../benchmark/json_value.ts";
import { scoreOutput } from "./compare.ts";
import { readRules } from "./field_rules.ts";

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

/** A statement too long for all pairs of its lines to be looked at. */
const lines = numbers(300).map((index): JsonObject => ({
  booked: `2024-${String(1 + index % 12).padStart(2, "0")}-${14 + index % 14}`,
  reference: `R-${1_000 + index}`,
  text: `Purchase ${index * 7} at shop ${index % 9}`,
  currency: "EUR",
  amount: index * 3 + 0.5,
}));

Deno.test("lines of a long list are found again when each is written otherwise and some are left out", () => {
  const answer = lines.slice(0, -20).map((line) => ({
    ...line,
    booked: String(line["booked"]).split("-").reverse().join("."),
    text: `${String(line["text"]).toUpperCase()} `,
  })).reverse();
  const { detail } = scoreOutput(lines, answer);
  assert.deepEqual(detail.relaxed, { correct: 280 * 5, wrong: 0, missing: 20 * 5, extra: 0 });
  assert.deepEqual(detail.strict, { correct: 280 * 3, wrong: 280 * 2, missing: 20 * 5, extra: 0 });
});

Deno.test("lines of a long list keep their keys when each has a wrong field", () => {
  const rules = readRules({
    items: { properties: { reference: { type: "string" } } },
    "x-compare": { array: { key: "reference" } },
  });
  const answer = lines.map((line, index) => ({ ...line, amount: index % 5 })).reverse();
  const { detail } = scoreOutput(lines, answer, rules);
  assert.deepEqual(detail.relaxed, { correct: 300 * 4, wrong: 300, missing: 0, extra: 0 });
});

Deno.test("texts of a long list are found again in another case, and near misses by their words", () => {
  const texts = lines.map(({ text }) => text ?? null);
  const upper = texts.map((text) => String(text).toUpperCase()).reverse();
  assert.equal(scoreOutput(texts, upper).fieldAccuracy, 100);
  const misread = texts.slice(5).map((text) => String(text).replace("Purchase", "Purchose"))
    .reverse();
  const { relaxed, anls } = scoreOutput(texts, misread).detail;
  assert.deepEqual(relaxed, { correct: 0, wrong: 295, missing: 5, extra: 0 });
  assert.ok(anls > 93 && anls < 96);
});
