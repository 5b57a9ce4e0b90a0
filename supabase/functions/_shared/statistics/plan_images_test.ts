import assert from "node:assert/strict";
import fc from "fast-check";
import { fewestImages, imagesToTell, splitVariance } from "./plan_images.ts";

Deno.test("as many images are asked for as the power of the paired t test needs", () => {
  // scipy 1.17, the smallest n with nct.sf(c, n-1, d) + nct.cdf(-c, n-1, d) >= .8, where
  // c = t.ppf(1 - a/2, n-1), d = delta / sd * sqrt(n) (R: power.t.test(type = "paired"))
  const cases = [
    [20, 40, 0.05, 34],
    [2, 10, 0.05, 199],
    [20, 40, 0.05 / 11, 59],
    [30, 30, 0.05, 10],
  ] as const;
  for (const [difference, deviation, significance, expected] of cases) {
    const found = imagesToTell(difference, deviation ** 2, significance);
    assert.ok(found !== null && Math.abs(found - expected) <= 1, `${found} for ${expected}`);
  }
});

Deno.test("small differences take the images that a rare kind would have been among", () => {
  // 3 = 70 p / (1-p): p = 3/73; the smallest n with (1-p)^n < .05 is 72, worked out by hand.
  assert.equal(imagesToTell(3, 0, 0.05), 72);
  assert.ok((imagesToTell(5, 10 ** 2, 0.05) ?? 0) > 34);
});

Deno.test("no number of images is suggested for models that do not differ", () => {
  assert.equal(imagesToTell(0, 4, 0.05), null);
  assert.equal(imagesToTell(0, 0, 0.05), null);
  assert.equal(imagesToTell(0.01, 100, 0.05), null);
});

Deno.test("a difference that is always the same still takes as many images as the test", () => {
  assert.equal(imagesToTell(30, 0, 0.05), 6);
  assert.equal(fewestImages(0.05), 6);
  assert.equal(fewestImages(0.05 / 2), 7);
  assert.equal(fewestImages(0.05 / 11), 9);
});

Deno.test("smaller differences, more noise and stricter tests never take fewer images", () => {
  const size = fc.double({ min: 0.5, max: 50, noNaN: true });
  fc.assert(fc.property(size, size, (difference, deviation) => {
    const needed = (d: number, s: number, p: number) => imagesToTell(d, s ** 2, p) ?? Infinity;
    const base = needed(difference, deviation, 0.05);
    assert.ok(needed(difference / 2, deviation, 0.05) >= base);
    assert.ok(needed(difference, 2 * deviation, 0.05) >= base);
    assert.ok(needed(difference, deviation, 0.005) >= base);
  }));
});

Deno.test("variance is split into what images and what repeats make", () => {
  // Differences of the means: 10, 20; their variance 50. Noise of the means: (2/2 + 0) and 0.
  const split = splitVariance([[[19, 21], [10, 10]], [[30, 30], [10, 10]]]);
  assert.deepEqual(split, { total: 50, repeats: 0.5 });
  assert.equal(splitVariance([[[1], [2]]]), null);
  assert.equal(splitVariance([[[1], [2]], [[3], [1]]])?.repeats, 0);
});
