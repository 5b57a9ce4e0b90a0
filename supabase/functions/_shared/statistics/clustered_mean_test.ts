import assert from "node:assert/strict";
import fc from "fast-check";
import { assertClose } from "../testing/assert_close.ts";
import { clusteredMean } from "./clustered_mean.ts";

Deno.test("one run an image gives the ordinary t interval of a mean", () => {
  // scipy 1.17: x = [91.2, 88.0, 100, 75.5, 96.3, 82.1]
  // stats.t.interval(.95, 5, np.mean(x), stats.sem(x)) -> 79.3486366679527, 98.35136333204731
  const estimate = clusteredMean([[91.2], [88], [100], [75.5], [96.3], [82.1]]);
  assertClose(estimate?.mean, 88.85, 1e-12);
  assertClose(estimate?.margin, 98.35136333204731 - 88.85, 1e-7);
});

Deno.test("unequal numbers of runs weigh as the mean of all runs weighs them", () => {
  // numpy: g = [[90,100,95],[80,70],[100],[60,65,70,75]]; y = np.concatenate(g); m = y.mean()
  // se = np.sqrt(4/3 * sum((sum(c) - len(c)*m)**2 for c in g)) / len(y); stats.t.ppf(.975, 3) * se
  const estimate = clusteredMean([[90, 100, 95], [80, 70], [100], [60, 65, 70, 75]]);
  assertClose(estimate?.mean, 80.5, 1e-12);
  assertClose(estimate?.standardError, 8.244189873278433, 1e-12);
  assertClose(estimate?.margin, 26.23669160227231, 1e-7);
});

const scores = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), {
  minLength: 2,
  maxLength: 2,
});

Deno.test("with as many runs on each image, averaging them first changes nothing", () => {
  fc.assert(fc.property(fc.array(scores, { minLength: 2, maxLength: 20 }), (clusters) => {
    const whole = clusteredMean(clusters);
    const averaged = clusteredMean(clusters.map(([one = 0, other = 0]) => [(one + other) / 2]));
    assert.ok(Math.abs((whole?.mean ?? NaN) - (averaged?.mean ?? NaN)) < 1e-9);
    assert.ok(Math.abs((whole?.margin ?? NaN) - (averaged?.margin ?? NaN)) < 1e-6);
  }));
});

Deno.test("repeating every run exactly makes nothing more certain", () => {
  fc.assert(fc.property(fc.array(scores, { minLength: 2, maxLength: 20 }), (clusters) => {
    const once = clusteredMean(clusters);
    const thrice = clusteredMean(clusters.map((values) => [...values, ...values, ...values]));
    assert.ok(Math.abs((once?.margin ?? NaN) - (thrice?.margin ?? NaN)) < 1e-6);
  }));
});

Deno.test("a single image has a mean and no margin, and none has neither", () => {
  assert.deepEqual(clusteredMean([[80, 90], []]), { mean: 85, standardError: null, margin: null });
  assert.equal(clusteredMean([[], []]), null);
});
