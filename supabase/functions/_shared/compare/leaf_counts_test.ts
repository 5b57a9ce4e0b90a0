import assert from "node:assert/strict";
import fc from "fast-check";
import { type LeafCounts, rateCounts, sumCounts } from "./leaf_counts.ts";

const counts: fc.Arbitrary<LeafCounts> = fc.record({
  correct: fc.nat(20),
  wrong: fc.nat(20),
  missing: fc.nat(20),
  extra: fc.nat(20),
});

Deno.test("the rates of 6 correct, 1 wrong, 3 missing and 2 extra are those calculated by hand", () => {
  assert.deepEqual(rateCounts({ correct: 6, wrong: 1, missing: 3, extra: 2 }), {
    accuracy: 50, // 6 of 12
    recall: 60, // 6 of 10 expected
    precision: (100 * 6) / 9, // 6 of 9 given
    f1: (100 * 12) / 19,
  });
});

Deno.test("an empty answer to a question has no precision, and no question no mistakes", () => {
  assert.deepEqual(rateCounts({ correct: 0, wrong: 0, missing: 2, extra: 0 }), {
    accuracy: 0,
    recall: 0,
    precision: 0,
    f1: 0,
  });
  assert.deepEqual(rateCounts({ correct: 0, wrong: 0, missing: 0, extra: 0 }), {
    accuracy: 100,
    recall: 100,
    precision: 100,
    f1: 100,
  });
});

Deno.test("F1 is the harmonic mean of recall and precision, and accuracy the lowest of the four", () => {
  fc.assert(fc.property(counts, (counts) => {
    const { accuracy, recall, precision, f1 } = rateCounts(counts);
    for (const rate of [recall, precision, f1]) {
      assert.ok(accuracy <= rate + 1e-9 && rate <= 100);
    }
    if (recall + precision > 0) {
      assert.ok(Math.abs(f1 - (2 * recall * precision) / (recall + precision)) < 1e-9);
    }
  }));
});

Deno.test("counts add up", () => {
  const one: LeafCounts = { correct: 1, wrong: 2, missing: 3, extra: 4 };
  assert.deepEqual(sumCounts([one, one]), { correct: 2, wrong: 4, missing: 6, extra: 8 });
});
