import assert from "node:assert/strict";
import fc from "fast-check";
import { dominates, paretoFrontier } from "./pareto.ts";

const goods = fc.array(fc.tuple(fc.nat(5), fc.nat(5), fc.nat(5)), { maxLength: 15 });

Deno.test("nothing on the frontier is beaten, and everything off it is beaten by something on it", () => {
  fc.assert(fc.property(goods, (items) => {
    const frontier = paretoFrontier(items, (item) => item);
    for (const item of items) {
      assert.equal(frontier.includes(item), !frontier.some((other) => dominates(other, item)));
    }
  }));
});

Deno.test("equals stand on the frontier together", () => {
  assert.deepEqual(paretoFrontier([[1, 2], [1, 2], [1, 1]], (item) => item), [[1, 2], [1, 2]]);
});
