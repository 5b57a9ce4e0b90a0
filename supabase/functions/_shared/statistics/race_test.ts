import assert from "node:assert/strict";
import fc from "fast-check";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import {
  drawRivals,
  drawsOf,
  fieldBehind,
  RIVAL_FIELDS,
  type RivalField,
} from "../testing/simulated_fields.ts";
import type { ModelScores } from "./model_scores.ts";
import { planLooks } from "./plan_looks.ts";
import { decideRace, type RaceDecision } from "./race.ts";

function model(modelId: string, scores: readonly number[]): ModelScores {
  return { modelId, byImage: new Map(scores.map((score, image) => [image, [score]])) };
}

const noise = [3, -2, 1, -3, 2, -1, 0, 2, -2, 1, -1, 0];
const good = model("good", noise.map((step) => 90 + step));
const close = model("close", noise.map((step, index) => 88 - step + (index % 3)));
const poor = model("poor", noise.map((step, index) => 40 + step + (index % 4)));
const plan = { looks: [6, 8, 11, 15, 21], look: 8 };

Deno.test("a model far behind stops, one close behind runs on, and the leader never stops", () => {
  const { leaderId, stopped, survivors } = decideRace([poor, good, close], plan);
  assert.equal(leaderId, "good");
  assert.deepEqual(stopped.map(({ modelId }) => modelId), ["poor"]);
  assert.deepEqual(survivors, ["good", "close"]);
  const [{ difference, upperBound, images } = { difference: 0, upperBound: 0, images: 0 }] =
    stopped;
  assert.ok(difference < upperBound && upperBound < 0);
  assert.equal(images, 12);
});

Deno.test("with a margin a model stops only once it is surely further behind than that", () => {
  const stoppedWith = (margin: number) =>
    decideRace([poor, good, close], { ...plan, margin }).stopped.map(({ modelId }) => modelId);
  // About 49 points behind, of which rare pages may take back 17.5.
  assert.deepEqual([0, 2, 20, 25].map(stoppedWith), [["poor"], ["poor"], ["poor"], ["poor"]]);
  assert.deepEqual([35, 50].map(stoppedWith), [[], []]);
  const [{ upperBound } = { upperBound: 0 }] = decideRace([poor, good], { ...plan, margin: 20 })
    .stopped;
  assert.ok(upperBound < -20);
});

Deno.test("a larger margin never stops a model that a smaller one lets run on", () => {
  const scores = fc.array(fc.nat(100), { minLength: 10, maxLength: 10 });
  const margins = fc.tuple(fc.nat(30), fc.nat(30)).map((drawn) =>
    drawn.toSorted((one, other) => one - other)
  );
  let stopped = 0;
  fc.assert(fc.property(fc.array(scores, { minLength: 2, maxLength: 6 }), margins, (all, drawn) => {
    // A field at different levels, so that some stop.
    const models = all.map((own, index) =>
      model(`m${index}`, own.map((score) => score / 5 + 16 * index))
    );
    const [small, large] = drawn.map((margin) =>
      decideRace(models, { looks: [10, 14], look: 10, margin }).stopped
    );
    const few = new Set(small?.map(({ modelId }) => modelId));
    for (const { modelId } of large ?? []) assert.ok(few.has(modelId));
    stopped += large?.length ?? 0;
  }));
  assert.ok(stopped > 0, "no margin let anything stop");
});

Deno.test("no model stops before the sixth image", () => {
  const first = (count: number) => (own: ModelScores) => ({
    modelId: own.modelId,
    byImage: new Map([...own.byImage].slice(0, count)),
  });
  assert.deepEqual(decideRace([good, poor].map(first(5)), plan).stopped, []);
  assert.equal(decideRace([good, poor].map(first(6)), plan).stopped.length, 1);
});

Deno.test("a model that is a field of twelve behind on every image runs on until a rare page would have been seen", () => {
  const looks = planLooks(50);
  const isStopped = (behind: number) => (look: number) =>
    decideRace([
      model("a", new Array<number>(look).fill(100)),
      model("b", new Array<number>(look).fill(100 - behind)),
    ], { looks, look }).stopped.length === 1;
  assert.deepEqual(looks.filter(isStopped(8.3)), [41]);
  assert.deepEqual(looks.filter(isStopped(18)), looks);
});

Deno.test("beside many models, one image won of eight lets a model run on, however sure t is", () => {
  const leaders = Array.from({ length: 11 }, (_, index) => model(`a${index}`, Array(8).fill(90)));
  const stops = (differences: readonly number[]) =>
    decideRace([...leaders, model("b", differences.map((difference) => 90 + difference))], {
      looks: [8, 11, 15, 21, 29, 41],
      look: 8,
    }).stopped.length;
  assert.equal(stops([-60, -61, -60, -61, -60, -61, -60, -31]), 1);
  assert.equal(stops([-60, -61, -60, -61, -60, -61, -60, 1]), 0);
});

