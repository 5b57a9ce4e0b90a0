import assert from "node:assert/strict";
import { readRateLimitPause } from "./rate_limit_pause.ts";

const NOW = Date.parse("2026-11-21T20:00:00Z");
const read = (headers: Record<string, string>) => readRateLimitPause(Object.entries(headers), NOW);

Deno.test("a provider with nothing left is left alone until it grants more, in each one's notation", () => {
  const table: [Record<string, string>, number | null][] = [
    [{ "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "2m59.56s" }, 179_560],
    [{ "X-RateLimit-Remaining-Tokens": "0", "X-RateLimit-Reset-Tokens": "20ms" }, 20],
    [
      { "x-ratelimit-remaining-tokens-minute": "-3", "x-ratelimit-reset-tokens-minute": "33.2" },
      33_200,
    ],
    [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOW + 1_500) }, 1_500],
    [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOW / 1000 + 7) }, 7_000],
    [{ "x-ratelimit-remaining-requests": "4", "x-ratelimit-reset-requests": "9s" }, null],
    [{ "x-ratelimit-remaining-requests": "0" }, null],
    [{ "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "soon" }, null],
    [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOW - 1) }, null],
    [{}, null],
  ];
  for (const [headers, pause] of table) assert.equal(read(headers), pause, JSON.stringify(headers));
});

Deno.test("of several limits that are used up the latest to end counts, and none for longer than a day", () => {
  assert.equal(
    read({
      "x-ratelimit-remaining-requests": "0",
      "x-ratelimit-reset-requests": "1s",
      "x-ratelimit-remaining-tokens": "0",
      "x-ratelimit-reset-tokens": "4s",
    }),
    4_000,
  );
  assert.equal(
    read({ "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "9d" }),
    86_400_000,
  );
});
