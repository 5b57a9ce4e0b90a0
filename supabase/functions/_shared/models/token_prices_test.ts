import assert from "node:assert/strict";
import fc from "fast-check";
import { boundTokenCost, priceTokens, type TokenPrices } from "./token_prices.ts";

const PRICES: TokenPrices = {
  input: 2e-6,
  cached_input: 0.2e-6,
  output: 12e-6,
  long_context: { above: 200_000, input: 4e-6, cached_input: 0.4e-6, output: 18e-6 },
};
const usd = (cost: number) => Number(cost.toPrecision(12));

Deno.test("all tokens of a call are charged as a long call's once its input is above the threshold", () => {
  const call = { cachedTokens: 50_000, cacheWriteTokens: 10_000, outputTokens: 1_000 };
  const exactly = priceTokens({ ...call, inputTokens: 200_000 }, PRICES);
  assert.equal(usd(exactly), usd(140_000 * 2e-6 + 0.01 + 10_000 * 2.5e-6 + 0.012));
  const above = priceTokens({ ...call, inputTokens: 200_001 }, PRICES);
  assert.equal(usd(above), usd(140_001 * 4e-6 + 0.02 + 10_000 * 5e-6 + 0.018));
});

Deno.test("long output does not make a call a long one", () => {
  const call = { inputTokens: 1_000, cachedTokens: 0, outputTokens: 500_000 };
  assert.equal(usd(priceTokens(call, PRICES)), 6.002);
});

const price = fc.double({ min: 0, max: 1e-4, noNaN: true });
const rates = fc.record({ input: price, cached_input: price, output: price });
const tokens = fc.nat(1_000_000);
const calls = fc.record({ plain: tokens, cached: tokens, written: tokens, output: tokens });

function priceOf(
  call: Record<"plain" | "cached" | "written" | "output", number>,
  prices: TokenPrices,
) {
  return priceTokens({
    inputTokens: call.plain + call.cached + call.written,
    cachedTokens: call.cached,
    cacheWriteTokens: call.written,
    outputTokens: call.output,
  }, prices);
}

Deno.test("costs never fall with more tokens if long calls are more expensive", () => {
  const tiered = fc.tuple(rates, rates, fc.integer({ min: 1, max: 2_000_000 })).map(
    ([base, more, above]): TokenPrices => ({
      ...base,
      long_context: {
        above,
        input: base.input + more.input,
        cached_input: base.cached_input + more.cached_input,
        output: base.output + more.output,
      },
    }),
  );
  fc.assert(fc.property(tiered, calls, calls, (prices, call, more) => {
    const grown = {
      plain: call.plain + more.plain,
      cached: call.cached + more.cached,
      written: call.written + more.written,
      output: call.output + more.output,
    };
    assert.ok(priceOf(grown, prices) >= priceOf(call, prices));
  }));
});

Deno.test("no call costs more than the bound of its tokens", () => {
  const tiered = fc.tuple(rates, rates, fc.integer({ min: 1, max: 1_000_000 })).map(
    ([base, long, above]): TokenPrices => ({ ...base, long_context: { above, ...long } }),
  );
  fc.assert(
    fc.property(tiered, tokens, tokens, tokens, tokens, (prices, input, less, output, fewer) => {
      const bound = boundTokenCost({ inputTokens: input, outputTokens: output }, prices);
      const cost = priceTokens({
        inputTokens: Math.max(0, input - less),
        cachedTokens: 0,
        outputTokens: Math.max(0, output - fewer),
      }, prices);
      assert.ok(cost <= bound);
    }),
  );
});
