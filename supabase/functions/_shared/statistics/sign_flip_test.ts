import assert from "node:assert/strict";
import fc from "fast-check";
import { assertClose } from "../testing/assert_close.ts";
import { signFlipP } from "./sign_flip.ts";

Deno.test("small samples have scipy's exact p", () => {
  // scipy 1.17: permutation_test((np.array(x),), np.sum, permutation_type="samples",
  //   n_resamples=np.inf, alternative="two-sided").pvalue
  assertClose(signFlipP([12.5, -3, 7.25, 0, 4, -1.5, 9.75, 2]), 0.109375, 1e-12);
  assertClose(
    signFlipP([-10, -5, 0, -2.5, -7.5, -12, -1, -3, 2, -4, -6, 1]),
    0.0087890625,
    1e-12,
  );
});

/** Generates the differences that the Python code below generates. */
function integers(count: number, factor: number, modulus: number, offset: number): number[] {
  return Array.from({ length: count }, (_, index) => (index * factor) % modulus - offset);
}

Deno.test("large samples have the exact p, and never less", () => {
  // Python, all sums counted as integers: c = {0: 1}; for s in map(abs, d): n = {};
  //   for k, v in c.items(): n[k+s] = n.get(k+s, 0) + v; n[k-s] = n.get(k-s, 0) + v; then c = n
  // p = sum(v for k, v in c.items() if abs(k) >= abs(sum(d))) / 2**len(d)
  const samples = [
    [integers(30, 37, 23, 9), 0.227122463285923],
    [integers(32, 29, 31, 13), 0.3671716870740056],
    [integers(40, 17, 29, 11), 0.038381863669201266],
    [integers(50, 37, 41, 17), 0.0742957335731731],
  ] as const;
  for (const [differences, exact] of samples) {
    const found = signFlipP(differences);
    assert.ok(found >= exact && found <= 1.02 * exact, `${found} for ${exact}`);
  }
});

const difference = fc.integer({ min: -400, max: 400 }).map((quarters) => quarters / 4);

/** Computes p by enumerating all sign assignments. */
function enumerate(differences: readonly number[]): number {
  const observed = Math.abs(differences.reduce((sum, value) => sum + value, 0));
  let reached = 0;
  for (let signs = 0; signs < 2 ** differences.length; signs++) {
    const flipped = differences.reduce(
      (sum, value, index) => sum + ((signs >> index) & 1 ? value : -value),
      0,
    );
    if (Math.abs(flipped) >= observed) reached++;
  }
  return reached / 2 ** differences.length;
}

Deno.test("p is what enumerating every assignment of signs gives", () => {
  fc.assert(
    fc.property(
      fc.array(difference, { minLength: 1, maxLength: 11 }),
      (differences) => assertClose(signFlipP(differences), enumerate(differences), 1e-12),
    ),
  );
});

Deno.test("p does not change with the sides, the order, the scale or images without difference", () => {
  fc.assert(fc.property(fc.array(difference, { minLength: 1, maxLength: 40 }), (differences) => {
    const p = signFlipP(differences);
    assert.ok(p > 0 && p <= 1);
    assertClose(signFlipP(differences.map((value) => -value)), p, 1e-9);
    assertClose(signFlipP(differences.toReversed()), p, 1e-9);
    assertClose(signFlipP(differences.map((value) => value / 8)), p, 1e-9);
    assertClose(signFlipP([0, ...differences, 0]), p, 1e-9);
  }));
});

Deno.test("no difference anywhere is p = 1, and the same side everywhere the smallest p there is", () => {
  assert.equal(signFlipP([]), 1);
  assert.equal(signFlipP([0, 0, 0, 0, 0, 0]), 1);
  assert.equal(signFlipP([1, 2, 3, 4, 5, 6]), 2 / 64);
  assertClose(signFlipP(integers(50, 37, 41, -1)), 2 ** -49, 1e-9);
});
