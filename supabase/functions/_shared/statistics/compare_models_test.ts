import assert from "node:assert/strict";
import fc from "fast-check";
import { assertClose } from "../testing/assert_close.ts";
import { compareModels } from "./compare_models.ts";
import type { ModelScores } from "./model_scores.ts";

function model(modelId: string, scores: readonly (number | readonly number[])[]): ModelScores {
  const lists = scores.map((score) => typeof score === "number" ? [score] : score);
  return { modelId, byImage: new Map(lists.entries()) };
}

const rising = [90, 92, 94, 96, 98, 100, 99, 97];

Deno.test("two models are compared image by image, with the results of scipy", () => {
  // scipy 1.17: d = [-75,-30,-2,-24,-60,-84,-5,-33,6,-37,-65,-10]; t = stats.t.ppf(.975, 11)
  // g = np.mean((d - d.mean())**3) / d.std(ddof=1)**3, below zero, so the lower end goes further:
  // d.mean() - stats.sem(d) * (t - g * (1 + 2*t*t) / (6 * np.sqrt(12))); d.mean() + stats.sem(d) * t
  // p: max(2 * stats.t.sf(-d.mean() / stats.sem(d), 11), permutation_test as in sign_flip_test.ts)
  const differences = [-75, -30, -2, -24, -60, -84, -5, -33, 6, -37, -65, -10];
  const { bestModelId, comparisons, indistinguishable } = compareModels([
    model("a", differences.map(() => 90)),
    model("b", differences.map((difference) => 90 + difference)),
  ]);
  assert.equal(bestModelId, "a");
  assert.deepEqual(indistinguishable, ["a"]);
  const [comparison] = comparisons;
  assert.equal(comparison?.images, 12);
  assertClose(comparison?.difference, -34.916666666666664, 1e-9);
  assertClose(comparison?.pValue, 0.0020276437314872306, 1e-6);
  assertClose(comparison?.adjustedPValue, 0.0020276437314872306, 1e-6);
  assertClose(comparison?.interval?.low, -55.11151937062428, 1e-6);
  assertClose(comparison?.interval?.high, -15.783591096342906, 1e-6);
  assert.equal(comparison?.verdict, "worse");
  assert.equal(comparison?.moreImages, null);
});

Deno.test("a field of twelve behind on each of twelve images is not called worse, for one rare page may outweigh it", () => {
  const [comparison] = compareModels([
    model("a", Array<number>(12).fill(100)),
    model("b", Array<number>(12).fill(91.7)),
  ]).comparisons;
  assert.equal(comparison?.verdict, "indistinguishable");
  // One page in ten (8.3 / 78.3) on which b gains 70 points makes the two equal; 12 images miss it
  // as often as this.
  assertClose(comparison?.adjustedPValue, (70 / 78.3) ** 12, 1e-9);
  assert.ok((comparison?.interval?.high ?? 0) > 0);
  const needed = 12 + (comparison?.moreImages ?? NaN);
  const told = compareModels([
    model("a", Array<number>(needed).fill(100)),
    model("b", Array<number>(needed).fill(91.7)),
  ]);
  assert.equal(told.comparisons[0]?.verdict, "worse");
  assert.equal(needed, 27);
});

Deno.test("repeats are averaged within an image before anything else", () => {
  const averaged = compareModels([
    model("a", rising),
    model("b", rising.map((score, index) => score - index)),
  ]);
  const repeated = compareModels([
    model("a", rising.map((score) => [score - 3, score, score + 3])),
    model("b", rising.map((score, index) => [score - index - 1, score - index + 1])),
  ]);
  const [one] = averaged.comparisons;
  const [other] = repeated.comparisons;
  assert.equal(other?.difference, one?.difference);
  assert.equal(other?.pValue, one?.pValue);
  assert.deepEqual(other?.interval, one?.interval);
  assert.equal(one?.repeatShare, 0);
  assert.ok((other?.repeatShare ?? 0) > 0);
});

Deno.test("identical models never differ significantly, however many images there are", () => {
  const score = fc.double({ min: 0, max: 100, noNaN: true });
  const image = fc.array(score, { minLength: 1, maxLength: 4 });
  fc.assert(fc.property(fc.array(image, { minLength: 6, maxLength: 50 }), (scores) => {
    const { bestModelId, comparisons, indistinguishable } = compareModels([
      model("b", scores),
      // The same runs in another order: equal but for rounding.
      model("a", scores.map((values) => values.toReversed())),
    ]);
    assert.equal(bestModelId, "a");
    assert.deepEqual(indistinguishable, ["a", "b"]);
    assert.equal(comparisons[0]?.adjustedPValue, 1);
    assert.equal(comparisons[0]?.moreImages, null);
  }));
});

