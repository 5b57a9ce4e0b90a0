import assert from "node:assert/strict";
import { measureAgreement } from "./grader_agreement.ts";

function isClose(one: number | null, other: number): boolean {
  return one !== null && Math.abs(one - other) < 1e-6;
}

Deno.test("measureAgreement() is Cohen's kappa on right and wrong", () => {
  const pairs = (count: number, grader_score: number, human_score: number) =>
    Array.from({ length: count }, () => ({ grader_score, human_score }));
  // The table 20, 5 / 10, 15: observed 0.7, by chance 0.5, kappa 0.4.
  const { cells, agreement, kappa } = measureAgreement([
    ...pairs(20, 1, 0.9),
    ...pairs(5, 0.6, 0.1),
    ...pairs(10, 0, 1),
    ...pairs(15, 0.2, 0.4),
    { grader_score: null, human_score: 1 },
    { grader_score: 1, human_score: null },
  ]);
  // Half right is not right.
  assert.equal(measureAgreement(pairs(1, 0.5, 1)).agreement, 0);
  assert.equal(measureAgreement(pairs(1, 0.5, 1)).mean_distance, 0.5);
  assert.equal(cells, 50);
  assert.ok(isClose(agreement, 0.7) && isClose(kappa, 0.4));
  assert.deepEqual(measureAgreement(pairs(3, 1, 1)), {
    cells: 3,
    agreement: 1,
    kappa: null,
    mean_distance: 0,
  });
  assert.equal(measureAgreement([]).agreement, null);
});
