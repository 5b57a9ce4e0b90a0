import assert from "node:assert/strict";
import { mean } from "simple-statistics";
import {
  ACCURACY_FIELDS,
  drawAccuracies,
  drawRivals,
  drawsOf,
  fieldBehind,
  RIVAL_FIELDS,
  SYMMETRIC,
} from "../testing/simulated_fields.ts";
import { accuracyInterval } from "./accuracy_interval.ts";
import { bootstrapMean, bootstrapRank, resampleImages } from "./bootstrap.ts";
import { clusteredMean } from "./clustered_mean.ts";
import { compareModels } from "./compare_models.ts";
import { wilsonInterval } from "./wilson.ts";

/** Creates the random numbers of a test. Each test has a seed, so that they are independent. */
function simulate(seed: number) {
  const { uniform, normal } = drawsOf(seed);
  /** Returns two runs on one image, which share its difficulty. */
  const scoreImage = () => {
    const share = 1 / (1 + Math.exp(-(2 + normal())));
    const score = () =>
      (100 * Array.from({ length: 12 }, uniform).filter((draw) => draw < share).length) / 12;
    return [score(), score()];
  };
  return { normal, scoreImage };
}

/** Mean of scoreImage and its share of 100, over 4,000,000 images with numpy. */
const TRUE_MEAN = 84.45;
const TRUE_EXACT = 0.2751;

const TRIALS = 1_000;

/** Returns the percentage of trials that succeed. */
function percentOf(trials: number, succeeds: (trial: number) => boolean): number {
  let count = 0;
  for (let trial = 0; trial < trials; trial++) if (succeeds(trial)) count++;
  return (100 * count) / trials;
}

Deno.test("the interval of accuracy holds the truth in 93.5 % of reports or more, whatever the errors", () => {
  for (const [index, field] of ACCURACY_FIELDS.entries()) {
    const draws = drawsOf(100 + index);
    for (const images of [6, 12, 20, 50]) {
      const coverage = percentOf(TRIALS, () => {
        const interval = accuracyInterval(drawAccuracies(field, images, draws));
        return interval !== null && interval.low <= field.truth && field.truth <= interval.high;
      });
      assert.ok(coverage >= 93.5, `${coverage} % of ${images} images, ${field.label}`);
    }
  }
});

Deno.test("with symmetric errors the interval of accuracy is at most a tenth wider than that of t", () => {
  const draws = drawsOf(6);
  for (const images of [6, 12, 20, 50]) {
    const drawn = Array.from({ length: 300 }, () => drawAccuracies(SYMMETRIC, images, draws));
    const own = mean(drawn.map((report) => {
      const { low, high } = accuracyInterval(report) ?? { low: 0, high: 0 };
      return high - low;
    }));
    const ofT = mean(drawn.map((report) => 2 * (clusteredMean(report)?.margin ?? NaN)));
    assert.ok(own <= 1.1 * ofT, `${own} instead of ${ofT} points`);
  }
});

Deno.test("runs taken for independent would hold it less often than nine times in ten", () => {
  const { scoreImage } = simulate(1);
  const naive = percentOf(TRIALS, () => {
    const runs = Array.from({ length: 12 }, scoreImage).flat().map((score) => [score]);
    const estimate = clusteredMean(runs);
    return Math.abs((estimate?.mean ?? NaN) - TRUE_MEAN) <= (estimate?.margin ?? NaN);
  });
  assert.ok(naive < 90, `${naive} %`);
});

Deno.test("the interval of the exact match rate holds the truth at least 19 times in 20", () => {
  const { scoreImage } = simulate(2);
  const coverage = percentOf(TRIALS, () => {
    const runs = Array.from({ length: 12 }, scoreImage).flat();
    const { low, high } = wilsonInterval(mean(runs.map((score) => score === 100 ? 1 : 0)), 12);
    return low <= TRUE_EXACT && TRUE_EXACT <= high;
  });
  assert.ok(coverage >= 95, `${coverage} %`);
});

Deno.test("the bootstrap holds a mean and a median of skewed calls nine times in ten", () => {
  const { normal } = simulate(3);
  // Log-normal, median 1: standard deviations of 0.4 between images and 0.3 between runs.
  const trueMean = Math.exp((0.4 ** 2 + 0.3 ** 2) / 2);
  let medians = 0;
  const trials = 400;
  const means = percentOf(trials, (trial) => {
    const values = Array.from({ length: 12 }, (_, image) => {
      const size = 0.4 * normal();
      return [0, 1].map(() => ({ image, value: Math.exp(size + 0.3 * normal()) }));
    }).flat();
    const resamples = resampleImages(12, String(trial));
    const median = bootstrapRank(values, resamples, (count) => (count - 1) / 2);
    if (median !== null && median.low <= 1 && 1 <= median.high) medians++;
    const interval = bootstrapMean(values, resamples);
    return interval !== null && interval.low <= trueMean && trueMean <= interval.high;
  });
  assert.ok(means > 89 && means < 98, `${means} %`);
  assert.ok((100 * medians) / trials > 91, `${medians} of ${trials}`);
});

Deno.test("the bootstrap's range of p95 misses the truth as often as the report says", () => {
  const { normal } = simulate(5);
  const trueP95 = Math.exp(1.6449 * Math.hypot(0.4, 0.3));
  const trials = 300;
  const coverage = (images: number, runs: number) =>
    percentOf(trials, (trial) => {
      const values = Array.from({ length: images }, (_, image) => {
        const size = 0.4 * normal();
        return Array.from({ length: runs }, () => ({
          image,
          value: Math.exp(size + 0.3 * normal()),
        }));
      }).flat();
      const interval = bootstrapRank(
        values,
        resampleImages(images, String(trial)),
        (count) => Math.ceil((95 * count) / 100) - 1,
      );
      return interval !== null && interval.low <= trueP95 && trueP95 <= interval.high;
    });
  for (const [images, runs, told] of [[6, 1, 26], [12, 2, 63], [20, 2, 79]] as const) {
    const found = coverage(images, runs);
    assert.ok(Math.abs(found - told) < 10, `${found} % of ${images} images, ${told} % told`);
  }
});

const isWorse = (comparison: { verdict: string }) => comparison.verdict === "worse";

Deno.test("the best model is called worse in one report in twenty at most, rivals failing on rare pages or not", () => {
  for (const [index, field] of RIVAL_FIELDS.entries()) {
    for (const [models, images, trials] of [[2, 12, 300], [12, 12, 200], [2, 50, 100]] as const) {
      const draws = drawsOf(300 + index);
      const called = percentOf(
        trials,
        () =>
          compareModels(drawRivals(field, { models, images }, draws)).comparisons
            .some((comparison) => comparison.modelId === "m00" && isWorse(comparison)),
      );
      assert.ok(called <= 5, `${called} % of ${models} models, ${images} images: ${field.label}`);
    }
  }
});

Deno.test("a model that is 20 points behind in an ordinary way is mostly called worse on twelve images", () => {
  const draws = drawsOf(7);
  const called = (points: 5 | 20) =>
    percentOf(
      200,
      () =>
        compareModels(drawRivals(fieldBehind(points), { models: 2, images: 12 }, draws)).comparisons
          .some(isWorse),
    );
  assert.ok(called(20) > 90);
  assert.ok(called(5) < 15, "12 images do not show 5 points");
});
