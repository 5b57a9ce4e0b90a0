import assert from "node:assert/strict";
import { normalProbability, normalQuantile, tProbability, tQuantile } from "./distributions.ts";
import { assertClose } from "../testing/assert_close.ts";

Deno.test("quantiles of t and the normal distribution are scipy's", () => {
  // scipy 1.17: [t.ppf(p, d) for p, d in ((.975, 1), (.975, 5), (.975, 49), (.9999, 7))]
  const quantiles = [[0.975, 1], [0.975, 5], [0.975, 49], [0.9999, 7]] as const;
  const found = quantiles.map(([probability, degrees]) => tQuantile(probability, degrees));
  for (
    const [index, expected] of [
      12.706204736174694,
      2.5705818356363146,
      2.0095752371292392,
      7.063432828157639,
    ].entries()
  ) assertClose(found[index], expected, 1e-7);
  // norm.ppf(.975), norm.cdf(-2.8)
  assertClose(normalQuantile(0.975), 1.959963984540054, 1e-10);
  assertClose(normalProbability(-2.8), 0.002555130330427932, 1e-10);
  // t.cdf(-2.5, 5), t.cdf(-9, 11), t.cdf(1.3, 49)
  assertClose(tProbability(-2.5, 5), 0.02724504967118813, 1e-9);
  assertClose(tProbability(-9, 11), 1.0480791835044073e-6, 1e-9);
  assertClose(tProbability(1.3, 49), 0.9001584340397221, 1e-9);
});

Deno.test("t is symmetric and has no more spread the more degrees of freedom it has", () => {
  assertClose(tQuantile(0.025, 9), -tQuantile(0.975, 9), 1e-9);
  for (let degrees = 1; degrees < 60; degrees++) {
    assert.ok(tQuantile(0.975, degrees) > tQuantile(0.975, degrees + 1));
  }
});
