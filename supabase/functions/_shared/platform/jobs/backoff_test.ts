import assert from "node:assert/strict";
import fc from "fast-check";
import { backoffMs } from "./backoff.ts";

Deno.test("a wait lies between half of its bound and its bound, which doubles up to the maximum", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 5000 }),
    fc.integer({ min: 1, max: 100_000 }),
    fc.integer({ min: 1, max: 1e9 }),
    fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    (baseMs, maxMs, tries, random) => {
      const wait = backoffMs(tries, { baseMs, maxMs }, random);
      let bound = Math.min(baseMs, maxMs);
      for (let doubled = 1; doubled < tries && bound < maxMs; doubled++) {
        bound = Math.min(maxMs, bound * 2);
      }
      assert.ok(wait >= Math.floor(bound / 2) && wait <= bound, `${wait} of ${bound}`);
    },
  ));
});

Deno.test("the first four waits of 500 ms base at full draw are 0.5, 1, 2 and 4 s", () => {
  const backoff = { baseMs: 500, maxMs: 30_000 };
  const waits = [1, 2, 3, 4].map((tries) => backoffMs(tries, backoff, 1));
  assert.deepEqual(waits, [500, 1000, 2000, 4000]);
});
