import assert from "node:assert/strict";
import fc from "fast-check";
import { assertClose } from "../testing/assert_close.ts";
import { adjustHolm } from "./holm.ts";

Deno.test("Holm's adjustment is that of R's p.adjust", () => {
  // p.adjust(c(0.01, 0.04, 0.03, 0.005, 0.2), "holm") -> 0.04 0.09 0.09 0.025 0.2, by hand:
  // 5 × 0.005; 4 × 0.01; 3 × 0.03; max(0.09, 2 × 0.04); 0.2
  const adjusted = adjustHolm([0.01, 0.04, 0.03, 0.005, 0.2]);
  for (const [index, expected] of [0.04, 0.09, 0.09, 0.025, 0.2].entries()) {
    assertClose(adjusted[index], expected, 1e-12);
  }
  assert.deepEqual(adjustHolm([]), []);
});

Deno.test("adjusted p values keep the order, lie between p and 1, and are no worse than Bonferroni's", () => {
  const probability = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(fc.property(fc.array(probability, { minLength: 1, maxLength: 12 }), (pValues) => {
    const adjusted = adjustHolm(pValues);
    for (const [index, pValue] of pValues.entries()) {
      const own = adjusted[index] ?? NaN;
      assert.ok(own >= pValue && own <= Math.min(1, pValue * pValues.length));
      for (const [rival, other] of pValues.entries()) {
        if (pValue < other) assert.ok(own <= (adjusted[rival] ?? NaN));
      }
    }
  }));
});
