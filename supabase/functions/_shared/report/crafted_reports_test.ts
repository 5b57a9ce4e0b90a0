import assert from "node:assert/strict";
import type { Priority } from "../benchmark/configuration.ts";
import { craft, type CraftedModel, free, large, medium, mini } from "../testing/crafted_report.ts";
import type { ReportData } from "./transform_runs_to_report.ts";

const ACCURACY: Priority[] = ["accuracy", "cost", "speed"];
const COST: Priority[] = ["cost", "accuracy", "speed"];
const SPEED: Priority[] = ["speed", "accuracy", "cost"];
const COST_THEN_SPEED: Priority[] = ["cost", "speed", "accuracy"];

const standings = ({ models }: ReportData) =>
  Object.fromEntries(models.map(({ modelId, standing }) => [modelId, standing]));

Deno.test("a priority on accuracy gives another recommendation than one on cost or speed", () => {
  const field = [large, medium, mini];
  assert.equal(craft(field, 20, ACCURACY).recommendedModelId, "Large");
  for (const priorities of [COST, SPEED, COST_THEN_SPEED]) {
    const { recommendedModelId, rationale, reason } = craft(field, 20, priorities);
    assert.equal(recommendedModelId, "Mini");
    assert.match(rationale ?? "", /costing 98% less than Large/);
    assert.match(
      reason ?? "",
      /^Of the 3 models within \d+ points of the most accurate .*, Mini is the/,
    );
  }
});

Deno.test("a free model that reads two fifths is not recommended, on 20 images or on 4", () => {
  for (const images of [20, 4]) {
    const data = craft([large, mini, free], images, COST_THEN_SPEED);
    assert.equal(data.recommendedModelId, "Mini");
    assert.equal(standings(data)["Free"], "below_minimum");
  }
});

Deno.test("the warning of too few images appears once, before everything else", () => {
  const data = craft([large, mini, free], 4, COST_THEN_SPEED);
  assert.equal(
    data.caution?.text,
    "4 images are too few to tell differences in accuracy from chance: it takes 7. " +
      "The figures are compared as measured.",
  );
  assert.ok(data.doubt?.startsWith(data.caution.text));
  const { picks, reason, higherAccuracy, outlook } = data;
  for (const said of [reason, higherAccuracy, outlook, ...Object.values(picks)]) {
    assert.doesNotMatch(JSON.stringify(said), /too few|it takes 7/);
  }
  assert.match(data.reason ?? "", /^Of the 2 models that measured within 20 points/);
});

Deno.test("good enough is explained with the order's own values, and called shown only if it is", () => {
  assert.equal(
    craft([large, medium], 20, ACCURACY).goodEnough,
    "Good enough means more than 50 % of the fields right and less than 2 points behind the most " +
      "accurate model, shown with 80 % confidence.",
  );
  assert.equal(
    craft([large, medium], 4, COST_THEN_SPEED, { minimum: 100 }).goodEnough,
    "Good enough means all fields right and measured less than 20 points behind the most accurate model.",
  );
  const apart = craft(
    [large, medium, { ...mini, end: 5 }, { ...medium, name: "Cut", end: 10 }],
    10,
    COST,
  );
  assert.match(
    apart.goodEnough,
    /, shown with 75 % confidence if both read enough images\.$/,
  );
});

Deno.test("one image shows neither a model's consistency nor how much two models differ", () => {
  const perfect = (model: CraftedModel) => ({ ...model, skill: () => 100 });
  const data = craft([perfect(large), perfect(medium)], 1, ACCURACY, { repeats: 3 });
  assert.equal(data.recommendedModelId, "Medium");
  assert.equal(data.rationale, "Medium achieved 100% field accuracy, costing 80% less than Large.");
  assert.equal(data.outlook, null);
});

Deno.test("among equally accurate models the cheapest is recommended, and among equally cheap ones the fastest", () => {
  const perfect = [large, medium, mini].map((model) => ({ ...model, skill: () => 100 }));
  const data = craft(perfect, 12, ACCURACY);
  assert.equal(data.recommendedModelId, "Mini");
  assert.match(data.reason ?? "", /Mini is the cheapest and the fastest, /);
  assert.doesNotMatch(data.outlook?.text ?? "", /so alike/);
  const even = craft(perfect.map((model) => ({ ...model, usd: 0.01 })), 12, ACCURACY);
  assert.equal(even.recommendedModelId, "Mini");
  assert.doesNotMatch(even.reason ?? "", /the cheapest/);
  assert.equal(even.picks.cheapestGoodEnough?.text, "Mini costs $0.01 a call, as much as Medium.");
});

