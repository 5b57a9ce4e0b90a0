import assert from "node:assert/strict";
import fc from "fast-check";
import { readRetryAfter, readSpokenMoment, readSpokenWait } from "./retry_after.ts";

const NOW = Date.UTC(2026, 10, 21, 12, 0, 0);

function read(headers: Record<string, string>): number | null {
  return readRetryAfter(new Headers(headers), NOW);
}

Deno.test("Retry-After is read in seconds, in fractions of one and as a date", () => {
  assert.equal(read({ "retry-after": "7" }), 7000);
  assert.equal(read({ "retry-after": "0.25" }), 250);
  assert.equal(read({ "retry-after": "Sat, 21 Nov 2026 12:00:09 GMT" }), 9000);
});

Deno.test("retry-after-ms is more exact and wins", () => {
  assert.equal(read({ "retry-after-ms": "120", "retry-after": "1" }), 120);
});

Deno.test("a date that has passed means at once", () => {
  assert.equal(read({ "retry-after": "Sat, 21 Nov 2026 11:00:00 GMT" }), 0);
});

Deno.test("what is neither a number nor a date says nothing", () => {
  for (const text of ["", "soon", "-3", "1e9", "2026-11-21", "Nov"]) {
    assert.equal(read({ "retry-after": text }), null, text);
  }
  assert.equal(read({}), null);
});

Deno.test("no header makes a wait that is negative, no number or longer than a day", () => {
  fc.assert(fc.property(fc.string(), (text) => {
    const wait = readRetryAfter({ get: () => text }, NOW);
    assert.ok(wait === null || (wait >= 0 && wait <= 86_400_000));
  }));
  assert.equal(read({ "retry-after": "99999999999999999999" }), 86_400_000);
});

Deno.test("a wait is read from a sentence, in whatever units", () => {
  const said = [
    ["Please try again in 7m12.5s. Visit our site.", 432_500],
    ["Please retry in 34.5s.", 34_500],
    ["Please try again in 540ms", 540],
    ["Please retry after 86400 seconds.", 86_400_000],
    ["try again in 2 minutes and 5 seconds", 125_000],
    ["Your window resets in 1h2m", 3_720_000],
    ["Please try again later.", null],
    ["Retry 2 models. They have 3 sides", null],
  ] as const;
  assert.deepEqual(said.map(([text]) => readSpokenWait(text)), said.map(([, ms]) => ms));
});

Deno.test("a moment is read from a sentence while it lies ahead", () => {
  const said = "You will regain access on 2026-12-01 at 00:30 UTC.";
  const at = Date.parse("2026-12-01T00:30:00Z");
  assert.equal(readSpokenMoment(said, at - 1), at);
  assert.equal(readSpokenMoment(said, at), null);
  assert.equal(readSpokenMoment("Resets at 2026-12-01T00:30:00Z.", at - 1), at);
  assert.equal(readSpokenMoment("model-2026-13-41 is gone", 0), null);
});
