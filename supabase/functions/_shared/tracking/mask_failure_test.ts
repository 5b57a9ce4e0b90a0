import assert from "node:assert/strict";
import fc from "fast-check";
import { maskedFirstLine, maskFailure } from "./mask_failure.ts";

/** What differs between occurrences of one failure: both texts get the same mask. */
const SAME: readonly (readonly [kind: string, one: string, other: string])[] = [
  ["digits after letters", "cannot open /srv/ws1/out.csv", "cannot open /srv/ws2/out.csv"],
  ["more digits after letters", "shard9 of db-test-3 is gone", "shard10 of db-test-12 is gone"],
  ["mkdtemp", "no file /tmp/tmpk3x9ab/out", "no file /tmp/tmpq81zzw/out"],
  ["mkdtemp, the folder itself", "no folder /tmp/tmpk3x9ab", "no folder /tmp/tmp_81zzw8"],
  ["mktemp", "no file /tmp/app.Ab3dE9/out", "no file /tmp/app.Zq1xY7/out"],
  ["mktemp, the file itself", "no file /tmp/report.Ab3dE9", "no file /tmp/report.Zq1xY7"],
  [
    "Node's mkdtemp",
    "ENOENT: open '/tmp/app-Xy12aB/a.json'",
    "ENOENT: open '/tmp/app-pQ9zzK/a.json'",
  ],
  ["macOS", "no /private/var/folders/zz/abc123/T/x", "no /private/var/folders/qk/l0m9n8/T/x"],
  [
    "macOS without private",
    "no /var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T/run-3/x",
    "no /var/folders/l0/m9n8/T/x",
  ],
  [
    "temp of two systems",
    "open /tmp/run-7/x.txt",
    "open C:\\Users\\me\\AppData\\Local\\Temp\\run-8\\x.txt",
  ],
  [
    "Windows temp",
    "open C:\\Users\\runner1\\AppData\\Local\\Temp\\x1.txt",
    "open D:\\a\\_temp\\x1.txt",
  ],
  [
    "pytest's folders, named after tests",
    "no /tmp/pytest-of-root/pytest-3/test_a0/f.db",
    "no /tmp/pytest-of-ci/pytest-12/test_b1/f.db",
  ],
  [
    "Go's TempDir",
    "open /tmp/TestRead123/001/f: no such file",
    "open /tmp/TestWrite98/002/f: no such file",
  ],
  ["home", "open /home/runner/srv/a/f.json", "open /Users/jane/src/a/f.json"],
  [
    "home of Windows",
    "open C:\\Users\\jane\\src\\a\\f.json",
    "open C:\\Users\\ci\\work\\src\\a\\f.json",
  ],
  ["root's home", "open /root/app/a/f.json", "open /home/ci/app/a/f.json"],
  [
    "checkouts",
    "open /home/runner/builds/shop/shop/cfg/f.json",
    "open /builds/acme/shop/cfg/f.json",
  ],
  ["xdist worker", "worker 'gw3' crashed", "worker 'gw11' crashed"],
  ["Java thread", "thread pool-1-thread-12 interrupted", "thread pool-3-thread-7 interrupted"],
  [
    "Java thread in brackets",
    "[ForkJoinPool.commonPool-worker-3] died",
    "[ForkJoinPool.commonPool-worker-11] died",
  ],
  ["goroutine", "goroutine 18 [running]", "goroutine 7 [running]"],
  ["Go's object", "got &{0xc000123450 3}, want nil", "got &{0xc0004f0a80 12}, want nil"],
  ["PID", "process 4312 was killed", "process 99 was killed"],
  ["request id", "request_id=req_8fJ2kLmQ9x failed", "request_id=req_Zz81QpLmA2 failed"],
  [
    "request id of a cloud",
    "RequestId: 7f3c2b10-aaaa-bbbb-cccc-1234567890ab",
    "RequestId: 8f3c2b10-aaaa-bbbb-cccc-1234567890ab",
  ],
  [
    "trace id",
    "traceId: 4bf92f3577b34da6a3ce929d0e0e4736 lost",
    "traceId: 00000000000000000000000000000001 lost",
  ],
  ["run id of letters", "run-id: abcdefgh is unknown", "run-id: zyxwvuts is unknown"],
  ["nanoid", "order V1StGXR8_Z5jdHi6B not found", "order kP0mQw12_xYzABCDe9F not found"],
  ["ULID", "job 01J9ZQ4T8Y7X2MB5C6D7E8F9G0 failed", "job 01JA0B3C4D5E6F7G8H9J0KMNPQ failed"],
  ["short ULID", "job 01J9ZQ4T8Y7X2M failed", "job 01JA0B3C4D5E6F failed"],
  ["cuid", "no row clh3z2x9k0000qzrmn8s1a2b3", "no row ckx9y8z7w0001abcd5e6f7g8h"],
  [
    "ids of Stripe",
    "No such customer: 'cus_NffrFeUfNV2Hib'",
    "No such customer: 'cus_Qk3LmNoPq7RsTu'",
  ],
  ["JWT", "token eyJhbGciOi.abc rejected", "token eyJraWQiOi.xyz rejected"],
  ["bearer", "Bearer abcdefgh.ijkl is refused", "Bearer 12345678_zz-9 is refused"],
  ["API key", "key sk-proj-abcDEF123456 is revoked", "key sk-live-zyxWVU987654 is revoked"],
  ["UUID", "row 550e8400-e29b-41d4-a716-446655440000", "row 6fa459ea-ee8a-3ca4-894e-db77e160355e"],
  [
    "UUID without dashes",
    "id 550e8400e29b41d4a716446655440000 gone",
    "id 6fa459eaee8a3ca4894edb77e160355e gone",
  ],
  [
    "Python's address",
    "<Order object at 0x7f11aa22> is None",
    "<Order object at 0x7f99bb11> is None",
  ],
  [
    "Java's hash",
    "expected com.a.Order@1b6d3586 to be null",
    "expected com.a.Order@4554617c to be null",
  ],
  ["Java's hash of digits", "com.a.Order@15615099 is stale", "com.a.Order@4554617c is stale"],
  ["Java's hash of letters", "com.a.Order@abcdefab is stale", "com.a.Order@4554617c is stale"],
  ["Java's array", "[Ljava.lang.String;@1b6d3586 differs", "[Ljava.lang.String;@6d06d69c differs"],
  ["Ruby's address", "#<Order:0x000055d0c8> is invalid", "#<Order:0x00007f8a11> is invalid"],
  ["PHP's object", "Order Object &000000001a2b3c4d (", "Order Object &0000000055667788 ("],
  ["commit of letters", "commit deadbee not found", "commit 1a2b3c4 not found"],
  ["container", "container 4f2a9c1d7e3b exited", "container 9b8c7d6e5f4a exited"],
  ["pod", "pod api-6d4cf56db6-x7k2p not ready", "pod api-7c9bb4f5d8-9lmnz not ready"],
  ["stateful pod", "redis-0 is not ready", "redis-2 is not ready"],
  ["image", "image sha256:9f86d081884c7d65 is gone", "image sha256:0a1b2c3d4e5f6071 is gone"],
  ["quoted user", 'user "alice" has no role', 'user "bob" has no role'],
  ["user after =", "user=alice has no role", "user=bob has no role"],
  ["value of a name", 'name="Bob \\"B\\"" is taken', "name='Al' is taken"],
  ["line and column", "at parse (src/a.ts:12:3)", "at parse (src/a.ts:14:9)"],
  ["sign, decimals, exponent", "got -1.5e-07 want 0", "got 2.25 want 0"],
  ["grouped digits", "got 1,234,567 rows", "got 89 rows"],
  ["digits with underscores", "got 1_000_000 rows", "got 7 rows"],
  ["digits of another script", "got ١٢ rows", "got ١٣ rows"],
  ["lists of numbers", "[1, 2, 3] != [1, 2]", "[1, 2, 3, 4] != [9]"],
  ["percentage", "cpu at 91% over", "cpu at 87.5% over"],
  ["bytes", "payload 12.5MB too large", "payload 900 KB too large"],
  ["binary bytes", "needs 3 GiB", "needs 512MiB"],
  ["duration", "took 1,234.5 ms", "took 1.2s"],
  ["Go's duration", "took 1m12.5s", "took 3s"],
  ["version", "requires v1.2.3", "requires v1.3.0-rc.1"],
  ["port", "[::1]:54321 refused", "[::1]:54999 refused"],
  ["port of a host", "dial tcp db.internal:41001", "dial tcp db.internal:41002"],
  ["loopback", "connect ECONNREFUSED ::1:54321", "connect ECONNREFUSED 127.0.0.1:54322"],
  ["localhost and its address", "ports of localhost: [32781]", "ports of 172.17.0.1: [49155]"],
  ["all addresses", "address already in use :::3000", "address already in use 0.0.0.0:3001"],
  [
    "pytest's test",
    "worker 'gw2' crashed while running 'tests/test_a.py::test_b[3]'",
    "worker 'gw0' crashed while running 'tests/test_a.py::test_c'",
  ],
  ["address of a service", "connect ECONNREFUSED 127.0.0.1:6379", "connect ECONNREFUSED ::1:6379"],
  ["email", "mail a.b+1@x.com bounced", "mail zz@y.org bounced"],
  ["URL", "GET https://a.example/x?y=1 failed", "GET http://localhost:4000/x failed"],
  ["ISO time", "at 2026-11-21T10:11:12.345Z it broke", "at 2026-12-01 09:00:00+01:00 it broke"],
  ["basic ISO time", "at 20261121T101112Z it broke", "at 20270101T000000Z it broke"],
  ["date in words", "expired on Nov 30, 2026", "expired on Dec 1, 2026"],
  ["date in words, day first", "expired on 30 November 2026", "expired on 1st May 2027"],
  ["date with weekday", "at Mon, 30 Nov 2026 10:00:00 GMT", "at Tue, 01 Dec 2026 10:00:00 GMT"],
  ["ctime", "at Tue Dec  1 10:11:12 2026", "at Mon Nov 30 09:01:02 2026"],
  [
    "JavaScript's date",
    "at Tue Dec 01 2026 10:11:12 GMT+0100 (Central European Standard Time)",
    "at Mon Jul 06 2026 01:00:00 GMT+0200 (Central European Summer Time)",
  ],
  [
    "log's date",
    "at 01/Dec/2026:10:11:12 +0000 it broke",
    "at 30/Nov/2026:23:59:59 +0000 it broke",
  ],
  ["dates with slashes and dots", "due 21/11/2026 12:30:01", "due 01.12.2026 09:15"],
  ["date, year first", "due 2026/11/21", "due 2026/12/01"],
  ["clock of 12 hours", "slot 9:30 AM taken", "slot 10:15 pm taken"],
  ["clock of 24 hours", "slot 09:30 taken", "slot 22:15 taken"],
  ["entities", "&lt;div id=&quot;a1&quot;&gt;", '<div id="b2">'],
  ["colours", "\x1b[31mboom\x1b[0m", "boom"],
  ["replaced escapes", "\ufffd[31mboom\ufffd[0m", "boom"],
  ["pytest's escapes", "#x1B[1m#x1B[31mboom#x1B[0m", "boom"],
  ["lost escapes", "[31mboom[39m", "boom"],
  ["Jest's heading", "● a › b\n\nboom", "● a › c\n\nboom"],
  ["Mocha's heading", "1) a b:\nboom", "2) a c:\nboom"],
  [
    "Rust's thread and place",
    "thread 'a::b' panicked at src/a.rs:3:5:\nboom",
    "thread 'a::c' (812) panicked at src/a.rs:9:5:\nboom",
  ],
];

