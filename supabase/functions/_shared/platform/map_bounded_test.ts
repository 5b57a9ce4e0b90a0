import assert from "node:assert/strict";
import fc from "fast-check";
import { mapBounded } from "./map_bounded.ts";

Deno.test("mapBounded() keeps the order, loses nothing and never exceeds its limit", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.integer(), { maxLength: 30 }),
      fc.integer({ min: 1, max: 8 }),
      async (scheduler, items, limit) => {
        let running = 0;
        let peak = 0;
        const results = mapBounded(items, limit, async (item, index) => {
          peak = Math.max(peak, ++running);
          await scheduler.schedule(Promise.resolve());
          running--;
          return [item, index];
        });
        await scheduler.waitFor(results);
        assert.deepEqual(await results, items.map((item, index) => [item, index]));
        assert.ok(peak <= limit);
        assert.equal(peak, Math.min(limit, items.length));
      },
    ),
    { numRuns: 100 },
  );
});

Deno.test("mapBounded() starts nothing after a failure and waits for what is under way", async () => {
  const started: number[] = [];
  let ended = 0;
  const failure = new Error("third");
  await assert.rejects(
    mapBounded([1, 2, 3, 4, 5, 6], 3, async (item) => {
      started.push(item);
      await Promise.resolve();
      ended++;
      if (item === 3) throw failure;
      await Promise.resolve();
      await Promise.resolve();
    }),
    failure,
  );
  assert.equal(started.length, ended);
  assert.ok(started.length < 6);
});
