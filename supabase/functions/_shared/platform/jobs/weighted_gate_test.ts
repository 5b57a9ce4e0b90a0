import assert from "node:assert/strict";
import fc from "fast-check";
import { createWeightedGate } from "./weighted_gate.ts";

Deno.test("no more is let in at once than the limit, everybody gets in, and in order", async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(fc.integer({ min: 1, max: 15 }), { maxLength: 20 }),
    fc.infiniteStream(fc.nat()),
    async (weights, picks) => {
      const gate = createWeightedGate(10);
      const inside: { readonly index: number; readonly leave: () => void }[] = [];
      const order: number[] = [];
      weights.forEach((weight, index) =>
        gate.enter(weight).then((leave) => {
          order.push(index);
          inside.push({ index, leave });
        })
      );
      while (order.length < weights.length || inside.length > 0) {
        await Promise.resolve();
        const sum = inside.reduce((total, { index }) => total + (weights[index] ?? 0), 0);
        assert.ok(sum <= 10 || inside.length === 1);
        if (inside.length === 0) continue;
        const [gone] = inside.splice(Number(picks.next().value) % inside.length, 1);
        gone?.leave();
        gone?.leave();
      }
      assert.deepEqual(order, [...weights.keys()]);
    },
  ));
});