/** What tells two causes apart: the texts get different masks. */
const DIFFERENT: readonly (readonly [kind: string, one: string, other: string])[] = [
  ["actual status", "expected: <200> but was: <503>", "expected: <200> but was: <404>"],
  ["expected status", "expected 403 to equal 200", "expected 403 to equal 404"],
  ["status compared", "assert 500 == 200", "assert 404 == 200"],
  [
    "status with words",
    'expected 200 "OK", got 500 "Internal Server Error"',
    'expected 200 "OK", got 404 "Not Found"',
  ],
  ["status code", "Request failed with status code 500", "Request failed with status code 404"],
  ["status of an object", "<Response [500]> is not ok", "<Response [404]> is not ok"],
  ["status in JSON", '{"statusCode":500}', '{"statusCode":404}'],
  ["errno", "[Errno 2] No such file", "[Errno 13] No such file"],
  ["errno after a sign", "errno=2", "errno=13"],
  ["Rust's code", "Os { code: 98, kind: A }", "Os { code: 2, kind: A }"],
  ["code of TypeScript", "error TS2345: bad", "error TS2322: bad"],
  ["code of Rust", "error[E0308]: bad", "error[E0382]: bad"],
  ["code of C#", "error CS0103: bad", "error CS0246: bad"],
  ["code of a library", "P2002: bad", "P2025: bad"],
  ["SQLSTATE", "SQLSTATE[23505]: x", "SQLSTATE[23503]: x"],
  ["SQLSTATE as code", 'code: "23505"', 'code: "42P01"'],
  ["Oracle", "ORA-00001: x", "ORA-00942: x"],
  ["MySQL", "ERROR 1062 (23000): x", "ERROR 1045 (28000): x"],
  ["SQL Server", "Msg 2627, Level 14", "Msg 547, Level 14"],
  ["exit code", "exit code 137", "exit code 1"],
  ["exit status", "exit status 2", "exit status 1"],
  ["signal", "signal: 9", "signal: 11"],
  ["signal by name", "killed by SIGKILL", "killed by SIGSEGV"],
  ["HRESULT", "HRESULT 0x80070005", "HRESULT 0x80004005"],
  ["quoted words", 'expected "Ann" got "Bob"', 'expected "Open" got "Closed"'],
  ["field", "field='price' is required", "field='name' is required"],
  ["key", 'missing key="total"', 'missing key="currency"'],
  ["element", 'Unable to find css "#nav"', 'Unable to find css "#pay"'],
  ["test id", 'Unable to find [data-testid="nav"]', 'Unable to find [data-testid="pay"]'],
  ["column", 'null value in column "email"', 'null value in column "total"'],
  ["constraint", 'violates "orders_pkey"', 'violates "orders_user_fkey"'],
  ["unit of time", "retry in 5 s failed", "retry in 5 m failed"],
  ["type", "cannot convert i32 to u8", "cannot convert i64 to u8"],
  ["encoding", "cannot decode as utf8", "cannot decode as utf16"],
  ["service", "connect ECONNREFUSED 127.0.0.1:5432", "connect ECONNREFUSED 127.0.0.1:6379"],
  ["file", "cannot open /tmp/a/out.csv", "cannot open /tmp/a/in.csv"],
  ["file of a home", "cannot open /home/a/b/out.csv", "cannot open /home/a/b/in.csv"],
  ["module", "No module named 'yaml'", "No module named 'toml'"],
  ["class", "TypeError: boom", "RangeError: boom"],
  // Arguable: two quoted nouns that are neither names nor fields are taken for two causes, and two hosts
  // for one.
];

