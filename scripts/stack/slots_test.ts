import assert from "node:assert/strict";
import fc from "fast-check";
import { Slots } from "./slots.ts";

Deno.test("no more work at once than there are slots, in order, and all of it is done", async () => {
  await fc.assert(fc.asyncProperty(
    fc.integer({ min: 1, max: 4 }),
    fc.array(fc.record({ turns: fc.nat(5), fails: fc.boolean() }), { maxLength: 20 }),
    async (count, works) => {
      const slots = new Slots(count);
      const begun: number[] = [];
      let running = 0;
      const outcomes = await Promise.allSettled(
        works.map(({ turns, fails }, index) =>
          slots.use(async () => {
            begun.push(index);
            running += 1;
            assert.ok(running <= count);
            for (let turn = 0; turn < turns; turn++) await Promise.resolve();
            running -= 1;
            if (fails) throw new Error("failed");
          })
        ),
      );
      assert.deepEqual(begun, works.map((_, index) => index));
      assert.deepEqual(
        outcomes.map(({ status }) => status === "rejected"),
        works.map(({ fails }) => fails),
      );
    },
  ));
});
