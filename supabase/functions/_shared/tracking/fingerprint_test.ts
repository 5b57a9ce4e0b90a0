import assert from "node:assert/strict";
import fc from "fast-check";
import { fingerprintFailure } from "./fingerprint.ts";
import { maskedFirstLine, maskFailure } from "./mask_failure.ts";

const failure = (error_message: string, tool_name = "login", error_class: string | null = null) =>
  fingerprintFailure({ tool_name, error_class, error_message }).fingerprint;

Deno.test("maskFailure() masks what differs between two occurrences of a failure", () => {
  const table: [string, string][] = [
    ["\x1b[31mred\x1b[0m text", "red text"],
    ["GET https://a.example/x?y=1 failed", "GET <url> failed"],
    ["mail to bob.smith+x@mail.example.org", "mail to <email>"],
    ["db.internal:5432 refused", "<host> refused"],
    ["connect ECONNREFUSED 127.0.0.1:5432", "connect ECONNREFUSED <ip>"],
    ["peer 2001:db8:85a3:0:0:8a2e:370:7334 left", "peer <ip> left"],
    ["row 550e8400-e29b-41d4-a716-446655440000", "row <uuid>"],
    ["commit 9f86d081884c7d65 is gone", "commit <hash> is gone"],
    ["at 2026-11-21T10:11:12.345Z it broke", "at <date> it broke"],
    ["due 21/11/2026 12:30:01", "due <date> <date>"],
    ["took 1,234.5 ms", "took <duration>"],
    ["timeout of 30s", "timeout of <duration>"],
    ["pointer 0xDEADBEEF", "pointer <hex>"],
    [`name="Bob \\"B\\"" id='7'`, "name=<value> id=<value>"],
    ["expected 3 to equal -4.5e6", "expected <n> to equal <n>"],
    ["index out of range: the len is 3", "index out of range: the len is <n>"],
  ];
  for (const [text, expected] of table) assert.equal(maskFailure(text), expected);
});

Deno.test("maskFailure() keeps HTTP statuses and SQLSTATEs, which tell causes apart", () => {
  for (
    const text of [
      "HTTP 404",
      "HTTP/1.1 500",
      "status code: 503",
      "responded with 404 Not Found",
      "SQLSTATE[23505]",
      "SQLSTATE 42P01",
      `code: "23505"`,
    ]
  ) {
    assert.equal(maskFailure(text), text);
  }
  assert.notEqual(
    failure("request failed with status 404"),
    failure("request failed with status 500"),
  );
  assert.notEqual(failure("500 Internal Server Error"), failure("404 Not Found"));
});

Deno.test("fingerprintFailure() is independent of numbers, ids, addresses and times in the message", () => {
  const varying = fc.oneof(
    fc.uuid(),
    fc.nat().map(String),
    fc.double({ noNaN: true, noDefaultInfinity: true, min: 0, max: 1e9 }).map((n) => n.toFixed(3)),
    fc.ipV4(),
    fc.date({ min: new Date(0), max: new Date("2099-01-01"), noInvalidDate: true })
      .map((date) => date.toISOString()),
    fc.webUrl(),
  );
  const kinds = (value: string) => maskFailure(value);
  fc.assert(fc.property(varying, varying, (one, other) => {
    fc.pre(kinds(one) === kinds(other));
    assert.equal(
      failure(`could not load ${one} in time`),
      failure(`could not load ${other} in time`),
    );
  }));
});

Deno.test("fingerprintFailure() depends only on tool, class and first line", () => {
  assert.notEqual(failure("boom", "a"), failure("boom", "b"));
  assert.notEqual(failure("boom", "a", "TypeError"), failure("boom", "a", "RangeError"));
  assert.notEqual(failure("boom"), failure("bang"));
  assert.equal(failure("boom\n  at x.ts:1:2"), failure("\n  boom \n  at y.ts:30:4"));
  assert.match(failure(""), /^[0-9a-f]{64}$/);
});

Deno.test("maskedFirstLine() needs only linear time for any text", () => {
  for (const piece of ["a.", "1:", "ab-", "='", "0", "x@y", "12 ", "aaaa-"]) {
    assert.ok(maskedFirstLine(piece.repeat(5_000)).length <= 2_000 * 8);
  }
  fc.assert(fc.property(fc.string({ maxLength: 300 }), (text) => {
    assert.equal(typeof maskedFirstLine(text), "string");
  }));
});
