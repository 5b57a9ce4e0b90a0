import assert from "node:assert/strict";
import fc from "fast-check";
import type { ModelScores } from "./model_scores.ts";
import { decideRace } from "./race.ts";

function model(modelId: string, scores: readonly number[]): ModelScores {
  return { modelId, byImage: new Map(scores.map((score, image) => [image, [score]])) };
}

const noise = [3, -2, 1, -3, 2, -1, 0, 2, -2, 1, -1, 0];
const good = model("good", noise.map((step) => 90 + step));
const close = model("close", noise.map((step, index) => 88 - step + (index % 3)));
const poor = model("poor", noise.map((step, index) => 40 + step + (index % 4)));
const round = { rounds: 5, models: 3 };

Deno.test("a model far behind stops, one close behind runs on, and the leader never stops", () => {
  const { leaderId, stopped, survivors } = decideRace([poor, good, close], round);
  assert.equal(leaderId, "good");
  assert.deepEqual(stopped.map(({ modelId }) => modelId), ["poor"]);
  assert.deepEqual(survivors, ["good", "close"]);
  const [{ difference, upperBound, images } = { difference: 0, upperBound: 0, images: 0 }] =
    stopped;
  assert.ok(difference < upperBound && upperBound < 0);
  assert.equal(images, 12);
});

Deno.test("nobody stops before the sixth image", () => {
  const first = (count: number) => (own: ModelScores) => ({
    modelId: own.modelId,
    byImage: new Map([...own.byImage].slice(0, count)),
  });
  assert.deepEqual(decideRace([good, poor].map(first(5)), round).stopped, []);
  assert.equal(decideRace([good, poor].map(first(6)), round).stopped.length, 1);
});

Deno.test("six images that differ by exactly the same are not enough, as many as a sign test needs are", () => {
  const flat = (modelId: string, score: number, count: number) =>
    model(modelId, new Array<number>(count).fill(score));
  const decide = (count: number) =>
    decideRace([flat("a", 90, count), flat("b", 89, count)], { rounds: 5, models: 2 }).stopped
      .length;
  assert.equal(decide(6), 0);
  assert.equal(decide(8), 1);
});

Deno.test("more rounds or more models never stop a model that fewer let run on", () => {
  const scores = fc.array(fc.nat(100), { minLength: 10, maxLength: 10 });
  fc.assert(fc.property(fc.array(scores, { minLength: 1, maxLength: 6 }), (all) => {
    const models = all.map((own, index) => model(`m${index}`, own));
    const lenient = decideRace(models, { rounds: 2, models: 6 });
    const strict = decideRace(models, { rounds: 20, models: 12 });
    const stopped = new Set(lenient.stopped.map(({ modelId }) => modelId));
    assert.ok(strict.stopped.every(({ modelId }) => stopped.has(modelId)));
    assert.ok(lenient.survivors.includes(lenient.leaderId ?? ""));
    assert.equal(lenient.survivors.length + lenient.stopped.length, models.length);
  }));
});

Deno.test("a race that nobody runs is led by nobody", () => {
  assert.deepEqual(decideRace([], round), { leaderId: null, stopped: [], survivors: [] });
});