Deno.test("a model that is dearer and slower than one that reads as well is not recommended", () => {
  const twin = { ...large, name: "Twin", usd: 0.03, milliseconds: 9_000 };
  const skill = (image: number) => image % 4 === 0 ? 92 : 100;
  const data = craft(
    [{ ...twin, skill }, { ...large, skill: (image) => skill(image + 1) }],
    20,
    ACCURACY,
  );
  assert.equal(data.recommendedModelId, "Large");
  assert.match(data.reason ?? "", /Large is the cheapest and the fastest, /);
});

Deno.test("among free models the next priority decides, and none is called the cheapest", () => {
  const gratis = [large, medium, free].map((model) => ({ ...model, usd: 0 }));
  const data = craft(gratis, 12, COST);
  assert.equal(data.recommendedModelId, "Large");
  assert.doesNotMatch(data.reason ?? "", /the cheapest/);
});

Deno.test("calls lost to an outage are no mistakes, and are counted apart", () => {
  const data = craft([{ ...large, isLost: (image) => image % 5 < 2 }, mini], 20, ACCURACY);
  assert.equal(data.recommendedModelId, "Large");
  assert.match(
    data.reason ?? "",
    / Large was measured on 12 of 20 images: of its 40 calls, 16 were lost to outages, and are not counted\.$/,
  );
  assert.equal(data.comparison.comparisons[0]?.images, 12);
});

Deno.test("a model measured on a quarter of the images is not recommended, and that is said", () => {
  const data = craft([{ ...large, skill: () => 97, end: 5 }, mini], 20, ACCURACY);
  assert.equal(data.recommendedModelId, "Mini");
  assert.equal(standings(data)["Large"], "not_comparable");
  assert.equal(data.reason, "Large reached 97.0 % on 5 of 20 images, too few to compare it.");
});

Deno.test("a model measured on few images is recommended where no other is good enough", () => {
  const data = craft([{ ...large, end: 5 }, free], 20, ACCURACY);
  assert.equal(data.recommendedModelId, "Large");
  assert.match(data.reason ?? "", /Large was measured on 5 of 20 images\./);
});

Deno.test("models without a common image are compared by their figures and not tested", () => {
  const data = craft(
    [
      { ...large, skill: () => 97, isLost: (image) => image < 10 },
      { ...medium, skill: () => 94, isLost: (image) => image >= 10 },
    ],
    20,
    COST,
  );
  assert.equal(data.recommendedModelId, "Medium");
  assert.match(data.caution?.text ?? "", /^Too few images were read by two models/);
  assert.match(data.reason ?? "", /mostly on other images, so that chance cannot be ruled out\./);
  assert.match(
    data.reason ?? "",
    /Medium was measured on 10 of 20 images: of its 40 calls, 20 were/,
  );
  assert.equal(data.outlook, null);
});

Deno.test("a model whose answers nobody can read is below the minimum", () => {
  const data = craft([{ ...large, unanswered: "no_json" }, mini], 12, ACCURACY);
  assert.equal(data.recommendedModelId, "Mini");
  assert.deepEqual(standings(data), { Mini: "best", Large: "below_minimum" });
  assert.match(data.reason ?? "", /by more than chance explains \(p < 0\.001\)\.$/);
});

Deno.test("if no model is good enough, none is recommended and the report says why", () => {
  const poor = craft([{ ...large, skill: () => 43.2 }, { ...free, skill: () => 40 }], 12, ACCURACY);
  assert.deepEqual([poor.recommendedModelId, poor.rationale, poor.reason], [null, null, null]);
  assert.deepEqual(poor.noRecommendation, {
    code: "below_minimum",
    text: "No model is good enough: none read more than 50 % of the fields right. " +
      "Large, the most accurate, read 43.2 %.",
  });
  const blind = craft([{ ...large, skill: () => 0 }], 12, ACCURACY);
  assert.equal(
    blind.noRecommendation?.text,
    "No model is good enough: none read a single field right.",
  );
  const down = craft([{ ...large, isLost: () => true }], 4, ACCURACY);
  assert.deepEqual(down.noRecommendation, {
    code: "nothing_measured",
    text:
      "No call of any model was completed. Large is not ranked: the provider was down or overloaded.",
  });
});

