import assert from "node:assert/strict";
import fc from "fast-check";
import { mannWhitneyP } from "./mann_whitney.ts";

Deno.test("mannWhitneyP() gives the exact p of scipy and of full enumeration", () => {
  // scipy 1.17: mannwhitneyu(…, alternative="greater", method="exact"); those with ties by
  // PermutationMethod over every division.
  const known: [higher: number[], lower: number[], p: number][] = [
    [[16, 22, 19, 29, 24], [20, 11, 17, 12], 0.05555555555555555],
    [[5, 6, 7, 8, 9], Array.from({ length: 20 }, (_, index) => index - 15), 1.8821757952192734e-05],
    [
      [10.2, 11.1, 9.8, 12.0, 10.7],
      // deno-fmt-ignore
      [9.1, 9.5, 10.0, 8.7, 9.9, 10.1, 9.3, 8.9, 9.6, 9.4, 10.3, 9.2, 9.0, 8.8, 9.7, 10.4, 8.6, 9.65, 9.35, 9.15],
      0.0007905138339920949,
    ],
    [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], 1],
    [[3, 3, 4, 5, 5], [1, 2, 2, 3, 3, 3, 4, 1, 2, 2], 0.008325008325008326],
    [[2, 2, 2, 2, 2], Array<number>(20).fill(1), 1.8821757952192734e-05],
    [[1, 1, 2, 2, 3], [1, 1, 1, 2, 2, 2, 3, 3, 3, 1, 1, 2], 0.6176470588235294],
    [[], [1], 1],
  ];
  for (const [higher, lower, p] of known) {
    assert.ok(Math.abs(mannWhitneyP(higher, lower) / p - 1) < 1e-12, `${higher}`);
  }
});

Deno.test("mannWhitneyP() is what counting every division of the values gives", () => {
  const values = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 6 });
  fc.assert(fc.property(values, values, (higher, lower) => {
    const all = [...higher, ...lower];
    // U counts pairs that are won, half where they draw; no ranks.
    const u = (chosen: readonly number[], rest: readonly number[]) =>
      chosen.flatMap((a) => rest.map((b): number => a > b ? 2 : a === b ? 1 : 0))
        .reduce((sum, won) => sum + won, 0);
    let [atLeast, divisions] = [0, 0];
    for (let mask = 0; mask < 2 ** all.length; mask++) {
      const chosen = all.filter((_, index) => mask & (1 << index));
      if (chosen.length !== higher.length) continue;
      divisions++;
      const rest = all.filter((_, index) => !(mask & (1 << index)));
      if (u(chosen, rest) >= u(higher, lower)) atLeast++;
    }
    assert.ok(Math.abs(mannWhitneyP(higher, lower) - atLeast / divisions) < 1e-12);
  }));
});
