import assert from "node:assert/strict";
import { addUser, startTestDatabase, type TestDatabase } from "../scripts/testing/database.ts";
import { FAILURE_CORPUS } from "../supabase/functions/_shared/testing/failure_corpus.ts";
import { describeOutcome } from "../supabase/functions/_shared/tracking/formats/junit_failure.ts";
import { makeResult } from "../supabase/functions/_shared/tracking/formats/report_model.ts";
import { toRow } from "../supabase/functions/_shared/tracking/result_batch.ts";
import { ingestRun, type ResultRow } from "./support/test_tracking.ts";

/** Messages with the name of the common pattern that is their cause, or null if none is. */
const SYMPTOMS: readonly (readonly [message: string, name: string | null])[] = [
  ["Error: connect ECONNREFUSED 127.0.0.1:5432", "database-down"],
  ["psycopg.OperationalError: FATAL:  the database system is starting up", "database-down"],
  [
    "org.postgresql.util.PSQLException: Connection to localhost:5432 refused. Check that it accepts",
    "database-down",
  ],
  ["dial tcp [::1]:5432: connect: connection refused", "database-down"],
  [
    "Could not run migrations\nCaused by: org.postgresql.util.PSQLException: Connection to localhost:5432 refused.",
    "database-down",
  ],
  ["FATAL: remaining connection slots are reserved for roles with SUPERUSER", "database-full"],
  ["FATAL: sorry, too many clients already", "database-full"],
  ["AssertionError: 3 connection slots remaining, not 4", null],
  ["Error: connect ECONNREFUSED ::1:54321", "connection-refused"],
  ["page.goto: net::ERR_CONNECTION_REFUSED at http://localhost:3000/", "connection-refused"],
  [
    "ConnectionError(NewConnectionError('<HTTPConnection object>: [Errno 111] Connection refused'))",
    "connection-refused",
  ],
  [
    'called `Result::unwrap()` on an `Err` value: Os { code: 111, kind: ConnectionRefused, message: "Connection refused" }',
    "connection-refused",
  ],
  [
    "java.lang.IllegalStateException: no rates\n\tat a.B.c(B.java:1)\nCaused by: java.net.ConnectException: Connection refused",
    "connection-refused",
  ],
  [
    "System.Net.Sockets.SocketException : No connection could be made because the target machine actively refused it.",
    "connection-refused",
  ],
  ["TypeError: onConnectionRefused is not a function", null],
  [
    'expect(locator).toHaveText(expected) failed\nExpected string: "Connection refused"\nReceived string: "Connected"',
    null,
  ],
  ["getaddrinfo ENOTFOUND api.example", "name-resolution"],
  ["socket.gaierror: [Errno -2] Name or service not known", "name-resolution"],
  ["java.net.UnknownHostException: db.internal", "name-resolution"],
  ["dial tcp: lookup rates on 127.0.0.11:53: no such host", "name-resolution"],
  ["FileNotFoundError: [Errno 2] No such file or directory: 'a.csv'", null],
  ["java.io.FileNotFoundException: /x/y.properties (No such file or directory)", null],
  ["com.acme.ResourceNotFoundException: order 12 not found", null],
  ["jinja2.exceptions.TemplateNotFound: base.html", null],
  ["ReferenceError: getaddrinfo is not defined", null],
  ["read ECONNRESET", "connection-lost"],
  ["Error: socket hang up", "connection-lost"],
  ["write EPIPE", "connection-lost"],
  ["BrokenPipeError: [Errno 32] Broken pipe", "connection-lost"],
  ["ReferenceError: EPIPE_CODES is not defined", null],
  ["AssertionError: 'connection closed before' != 'connection closed after'", null],
  ["AssertionError: connection reset button is disabled", null],
  ["self-signed certificate in certificate chain", "certificate"],
  ["x509: certificate signed by unknown authority", "certificate"],
  ["AssertionError: assert certificate.subject == 'x'", null],
  ["HTTP 429 too many requests", "rate-limit"],
  [
    "openai.RateLimitError: Error code: 429 - {'error': {'message': 'Rate limit reached'}}",
    "rate-limit",
  ],
  [
    "requests.exceptions.HTTPError: 429 Client Error: Too Many Requests for url: https://a.example",
    "rate-limit",
  ],
  ['AxiosError: {"error":{"message":"Rate limit exceeded","code":429}}', "rate-limit"],
  ["AssertionError: 'Too many requests' not found in page", null],
  ["AssertionError: status 200 != 429", null],
  ["AssertionError: rate limited flag is False", null],
  ["expected 429 rows, got 401", null],
  ["want status 429, got 200", null],
  ["HTTP 4290 is no status", null],
  ["Error: insufficient_quota", "quota"],
  ["You exceeded your current quota, please check your plan", "quota"],
  [
    'sqlalchemy.exc.IntegrityError: duplicate key value violates unique constraint "error 402"',
    null,
  ],
  ["AssertionError: quota of 5 is not reached", null],
  ["Disk quota exceeded", "disk-full"],
  ["OSError: [Errno 28] No space left on device", "disk-full"],
  ["AssertionError: no space left in the cart", null],
  ["HTTP 503", "overloaded"],
  [
    "requests.exceptions.HTTPError: 502 Server Error: Bad Gateway for url: https://a.example",
    "overloaded",
  ],
  ['rpc error: code = Unavailable desc = "transport is closing"', "overloaded"],
  ["AssertionError: 503 is not 502", null],
  ["Expected status 503 but was 200", null],
  ["AssertionError: service unavailable page is not shown", null],
  [
    "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
    "out-of-memory",
  ],
  ["java.lang.OutOfMemoryError: Java heap space", "out-of-memory"],
  ["PHP Fatal error:  Allowed memory size of 134217728 bytes exhausted", "out-of-memory"],
  ["fatal error: runtime: out of memory", "out-of-memory"],
  ["AssertionError: Memory error message missing: 'out of memory' banner not shown", null],
  ["AssertionError: out of memory banner is missing", null],
  ["TypeError: MemoryErrorBoundary is not a function", null],
  ["ERROR: deadlock detected", "deadlock"],
  ["Deadlock found when trying to get lock; try restarting transaction", "deadlock"],
  ["fatal error: all goroutines are asleep - deadlock!", null],
  ["AssertionError: order 40P01X is unknown", null],
  ["HTTP 401 Unauthorized", "unauthorized"],
  [
    "requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: https://a.example",
    "unauthorized",
  ],
  ["assert 401 == 200\n +  where 401 = <Response [401]>.status_code", "unauthorized"],
  ["Error: Unauthorized", "unauthorized"],
  ["TypeError: unauthorizedHandler is not a function", null],
  ["AssertionError: unauthorized users see the page", null],
  ["expected status 401, got 200", null],
  ["new row violates row-level security policy", "forbidden"],
  ["ERROR: permission denied for table orders", "forbidden"],
  [
    "botocore.exceptions.ClientError: An error occurred (AccessDenied) when calling the GetObject operation",
    "forbidden",
  ],
  ["PermissionError: [Errno 13] Permission denied: '/etc/app.toml'", null],
  ["Expected status 403 but was 200", null],
  [
    'expect(locator).toHaveText(expected) failed\nExpected string: "Forbidden"\nReceived string: "Welcome"',
    null,
  ],
  ["AssertionError: forbidden fruit is eaten", null],
  ["SyntaxError: Unexpected end of JSON input", "json-parse"],
  ["SyntaxError: Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON", "json-parse"],
  ["json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)", "json-parse"],
  ["invalid character '<' looking for beginning of value", "json-parse"],
  ["invalid input syntax for type json", "json-parse"],
  ["TypeError: JSON.parse is not a function", null],
  ["AssertionError: assert response.json()['a'] == 1", null],
  ["Cannot find module 'x'", "missing-module"],
  ["ModuleNotFoundError: No module named 'yaml'", "missing-module"],
  ["java.lang.NoClassDefFoundError: com/acme/Cart", "missing-module"],
  ["LoadError: cannot load such file -- yaml", "missing-module"],
  ["AssertionError: module list differs", null],
  ["Timed out after 30000 ms", "timeout"],
  ["TimeoutError: page.click: Timeout 30000ms exceeded.", "timeout"],
  [
    "requests.exceptions.ReadTimeout: HTTPConnectionPool(host='a', port=80): Read timed out. (read timeout=5)",
    "timeout",
  ],
  ["context deadline exceeded", "timeout"],
  ["ERROR: canceling statement due to statement timeout", "timeout"],
  ["thrown: Exceeded timeout of 5000 ms for a test.", "timeout"],
  ["AssertionError: expected 157014 to equal 157015", null],
  [
    "Error: expect(received).toBe(expected)\n\nExpected: 1\nReceived: 2\n    at Timeout._onTimeout (a.js:1:1)\n    at listOnTimeout (node:internal/timers:573:17)",
    null,
  ],
  ["AssertionError: assert cfg['timeout'] == 30", null],
  ["AttributeError: 'Session' object has no attribute 'set_timeout'", null],
  ["ValueError: time out of range", null],
  ["AssertionError: runtime outputs differ", null],
  ["IndexError: list index out of range in timeoutline()", null],
  ['Error: locator resolved to hidden <input type="time" outline>', null],
  [
    "NoSuchElementError: no such element: Unable to locate element: #pay (Session info: chrome=119.0) timeouts: {implicit: 0}",
    null,
  ],
  ["Failed: DID NOT RAISE <class 'TimeoutError'>", null],
  ["AssertionError: timed out flag is not set", null],
  [
    "assert 3 == 4\ndef test_slow(client):\n        # a call that timed out\n>       assert client.calls == 4",
    null,
  ],
];

