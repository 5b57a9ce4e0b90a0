import assert from "node:assert/strict";
import fc from "fast-check";
import { planLooks } from "../statistics/plan_looks.ts";
import { lookAtRace } from "./look_at_race.ts";
import type { LoadedRace } from "./store.ts";

interface EndedRun {
  readonly model_id: string;
  readonly image_index: number;
  readonly field_accuracy: number;
  readonly error_kind: string | null;
  readonly served_other: boolean;
}

const answered = { error_kind: null, served_other: false };

const IMAGES = 20;
const looks = planLooks(IMAGES);

/** Runs a whole race whose runs end, and are listed, as `order` says; what each look decided. */
function race(runs: readonly EndedRun[], order: (runs: readonly EndedRun[]) => EndedRun[]) {
  let running = [...new Set(runs.map(({ model_id }) => model_id))];
  return looks.map((seen) => {
    const ended = order(
      runs.filter(({ model_id, image_index }) => running.includes(model_id) && image_index < seen),
    );
    const models: LoadedRace["models"] = [...new Set(ended.map(({ model_id }) => model_id))]
      .map((model_id) => ({
        model_id,
        scores: ended.filter((run) => run.model_id === model_id),
      }));
    const decision = lookAtRace({ looks, look: seen, accuracy_margin: 0, models });
    running = decision.survivors;
    return decision;
  });
}

const field = fc.array(
  fc.record({ level: fc.nat(60), lost: fc.array(fc.nat(2 * IMAGES - 1), { maxLength: 6 }) }),
  { minLength: 2, maxLength: 5 },
).chain((models) =>
  fc.array(fc.double({ min: 0, max: 40, noNaN: true }), {
    minLength: 2 * IMAGES * models.length,
    maxLength: 2 * IMAGES * models.length,
  }).map((noise) =>
    models.flatMap(({ level, lost }, model) =>
      Array.from({ length: 2 * IMAGES }, (_, run): EndedRun => ({
        model_id: `m${model}`,
        image_index: run >> 1,
        field_accuracy: level + (noise[2 * IMAGES * model + run] ?? 0),
        ...answered,
      })).filter((_, run) => !lost.includes(run))
    )
  )
);

Deno.test("every look of a race decides the same for any order of runs", () => {
  let stopped = 0;
  fc.assert(
    fc.property(field, fc.infiniteStream(fc.nat()), (runs, keys) => {
      const shuffle = (ended: readonly EndedRun[]) =>
        ended.map((run) => ({ run, key: keys.next().value ?? 0 }))
          .sort((one, other) => one.key - other.key).map(({ run }) => run);
      const inOrder = race(runs, (ended) => [...ended]);
      assert.deepEqual(race(runs, shuffle), inOrder);
      stopped += inOrder.flatMap((decision) => decision.stopped).length;
    }),
    { numRuns: 60 },
  );
  assert.ok(stopped > 0, "no race stopped anything");
});

Deno.test("a model whose runs all failed is not stopped and stops no other", () => {
  const scores = Array.from({ length: 10 }, (_, image_index) => ({
    image_index,
    field_accuracy: 50 + image_index,
    ...answered,
  }));
  const decision = lookAtRace({
    looks: [10, 14],
    look: 10,
    accuracy_margin: 0,
    models: [{ model_id: "down", scores: [] }, { model_id: "up", scores }],
  });
  assert.deepEqual(decision.stopped, []);
  assert.deepEqual(decision.survivors, ["down", "up"]);
});

/**
 * Returns the models that a look at 10 images stops. The second model is 30 points behind the
 * first. `own` changes runs of the second model, `leader` those of the first.
 */
function stopsBehind(
  own: (image: number) => Partial<EndedRun>,
  { margin = 0, leader = () => ({}) }: {
    readonly margin?: number;
    readonly leader?: (image: number) => Partial<EndedRun>;
  } = {},
): string[] {
  const scoresOf = (level: number, change: (image: number) => Partial<EndedRun>) =>
    Array.from({ length: 10 }, (_, image_index) => ({
      image_index,
      field_accuracy: level + image_index % 3,
      ...answered,
      ...change(image_index),
    }));
  const decision = lookAtRace({
    looks: [10, 14],
    look: 10,
    accuracy_margin: margin,
    models: [
      { model_id: "ahead", scores: scoresOf(95, leader) },
      { model_id: "behind", scores: scoresOf(65, own) },
    ],
  });
  return decision.stopped.map(({ modelId }) => modelId);
}

Deno.test("a model 30 points behind stops if accuracy is first, and continues if it may be 20 behind", () => {
  const asMeasured = () => ({});
  assert.deepEqual([0, 2, 11].map((margin) => stopsBehind(asMeasured, { margin })), [
    ["behind"],
    ["behind"],
    ["behind"],
  ]);
  assert.deepEqual(stopsBehind(asMeasured, { margin: 20 }), []);
});

Deno.test("answers of another model neither stop a model nor let it stop others", () => {
  const ofAnother = () => ({ served_other: true });
  assert.deepEqual(stopsBehind(ofAnother), []);
  assert.deepEqual(stopsBehind(() => ({}), { leader: ofAnother }), []);
  // Three answers of another do not hide that the seven others are its own.
  assert.deepEqual(stopsBehind((image) => image < 3 ? ofAnother() : {}), ["behind"]);
});

Deno.test("rejections of some images can stop a model, rejections of all cannot", () => {
  const rejected = { field_accuracy: 0, error_kind: "rejected" };
  assert.deepEqual(stopsBehind(() => rejected), []);
  assert.deepEqual(stopsBehind((image) => image % 2 === 0 ? rejected : {}), ["behind"]);
});