Deno.test("maskedFirstLine() gives two occurrences of one failure the same line", () => {
  for (const [kind, one, other] of SAME) {
    assert.equal(maskedFirstLine(one), maskedFirstLine(other), kind);
  }
});

Deno.test("maskedFirstLine() keeps codes, units, names and quoted words, which tell causes apart", () => {
  for (const [kind, one, other] of DIFFERENT) {
    assert.notEqual(maskedFirstLine(one), maskedFirstLine(other), kind);
  }
});

Deno.test("maskFailure() says what it masked", () => {
  const table: [string, string][] = [
    ["GET https://a.example/x?y=1 failed", "GET <url> failed"],
    ["mail to bob.smith+x@mail.example.org", "mail to <email>"],
    ["db.internal:5432 refused", "<host>:5432 refused"],
    ["connect ECONNREFUSED 127.0.0.1:5432", "connect ECONNREFUSED <host>:5432"],
    ["connect ECONNREFUSED 127.0.0.1:54320", "connect ECONNREFUSED <host>"],
    ["peer 2001:db8:85a3:0:0:8a2e:370:7334 left", "peer <host> left"],
    ["at 2026-11-21T10:11:12.345Z it broke", "at <date> it broke"],
    ["timeout of 30s", "timeout of <duration>"],
    ["pointer 0xDEADBEEF", "pointer <hex>"],
    [`name="Bob \\"B\\"" id='7'`, "name=<value> id=<value>"],
    ["expected 3 to equal -4.5e6", "expected <n> to equal <n>"],
    ["index out of range: the len is 3", "index out of range: the len is <n>"],
    ["open /tmp/tmpk3x9ab/out.csv", "open <tmp>/out.csv"],
  ];
  for (const [text, expected] of table) assert.equal(maskFailure(text), expected);
});