Deno.test("no test is made with fewer than six images", () => {
  const five = compareModels([model("a", rising.slice(0, 5)), model("b", [1, 2, 3, 4, 5])]);
  assert.equal(five.enoughImages, false);
  assert.equal(five.imagesNeeded, 6);
  assert.equal(five.comparisons[0]?.verdict, "too_few_images");
  assert.equal(five.comparisons[0]?.pValue, null);
  assert.ok(five.comparisons[0]?.interval);
  const six = compareModels([model("a", rising.slice(0, 6)), model("b", [1, 2, 3, 4, 5, 6])]);
  assert.equal(six.enoughImages, true);
  assert.equal(six.comparisons[0]?.verdict, "worse");
});

Deno.test("more models need more images to find a difference", () => {
  const models = (count: number, images: number) =>
    Array.from(
      { length: count },
      (_, rank) =>
        model(`m${rank}`, Array.from({ length: images }, (_, image) => 90 - 13 * rank + image)),
    );
  assert.equal(compareModels(models(3, 6)).enoughImages, false);
  assert.equal(compareModels(models(3, 7)).enoughImages, true);
  assert.equal(compareModels(models(12, 8)).imagesNeeded, 9);
  assert.deepEqual(compareModels(models(12, 9)).indistinguishable, ["m0"]);
});

Deno.test("a model that ran on few images neither leads nor counts as one of the best", () => {
  const { bestModelId, indistinguishable, comparisons } = compareModels([
    model("lucky", [100, 100]),
    model("steady", rising),
    model("close", rising.map((score, index) => score + (index % 2 === 0 ? 1 : -1.5))),
  ]);
  assert.equal(bestModelId, "steady");
  assert.deepEqual(indistinguishable, ["steady", "close"]);
  assert.equal(comparisons[0]?.verdict, "too_few_images");
});

Deno.test("the order in which models are given changes nothing but the order of the answer", () => {
  const scores = fc.array(fc.nat(100), { minLength: 7, maxLength: 7 });
  fc.assert(fc.property(fc.array(scores, { minLength: 1, maxLength: 6 }), (all) => {
    const models = all.map((own, index) => model(`m${index}`, own));
    const one = compareModels(models);
    const other = compareModels(models.toReversed());
    assert.equal(one.bestModelId, other.bestModelId);
    assert.deepEqual(one.comparisons, other.comparisons.toReversed());
    assert.deepEqual(one.indistinguishable.toSorted(), other.indistinguishable.toSorted());
  }));
});

Deno.test("worse, an interval below zero and an adjusted p below 5 % say the same, and the interval holds the difference", () => {
  const scores = fc.integer({ min: 6, max: 14 }).chain((images) =>
    fc.array(
      fc.record({
        level: fc.nat(70),
        noise: fc.array(fc.nat(30), { minLength: images, maxLength: images }),
      }),
      { minLength: 2, maxLength: 5 },
    )
  );
  const verdicts = new Set<string>();
  fc.assert(fc.property(scores, (all) => {
    const models = all.map(({ level, noise }, index) =>
      model(`m${index}`, noise.map((step) => level + step))
    );
    for (const found of compareModels(models).comparisons) {
      const { difference, interval, verdict, pValue, adjustedPValue, moreImages } = found;
      verdicts.add(verdict);
      assert.ok(interval !== null && difference !== null && adjustedPValue !== null);
      assert.ok(interval.low <= difference && difference <= interval.high);
      assert.equal(verdict === "worse", interval.high < 0);
      assert.equal(verdict === "worse", adjustedPValue < 0.05);
      assert.ok((pValue ?? NaN) <= adjustedPValue);
      if (verdict === "worse") assert.equal(moreImages, null);
    }
  }));
  assert.deepEqual([...verdicts].sort(), ["indistinguishable", "worse"]);
});

Deno.test("without runs nothing is compared", () => {
  assert.deepEqual(compareModels([]), {
    bestModelId: null,
    enoughImages: true,
    imagesNeeded: 6,
    indistinguishable: [],
    comparisons: [],
  });
  assert.equal(compareModels([model("a", []), model("b", [])]).enoughImages, false);
});
