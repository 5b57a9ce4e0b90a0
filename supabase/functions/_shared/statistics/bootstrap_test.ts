import assert from "node:assert/strict";
import fc from "fast-check";
import { bootstrapMean, bootstrapRank, type ImageValue, resampleImages } from "./bootstrap.ts";

const p95 = (count: number) => Math.ceil((95 * count) / 100) - 1;
const middle = (count: number) => (count - 1) / 2;

Deno.test("the interval of a mean is scipy's percentile interval at Hesterberg's level", () => {
  const costs = [12, 31, 18, 9, 44, 25, 20, 15, 38, 22, 11, 29];
  // scipy 1.17: n = 12; level = 1 - 2*norm.cdf(-t.ppf(.975, n-1) * np.sqrt(n/(n-1)))
  // bootstrap((np.array(costs) / 1e4,), np.mean, confidence_level=level, n_resamples=200000,
  //   method="percentile", random_state=1) -> 0.001625, 0.0030083
  const interval = bootstrapMean(
    costs.map((value, image) => ({ image, value: value / 1e4 })),
    resampleImages(costs.length, "a report"),
  );
  assert.ok(interval);
  assert.ok(Math.abs(interval.low - 0.001625) < 0.00004, `${interval.low}`);
  assert.ok(Math.abs(interval.high - 0.0030083) < 0.00004, `${interval.high}`);
});

Deno.test("the intervals of a median and a 95th percentile are numpy's, whole images drawn", () => {
  // numpy: v = np.array([500 + i * 7919 % 3001 for i in range(120)]); L = [v[i::40] for i in range(40)]
  // 60,000 draws of np.concatenate([L[i] for i in rng.integers(0, 40, 40)]), tails as above:
  // np.median -> 1847.5 to 2155; np.sort(x)[ceil(.95 * len(x)) - 1] -> 3217 to 3468
  const values = Array.from({ length: 120 }, (_, index): ImageValue => ({
    image: index % 40,
    value: 500 + (index * 7919) % 3001,
  }));
  const resamples = resampleImages(40, "a report");
  const cases = [[middle, 1847.5, 2155], [p95, 3217, 3468]] as const;
  for (const [rank, low, high] of cases) {
    const interval = bootstrapRank(values, resamples, rank);
    assert.ok(interval && Math.abs(interval.low - low) < 40, `${interval?.low} for ${low}`);
    assert.ok(Math.abs(interval.high - high) < 40, `${interval.high} for ${high}`);
  }
});

Deno.test("the same seed draws the same images, another seed others", () => {
  const draw = (seed: string) => resampleImages(7, seed).counts;
  assert.deepEqual(draw("one"), draw("one"));
  assert.notDeepEqual(draw("one"), draw("other"));
});

Deno.test("every resample has as many images as the report", () => {
  const { counts } = resampleImages(5, "a report");
  for (let start = 0; start < counts.length; start += 5) {
    assert.equal(counts.subarray(start, start + 5).reduce((sum, times) => sum + times), 5);
  }
});

Deno.test("calls on one image alone have no interval", () => {
  const resamples = resampleImages(3, "a report");
  const calls = [{ image: 1, value: 5 }, { image: 1, value: 7 }];
  assert.equal(bootstrapMean(calls, resamples), null);
  assert.equal(bootstrapRank(calls, resamples, p95), null);
  assert.equal(bootstrapMean([], resamples), null);
});

Deno.test("an interval lies within the values and holds the estimate", () => {
  const resamples = resampleImages(6, "a report");
  const call = fc.record({ image: fc.nat(5), value: fc.integer({ min: 1, max: 1000 }) });
  fc.assert(
    fc.property(fc.array(call, { minLength: 2, maxLength: 30 }), (calls) => {
      const sorted = calls.map(({ value }) => value).sort((one, other) => one - other);
      const mean = sorted.reduce((sum, value) => sum + value) / sorted.length;
      const intervals = [
        [bootstrapMean(calls, resamples), mean],
        [bootstrapRank(calls, resamples, p95), sorted[p95(sorted.length)] ?? NaN],
        [
          bootstrapRank(calls, resamples, middle),
          ((sorted[Math.floor(middle(sorted.length))] ?? NaN) +
            (sorted[Math.ceil(middle(sorted.length))] ?? NaN)) / 2,
        ],
      ] as const;
      for (const [interval, estimate] of intervals) {
        if (interval === null) continue;
        assert.ok(interval.low <= estimate + 1e-9 && estimate <= interval.high + 1e-9);
        assert.ok(interval.low >= (sorted[0] ?? NaN) - 1e-9);
        assert.ok(interval.high <= (sorted.at(-1) ?? NaN) + 1e-9);
      }
    }),
    { numRuns: 50 },
  );
});
