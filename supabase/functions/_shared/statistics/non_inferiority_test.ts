import assert from "node:assert/strict";
import fc from "fast-check";
import { assertClose } from "../testing/assert_close.ts";
import type { PairedValues } from "./model_scores.ts";
import { lowerBoundOfDifference } from "./non_inferiority.ts";

const pairsOf = (differences: readonly number[]): PairedValues[] =>
  differences.map((difference) => [[50 + difference], [50]]);

Deno.test("the bound is that of the t interval if the model loses more than the added image", () => {
  // Mean -30, standard error sqrt(288 / 7 / 8), t of 75 % on 7 degrees of freedom 0.71114.
  const differences = [-36, -24, -36, -24, -36, -24, -36, -24];
  assertClose(lowerBoundOfDifference(pairsOf(differences), 0.75) ?? NaN, -31.61272, 1e-6);
});

Deno.test("if it loses less, the bound includes one more image on which it loses 10 points", () => {
  // Of six zeros and -10: mean -10 / 7, standard error the same, t on 6 degrees of freedom 0.71756.
  assertClose(
    lowerBoundOfDifference(pairsOf([0, 0, 0, 0, 0, 0]), 0.75) ?? NaN,
    -10 / 7 * 1.71756,
    1e-5,
  );
});

Deno.test("a model without an error so far is not taken to make none", () => {
  const bounds = [6, 12, 24, 50].map((images) =>
    lowerBoundOfDifference(pairsOf(new Array<number>(images).fill(0)), 0.75) ?? NaN
  );
  assert.deepEqual(bounds, bounds.toSorted((one, other) => one - other));
  assert.ok((bounds[0] ?? 0) < -2 && (bounds[1] ?? -9) > -2 && (bounds[3] ?? 0) < 0);
});

Deno.test("fewer than six images give no bound", () => {
  assert.equal(lowerBoundOfDifference(pairsOf([0, 0, 0, 0, 0]), 0.75), null);
  assert.notEqual(lowerBoundOfDifference(pairsOf([0, 0, 0, 0, 0, 0]), 0.75), null);
});

Deno.test("a bound lies below the difference, and moves with it by no more", () => {
  const differences = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 6, maxLength: 50 });
  fc.assert(fc.property(differences, (differences) => {
    const mean = differences.reduce((sum, one) => sum + one, 0) / differences.length;
    assert.ok((lowerBoundOfDifference(pairsOf(differences), 0.75) ?? NaN) <= mean + 1e-9);
  }));
});
