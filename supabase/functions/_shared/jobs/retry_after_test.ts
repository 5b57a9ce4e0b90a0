import assert from "node:assert/strict";
import fc from "fast-check";
import { readRetryAfter } from "./retry_after.ts";

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
