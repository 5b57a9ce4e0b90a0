import assert from "node:assert/strict";
import { interleave, isMet, ratios, renderSection } from "./harness.ts";

Deno.test("interleave() lets every contender begin in turn, and does not count the first round", async () => {
  const order: string[] = [];
  const contender = (name: string) => (seed: number) => {
    order.push(name);
    return Promise.resolve({ turn: order.length, seed });
  };
  const results = await interleave(
    { a: contender("a"), b: contender("b") },
    { rounds: 2, progress: () => {} },
  );
  assert.equal(order.join(""), "ab" + "ba" + "ab");
  assert.deepEqual(results.series("a", "turn"), [4, 5]);
  assert.deepEqual(results.series("b", "turn"), [3, 6]);
  assert.deepEqual(results.series("a", "seed"), results.series("b", "seed"));
  assert.equal(new Set(results.series("a", "seed")).size, 2);
  assert.deepEqual(results.row("a", "turn", { dividend: "b" }).ratios, [3 / 4, 6 / 5]);
  assert.deepEqual(results.row("a", "turn", { divisor: "b" }).ratios, [4 / 3, 5 / 6]);
});

Deno.test("a goal applies to the ratios if there are any", () => {
  const row = { label: "peer", values: [100, 100], ratios: ratios([150, 170], [100, 100]) };
  assert.equal(isMet({ ...row, goal: { atLeast: 1.6 } }), true);
  assert.equal(isMet({ ...row, goal: { atLeast: 1.7 } }), false);
  assert.equal(isMet({ label: "alone", values: [3, 5], goal: { atMost: 4 } }), true);
  assert.equal(isMet(row), undefined);
});

Deno.test("renderSection() shows a missed goal as missed", () => {
  const text = renderSection({
    title: "queue",
    unit: "jobs/s",
    rows: [
      { label: "ours", values: [1234.5] },
      { label: "peer", values: [1000], ratios: [1.2345], goal: { atLeast: 1.7 } },
    ],
  });
  assert.match(text, /1,235/);
  assert.match(text, /1\.23.*≥ 1\.7.*MISSED/);
});

Deno.test("renderSection() shows which values are over the platform's limit", () => {
  const text = renderSection({
    title: "memory",
    unit: "MB",
    rows: [
      { label: "small", values: [100, 300, 200], limit: 256 },
      { label: "large", values: [Infinity, 300, 200], limit: 256 },
      { label: "any", values: [900] },
    ],
  });
  assert.match(text, /small.*256.* ok/);
  assert.match(text, /large.*300.*∞.*256.* OVER/);
  assert.doesNotMatch(text, /any.*(ok|OVER)/);
});
