import assert from "node:assert/strict";
import fc from "fast-check";
import { logNormal, uniform } from "./random.ts";

Deno.test("uniform() stays within [0, 1) and gives the same question the same answer", () => {
  fc.assert(
    fc.property(fc.integer(), fc.array(fc.string()), (seed, parts) => {
      const value = uniform(seed, ...parts);
      assert.ok(value >= 0 && value < 1);
      assert.equal(uniform(seed, ...parts), value);
    }),
  );
});

Deno.test("uniform() spreads evenly over consecutive questions", () => {
  const buckets = new Array<number>(10).fill(0);
  for (let call = 0; call < 10_000; call++) {
    const bucket = Math.floor(uniform(7, "model", call) * 10);
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }
  for (const count of buckets) assert.ok(count > 850 && count < 1150, `bucket of ${count}`);
});

Deno.test("logNormal() has the given median and is constant without spread", () => {
  const draws = Array.from({ length: 2001 }, (_, call) => logNormal(300, 0.4, 1, call))
    .sort((a, b) => a - b);
  const median = draws[1000] ?? 0;
  assert.ok(median > 280 && median < 320, `median ${median}`);
  assert.equal(logNormal(300, 0, 1, "any"), 300);
});