Deno.test("the minimum is the order's to set", () => {
  const field = [large, mini];
  assert.equal(craft(field, 20, COST, { minimum: 95 }).recommendedModelId, "Large");
  assert.equal(craft([free], 20, COST, { minimum: 0 }).recommendedModelId, "Free");
  assert.equal(craft(field, 20, COST, { minimum: 100 }).recommendedModelId, null);
  const perfect = { ...large, skill: () => 100 };
  assert.equal(craft([perfect], 20, COST, { minimum: 100 }).recommendedModelId, "Large");
});

Deno.test("a model of unknown cost is not the cheapest, nor called dearer", () => {
  const data = craft([{ ...large, usd: null }, mini], 20, COST);
  assert.equal(data.recommendedModelId, "Mini");
  assert.doesNotMatch(`${data.rationale} ${data.reason}`, /cheapest|costing/);
  assert.match(data.picks.cheapestGoodEnough?.text ?? "", /1 other model .* is not known\.$/);
});

Deno.test("a model alone, or left alone by a race, is recommended as such", () => {
  assert.equal(craft([large], 12, ACCURACY).reason, "No other model was measured.");
  const raced = craft(
    [large, ...[medium, mini].map((model) => ({ ...model, end: 8, isRaced: true }))],
    20,
    ACCURACY,
  );
  assert.equal(raced.recommendedModelId, "Large");
  assert.match(
    raced.reason ?? "",
    /^(Medium and Mini|Mini and Medium) were stopped early by the race, as they were unlikely to catch up; no other model is left\.$/,
  );
});

Deno.test("a model always one field behind is not good enough if accuracy comes first", () => {
  const data = craft(
    [
      { ...large, skill: (image) => image % 4 === 0 ? 91.7 : 100 },
      { ...mini, skill: (image) => image % 2 === 1 ? 83.3 : 100 },
    ],
    12,
    ACCURACY,
    { repeats: 3 },
  );
  assert.equal(data.recommendedModelId, "Large");
  assert.equal(data.picks.mostAccurate?.certain, false);
  assert.equal(data.doubt, data.picks.mostAccurate?.text);
});

Deno.test("rare large errors count, however few images show them", () => {
  const rare = { ...mini, skill: (image: number) => image % 4 === 0 ? 40 : 98 };
  assert.equal(
    craft([{ ...large, skill: () => 96 }, rare], 12, ACCURACY, { repeats: 3 }).recommendedModelId,
    "Large",
  );
});

Deno.test("tiny costs and long times are written like all others", () => {
  const tiny = craft(
    [{ ...large, usd: 2e-7 }, { ...mini, usd: 1e-7 }].map((model) => ({
      ...model,
      skill: () => 95,
    })),
    12,
    COST,
  );
  assert.match(
    tiny.rationale ?? "",
    /^Mini costs \$0\.0000001 a call .*, costing 50% less than Large/,
  );
  const slow = craft(
    [{ ...large, milliseconds: 75_000 }, { ...medium, milliseconds: 61_000 }],
    12,
    SPEED,
  );
  assert.match(slow.rationale ?? "", /^Medium responded in \d\d\.\d s median and achieved /);
});

Deno.test("a model that is not shown to be within the margin is named with its saving", () => {
  const data = craft(
    [
      { ...large, skill: (image) => image % 3 === 0 ? 90 : 100, usd: 5 },
      { ...mini, skill: (image) => image % 3 === 1 ? 87 : 100, usd: 0.0001 },
    ],
    12,
    ACCURACY,
  );
  assert.equal(data.recommendedModelId, "Large");
  assert.equal(standings(data)["Mini"], "within_margin_unproven");
  assert.match(
    data.reason ?? "",
    /but the images do not show that it truly is\. Mini costs 99 % less\.$/,
  );
});

Deno.test("the end of the recommended model is a doubt, and that of another model is not", () => {
  const ending = { ...large, endsOn: "2027-01-20" };
  const own = craft([ending, mini], 20, ACCURACY);
  assert.equal(own.recommendedModelId, "Large");
  assert.match(own.doubt ?? "", /Large ends on 2027-01-20\.$/);
  const others = craft([ending, mini], 20, COST);
  assert.equal(others.recommendedModelId, "Mini");
  assert.doesNotMatch(others.doubt ?? "", /ends on/);
  assert.equal(others.endings.length, 1);
});
