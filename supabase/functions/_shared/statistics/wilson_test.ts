import assert from "node:assert/strict";
import fc from "fast-check";
import { assertClose } from "../testing/assert_close.ts";
import { wilsonInterval } from "./wilson.ts";

Deno.test("Wilson's intervals are scipy's", () => {
  // scipy 1.17: binomtest(k, n).proportion_ci(method="wilson")
  const expected = [
    [12, 12, 0.7575059933447592, 1],
    [0, 6, 0, 0.3903342879021653],
    [9, 12, 0.46769466506643426, 0.9110583316059453],
    [33, 50, 0.521538260502326, 0.7756305077749992],
  ] as const;
  for (const [successes, count, low, high] of expected) {
    const interval = wilsonInterval(successes / count, count);
    assert.ok(Math.abs(interval.low - low) < 1e-9);
    assertClose(interval.high, high, 1e-9);
  }
});

Deno.test("an interval of a rate holds it, stays within 0 and 1 and shrinks with more images", () => {
  fc.assert(fc.property(
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.integer({ min: 1, max: 500 }),
    (rate, count) => {
      const { low, high } = wilsonInterval(rate, count);
      assert.ok(0 <= low && low <= rate && rate <= high && high <= 1);
      const larger = wilsonInterval(rate, 2 * count);
      assert.ok(larger.high - larger.low < high - low);
    },
  ));
});