Deno.test("maskFailure() keeps HTTP statuses and SQLSTATEs as they are", () => {
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
});

Deno.test("maskFailure() is independent of numbers, ids, addresses and times of one kind", () => {
  const kinds = [
    fc.uuid(),
    fc.ulid(),
    fc.nat().map(String),
    fc.double({ noNaN: true, noDefaultInfinity: true, min: 0, max: 1e9 }).map((n) => n.toFixed(3)),
    fc.ipV4(),
    fc.date({ min: new Date(0), max: new Date("2099-01-01"), noInvalidDate: true })
      .map((date) => date.toISOString()),
    fc.webUrl(),
  ];
  const pair = fc.constantFrom(...kinds).chain((kind: fc.Arbitrary<string>) =>
    fc.tuple(kind, kind)
  );
  fc.assert(fc.property(pair, ([one, other]) => {
    // A random text may look like another kind, such as an id of digits alone.
    fc.pre(maskFailure(one) === maskFailure(other));
    assert.equal(
      maskFailure(`could not load ${one} in time`),
      maskFailure(`could not load ${other} in time`),
    );
  }));
});

Deno.test("maskFailure() masks nothing twice", () => {
  for (const [, text] of [...SAME, ...DIFFERENT]) {
    const masked = maskFailure(text);
    assert.equal(maskFailure(masked), masked);
  }
});

Deno.test("maskedFirstLine() needs only linear time for any text", () => {
  for (
    const piece of [
      "a.",
      "1:",
      "ab-",
      "='",
      "0",
      "x@y",
      "12 ",
      "aaaa-",
      "/a",
      "~/",
      "A1b",
      "&lt;",
      "user ",
      "200 ",
    ]
  ) {
    assert.ok(maskedFirstLine(piece.repeat(5_000)).length <= 2_000 * 8);
  }
  fc.assert(fc.property(fc.string({ maxLength: 300 }), (text) => {
    assert.equal(typeof maskedFirstLine(text), "string");
  }));
});
