import assert from "node:assert/strict";
import fc from "fast-check";
import { assertClose } from "../testing/assert_close.ts";
import { levelAtZero, marginOf, measureDifference } from "./paired_difference.ts";

const measure = (differences: readonly number[]) => {
  const measured = measureDifference(differences.map((value) => [[value], [0]] as const));
  assert.ok(measured !== null);
  return measured;
};

Deno.test("one image far above the others moves the upper bound, with the results of scipy", () => {
  // scipy 1.17: d = [-40,-38,-41,-36,-44,-39,-42,-37,-40,-43,-35,25]; t = stats.t.ppf(.975, 11)
  // g = np.mean((d - d.mean())**3) / d.std(ddof=1)**3
  // d.mean() + stats.sem(d) * (t + g * (1 + 2*t*t) / (6 * np.sqrt(12))); 2 * stats.t.sf(x, 11) with
  // brentq(lambda x: x + g * (1 + 2*x*x) / (6 * np.sqrt(12)) - abs(d.mean()) / stats.sem(d), 0, 50)
  const skewed = measure([-40, -38, -41, -36, -44, -39, -42, -37, -40, -43, -35, 25]);
  assertClose(skewed.skewness, 2.5459618870730236, 1e-9);
  assertClose(skewed.mean + marginOf(skewed, 0.025, 1), -15.082267452045784, 1e-6);
  assertClose(2 * levelAtZero(skewed), 0.006212123646401157, 1e-6);
  // Below, where no tail is, it is t's.
  assertClose(marginOf(skewed, 0.025, -1), 34.166666666666664 - 22.200494958829104, 1e-6);
});

Deno.test("the margin at the level at which it reaches zero reaches zero", () => {
  const differences = fc.array(fc.integer({ min: -100, max: 100 }), {
    minLength: 3,
    maxLength: 30,
  });
  fc.assert(fc.property(differences, (values) => {
    const measured = measure(values);
    const level = levelAtZero(measured);
    assert.ok(level >= 0 && level <= 0.5);
    const side = measured.mean < 0 ? 1 : -1;
    fc.pre(level > 1e-9 && level < 0.49);
    assertClose(marginOf(measured, level, side), Math.abs(measured.mean), 1e-5);
  }));
});

Deno.test("if the skewness alone reaches beyond the mean, the level at zero is one half", () => {
  for (const values of [[56, 52, -6, -31, 12, -82], [-64, -15, -40, 43, -62, -7, 67, 22, 37, 20]]) {
    assert.equal(levelAtZero(measure(values)), 0.5);
  }
});

Deno.test("differences that never vary are their mean, and one alone is not measured", () => {
  const same = measure([-5, -5, -5]);
  assert.deepEqual([marginOf(same, 0.025, 1), levelAtZero(same)], [0, 0]);
  assert.equal(levelAtZero(measure([0, 0])), 0.5);
  assert.equal(measureDifference([[[1], [2]]]), null);
});