/** Ways in which a cause may hit tests. */
const SETTINGS = {
  "each cause in its own test": (cause: number) => `test of cause ${cause}`,
  "all causes in one test": () => "the only test",
  "each occurrence in its own test": (cause: number, place: number) => `test ${cause} ${place}`,
};

Deno.test("issues follow causes", async (t) => {
  await using db = await startTestDatabase();

  await t.step(
    "a common pattern matches its symptom, and no name, quotation or expectation",
    async () => {
      const rows = await db.sql<{ message: string; name: string | null }[]>`
      select m.message, (
        select k.name from public.known_failures k
        where k.owner_id is null and private.read_symptom(null, m.message) ~* k.pattern
        order by k.id limit 1
      ) as name
      from unnest(${
        SYMPTOMS.map(([message]) => message)
      }::text[]) with ordinality m (message, place)
      order by m.place`;
      assert.deepEqual(
        rows.map(({ message, name }) => [message, name]),
        SYMPTOMS.map((row) => [...row]),
      );
    },
  );

  for (const [setting, name] of Object.entries(SETTINGS)) {
    await t.step(`failures of one cause are one issue: ${setting}`, async () => {
      const { recall, precision } = await measure(db, name);
      console.log(`${setting}: recall ${recall.toFixed(3)}, precision ${precision.toFixed(3)}`);
      assert.ok(recall >= 0.85 && precision >= 0.9, `${recall} ${precision}`);
    });
  }

  await t.step("60 tests with one message are one issue, which names them all", async () => {
    const owner = await addUser(db);
    const rows = Array.from(
      { length: 60 },
      (_, index) => fail(index, `test ${index}`, "Error: no rates for 3 days"),
    );
    await ingestRun(db, owner, { suite: "web" }, [...rows, ...passing(200)]);
    const issues = await db.sql`
      select title, cardinality(affected_tools) as tests, priority from public.issues where owner_id = ${owner}`;
    assert.deepEqual([...issues], [{
      title: "Error: no rates for 3 days",
      tests: 60,
      priority: "HIGH",
    }]);
  });
});