Deno.test("more rounds or more models never stop a model that fewer let run on", () => {
  const scores = fc.array(fc.nat(100), { minLength: 10, maxLength: 10 });
  fc.assert(fc.property(fc.array(scores, { minLength: 2, maxLength: 6 }), (all) => {
    const models = all.map((own, index) => model(`m${index}`, own));
    const two = { looks: [8, 10], look: 8 };
    const few = decideRace(models, two);
    const stoppedOf = (decision: RaceDecision) => decision.stopped.map(({ modelId }) => modelId);
    const isAmong = (ids: string[], others: string[]) => ids.every((id) => others.includes(id));
    assert.ok(
      isAmong(
        stoppedOf(decideRace(models, { ...two, looks: [8, 10, 14, 20, 28] })),
        stoppedOf(few),
      ),
    );
    // Twins of the leader never stop, and have to be corrected for.
    const twins = models.filter(({ modelId }) => modelId === few.leaderId)
      .flatMap((leader) => ["x", "y"].map((modelId) => ({ ...leader, modelId })));
    assert.ok(isAmong(stoppedOf(decideRace([...models, ...twins], two)), stoppedOf(few)));
    assert.ok(few.survivors.includes(few.leaderId ?? ""));
    assert.equal(few.survivors.length + few.stopped.length, models.length);
  }));
});

Deno.test("the best model finishes nineteen races in twenty, though looked at eight times beside equals", () => {
  const generator = xoroshiro128plus(7);
  const races = 300;
  let spoilt = 0;
  for (let race = 0; race < races; race++) {
    const models = Array.from(
      { length: 6 },
      (_, index) =>
        model(`m${index}`, Array.from({ length: 50 }, () => 50 + 50 * uniformFloat64(generator))),
    );
    // Any of them is the best; ask after one.
    const looks = Array.from({ length: 8 }, (_, look) => 6 * (look + 1));
    const isSpoilt = looks.some((images) =>
      decideRace(
        models.map(({ modelId, byImage }) => ({
          modelId,
          byImage: new Map([...byImage].slice(0, images)),
        })),
        { looks, look: images },
      ).stopped.some(({ modelId }) => modelId === "m0")
    );
    if (isSpoilt) spoilt++;
  }
  assert.ok(spoilt <= 0.05 * races, `${spoilt} of ${races}`);
});

/** Returns the share of races that stop the best model, and the share of calls that they save. */
function simulateRaces(field: RivalField, models: number, races: number) {
  const draws = drawsOf(11);
  const looks = planLooks(50);
  let stopped = 0;
  let calls = 0;
  for (let race = 0; race < races; race++) {
    let running = drawRivals(field, { models, images: 50 }, draws);
    let seen = 0;
    for (const look of looks) {
      calls += running.length * (look - seen);
      seen = look;
      const soFar = running.map(({ modelId, byImage }) => ({
        modelId,
        byImage: new Map([...byImage].slice(0, look)),
      }));
      const { survivors } = decideRace(soFar, { looks, look });
      running = running.filter(({ modelId }) => survivors.includes(modelId));
      if (running.length === 1) break;
    }
    if (running.length > 1) calls += running.length * (50 - seen);
    if (!running.some(({ modelId }) => modelId === "m00")) stopped++;
  }
  return { stopped: stopped / races, spared: 1 - calls / (races * models * 50) };
}

Deno.test("the best model finishes nineteen races in twenty, rivals failing on rare pages or not", () => {
  for (const field of RIVAL_FIELDS) {
    for (const [models, races] of [[2, 300], [12, 80]] as const) {
      const { stopped } = simulateRaces(field, models, races);
      assert.ok(stopped <= 0.05, `${100 * stopped} % of ${models} models: ${field.label}`);
    }
  }
});

Deno.test("a race of rivals 20 points behind spares two thirds of the calls, 50 behind five sixths", () => {
  assert.ok(simulateRaces(fieldBehind(20), 12, 60).spared > 0.67);
  assert.ok(simulateRaces(fieldBehind(50), 12, 60).spared > 0.82);
});

Deno.test("a race without models has no leader", () => {
  assert.deepEqual(decideRace([], plan), { leaderId: null, stopped: [], survivors: [] });
});

Deno.test("looks become rarer, and there is none after the last image", () => {
  assert.deepEqual(planLooks(50), [8, 11, 15, 21, 29, 41]);
  assert.deepEqual(planLooks(11), [8]);
  assert.deepEqual(planLooks(8), []);
});
