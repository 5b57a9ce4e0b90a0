import assert from "node:assert/strict";
import { sampleView } from "../testing/report_view_sample.ts";
import { type ComparedReport, compareReports } from "./compare_reports.ts";

/** A report of models with an accuracy for each image, the first of which is recommended. */
function aReport(
  images: readonly string[],
  scores: Readonly<Record<string, readonly (number | null)[]>>,
  cost = 0.002,
): ComparedReport {
  const [chosen = ""] = Object.keys(scores);
  const view = sampleView({ recommended_model: chosen });
  const [model] = view.models;
  const [run] = view.runs ?? [];
  assert.ok(model && run);
  return {
    images,
    view: {
      ...view,
      models: Object.keys(scores).map((id) => ({ ...model, id, name: id.toUpperCase() })),
      runs: Object.entries(scores).flatMap(([model_id, own]) =>
        own.map((accuracy, image_index) => ({
          ...run,
          model_id,
          image_index,
          status: accuracy === null ? "failed" as const : "complete" as const,
          field_accuracy: accuracy,
          actual_cost: cost,
        }))
      ),
    },
  };
}

const IMAGES = Array.from({ length: 12 }, (_, index) => `u/${index}.png`);
const steady = (accuracy: number) => IMAGES.map((_, index) => accuracy + (index % 3));

Deno.test("compareReports() compares on the common images alone, whatever their order", () => {
  const before = aReport(["u/a.png", "u/b.png", "u/c.png"], { old: [100, 50, 0] });
  const after = aReport(["u/x.png", "u/c.png", "u/b.png"], {
    old: [100, 40, 70],
    young: [0, 100, 80],
  });
  const compared = compareReports(before, after);
  assert.equal(compared?.images, 2);
  assert.deepEqual(
    compared?.models.map((
      { model_id, before, after },
    ) => [model_id, before?.accuracy, after?.accuracy]),
    [["old", 25, 55], ["young", undefined, 90]],
  );
  assert.equal(compared?.models[0]?.change?.points, 30);
  assert.equal(compared?.models[1]?.change, null);
  assert.equal(compareReports(before, aReport(["u/z.png"], { old: [1] })), null);
});

Deno.test("compareReports() says which recommended model read more, how sure that is and what each costs", () => {
  const before = aReport(IMAGES, { old: steady(60) }, 0.004);
  const better = compareReports(before, aReport(IMAGES, { young: steady(90) }, 0.001))?.recommended;
  assert.equal(better?.verdict, "better");
  assert.equal(
    better?.text,
    "YOUNG read 30.0 points more than OLD, recommended then, on 12 common images. Chance hardly " +
      "explains it. 1,000 documents cost $1.00 now and $4.00 then.",
  );
  const same = compareReports(before, before)?.recommended;
  assert.deepEqual([same?.points, same?.verdict], [0, "indistinguishable"]);
  assert.match(same?.text ?? "", /^OLD read as many fields as then on 12 common images\. 1,000/);
  const worse = compareReports(aReport(IMAGES, { a: steady(90) }), before)?.recommended;
  assert.equal(worse?.verdict, "worse");
  assert.match(worse?.text ?? "", /^OLD read 30\.0 points less than A, recommended then, on/);
  const few = compareReports(aReport(["u/1.png"], { a: [10] }), aReport(["u/1.png"], { b: [90] }));
  assert.equal(few?.recommended?.verdict, "too_few_images");
});

Deno.test("compareReports() names what else differs, and leaves models without answers out", () => {
  const order = { prompt: "Read.", json_schema: {}, expected: [], image_names: [] };
  const before = aReport(["u/1.png"], { a: [null] });
  const after = aReport(["u/1.png"], { a: [50] });
  const compared = compareReports(
    { ...before, view: { ...before.view, order } },
    { ...after, view: { ...after.view, scorer_version: 2, order: { ...order, prompt: "Look." } } },
  );
  assert.deepEqual(compared?.differs, ["prompt", "scorer"]);
  assert.equal(compared?.models[0]?.before, null);
  assert.equal(compared?.recommended, null);
});