/** Reads a message as from a JUnit report and makes its row. */
function fail(ordinal: number, tool_name: string, message: string): ResultRow {
  const [first = ""] = message.split("\n");
  const outcome = describeOutcome(
    { kind: "failure", type: "", message: first, text: message },
    tool_name,
  );
  return toRow(makeResult({ ordinal, tool_name, ...outcome })) as unknown as ResultRow;
}

/** Tests that pass, so that the failures are no outage. */
function passing(count: number): ResultRow[] {
  return Array.from(
    { length: count },
    (_, index) => ({ ordinal: 1000 + index, tool_name: `ok ${index}`, status: "PASS" }),
  );
}

/**
 * Sends the corpus as three runs, one occurrence of each cause a run, and compares pairs of failures: those of
 * one cause with those of one issue.
 */
async function measure(db: TestDatabase, name: (cause: number, place: number) => string) {
  const owner = await addUser(db);
  for (const place of [0, 1, 2] as const) {
    const rows = FAILURE_CORPUS.map(({ messages }, cause) =>
      fail(cause, name(cause, place), messages[place])
    );
    const run_timestamp = new Date(Date.now() - (9 - place) * 86_400_000).toISOString();
    await ingestRun(db, owner, { suite: "web", run_timestamp }, [...rows, ...passing(200)]);
  }
  const hits = await db.sql<{ cause: number; issue: string }[]>`
    select x.ordinal as cause, o.issue_id as issue
    from public.issue_occurrences o join public.test_results x on x.id = o.test_result_id
    where o.owner_id = ${owner}`;
  assert.equal(hits.length, 3 * FAILURE_CORPUS.length);
  const pairs = hits.flatMap((one, index) =>
    hits.slice(index + 1).map((other) =>
      [one.cause === other.cause, one.issue === other.issue] as const
    )
  );
  const count = (test: (pair: readonly [boolean, boolean]) => boolean) => pairs.filter(test).length;
  const both = count(([cause, issue]) => cause && issue);
  return {
    recall: both / count(([cause]) => cause),
    precision: both / count(([, issue]) => issue),
  };
}
