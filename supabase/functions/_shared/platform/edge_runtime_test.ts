import assert from "node:assert/strict";
import fc from "fast-check";
import { lifeLeftMs } from "./edge_runtime.ts";

Deno.test("a worker never outlives its isolate, whose second half gets no requests, and has half of a life at least", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1_000, max: 750_000 }),
    fc.integer({ min: 0, max: 750_000 }),
    fc.double({ min: 0, max: 0.5, noNaN: true }),
    (least, more, share) => {
      const actual = least + more;
      const age = actual * share;
      const left = lifeLeftMs(least, age);
      assert.ok(left <= actual - age + 1e-6);
      assert.ok(left >= least / 2);
    },
  ));
});
