import assert from "node:assert/strict";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { z } from "zod";
import { QueryError } from "../_shared/chat/failures.ts";
import { type QueryResult, queryResultSchema } from "../_shared/chat/query_result.ts";
import { notFound } from "../_shared/platform/http/problem.ts";
import type { AccountAccess } from "../_shared/platform/http/authenticate_member.ts";
import { createLogger } from "../_shared/platform/logger.ts";
import { NO_TEAMS } from "../_shared/testing/account_access_fake.ts";
import { SAMPLE_REPORT, sampleView } from "../_shared/testing/report_view_sample.ts";
import { createHandler, type McpDeps } from "./handler.ts";

const ADA = "7d2c9a3f-1b1e-4b0a-9a55-2f0e3d4c5b66";
const MEMBER = {
  accountId: ADA,
  userId: ADA,
  keyId: null,
  role: "owner",
  scopes: null,
  email: undefined,
};
const ADDRESS = new URL("https://project.example/mcp");
const OFF_TOPIC = JSON.stringify({ is_off_topic: true, sql: null, reason: "Because." });

/** A function over fakes, of which a test replaces parts. */
function serve(change: Partial<McpDeps["chat"]> & { deps?: Partial<McpDeps> } = {}) {
  const lines: string[] = [];
  const calls: unknown[] = [];
  const notAsked = () => Promise.reject(new Error("not asked"));
  const { deps, ...chat } = change;
  const handler = createHandler({
    accounts: NO_TEAMS,
    lookUpUser: (token) => Promise.resolve(token === "ada" ? { id: ADA, email: undefined } : null),
    chat: {
      model: {
        fillIn: () => Promise.resolve({ id: "1", text: OFF_TOPIC, usage: null }),
        write: () => {
          throw new Error("not asked");
        },
      },
      store: {
        schema: () => Promise.resolve({ relations: [] }),
        glossary: () => Promise.resolve({ terms: [], questions: [] }),
        prices: () => Promise.resolve(new Map()),
        begin: (...parameters) => {
          calls.push(parameters);
          return Promise.resolve({ conversation_id: "c1", message_id: "m1", history: [] });
        },
        run: notAsked,
        finish: () => Promise.resolve("m2"),
      },
      checkQuery: (sql) => Promise.resolve({ ok: true, sql, shapeHash: "" }),
      persistTelemetry: () => Promise.resolve(),
      settings: {
        sqlModel: "s",
        responseModel: "r",
        siteUrl: "https://app.example",
        maxRows: 10,
        queryTimeoutMs: 100,
      },
      maxQuestionsPerMinute: 7,
      now: () => 0,
      randomId: () => "id",
      waitUntil: () => {},
      takeQuery: () => Promise.resolve(null),
      maxQueriesPerMinute: 9,
      ...chat,
    },
    listReports: notAsked,
    reports: { view: notAsked },
    readPrompt: notAsked,
    listFailingTests: notAsked,
    origins: ["https://app.example"],
    log: createLogger({ name: "mcp", write: (line) => lines.push(line) }),
    ...deps,
  });
  return { handler, lines, calls };
}

type Handler = ReturnType<typeof serve>["handler"];

/** Connects the official client to a handler. */
async function connect(handler: Handler, revision: "2025" | "2026" = "2026"): Promise<Client> {
  const client = new Client({ name: "test", version: "1" }, {
    versionNegotiation: { mode: revision === "2026" ? { pin: "2026-07-28" } : "legacy" },
  });
  await client.connect(
    new StreamableHTTPClientTransport(ADDRESS, {
      requestInit: { headers: { authorization: "Bearer ada" } },
      fetch: (url, init) => handler(new Request(url, init)),
    }),
  );
  return client;
}

/** Calls a tool with the official client, which checks the result against the tool's schema. */
async function call(
  handler: Handler,
  name: string,
  args: Record<string, unknown> = {},
  onprogress?: (progress: { readonly message?: string | undefined }) => void,
) {
  const client = await connect(handler);
  await client.listTools();
  const result = await client.callTool(
    { name, arguments: args },
    onprogress === undefined ? {} : { onprogress },
  );
  const [first] = result.content;
  assert.equal(first?.type, "text");
  const output = z.record(z.string(), z.unknown()).optional().parse(result.structuredContent);
  return { text: first.text, isError: result.isError === true, output: output ?? {} };
}

const withRun = (run: () => Promise<QueryResult>) => ({ store: { ...STORE, run } });
const STORE: McpDeps["chat"]["store"] = {
  schema: () => Promise.resolve({ relations: [] }),
  glossary: () => Promise.resolve({ terms: [], questions: [] }),
  prices: () => Promise.resolve(new Map()),
  begin: () => Promise.reject(notFound("The conversation")),
  run: () => Promise.reject(new Error("not asked")),
  finish: () => Promise.resolve("m2"),
};

Deno.test("clients of both revisions of the protocol list the same seven tools", async () => {
  const { handler } = serve();
  for (const revision of ["2025", "2026"] as const) {
    const client = await connect(handler, revision);
    assert.equal(client.getServerVersion()?.name, "modelpick");
    const { tools } = await client.listTools();
    assert.deepEqual(tools.map(({ name }) => name), [
      ...["ask", "query", "describe_schema", "list_reports", "get_report", "get_prompt"],
      "failing_tests",
    ]);
    for (const { name, annotations, inputSchema, outputSchema } of tools) {
      assert.equal(annotations?.readOnlyHint, name !== "ask", name);
      assert.equal(inputSchema.additionalProperties, false, name);
      assert.ok(outputSchema?.properties, name);
    }
    await client.close();
  }
});

Deno.test("a request that is no call of the protocol is refused before anything is served", async () => {
  const { handler } = serve();
  const ping = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" });
  const plain = {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    authorization: "Bearer ada",
  };
  const cases: [status: number, init: RequestInit, header?: [string, RegExp]][] = [
    [401, { headers: { ...plain, authorization: "" } }, ["www-authenticate", /^Bearer/]],
    [401, { headers: { ...plain, authorization: "Bearer eve" } }, [
      "www-authenticate",
      /invalid_token/,
    ]],
    [403, { headers: { ...plain, origin: "https://evil.example" } }],
    [405, { method: "GET", body: null }, ["allow", /^POST$/]],
    [405, { method: "DELETE", body: null }],
    [415, { headers: { ...plain, "content-type": "text/plain" } }],
    [413, { body: JSON.stringify({ text: "x".repeat(70_000) }) }],
    [400, { body: "{" }],
    [400, { body: "[1]" }],
    [400, { headers: { ...plain, "mcp-protocol-version": "1999-01-01" } }],
    [202, { body: JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" }) }],
    [200, {}],
  ];
  for (const [status, init, header] of cases) {
    const response = await handler(
      new Request(ADDRESS, { method: "POST", body: ping, headers: plain, ...init }),
    );
    assert.equal(response.status, status, JSON.stringify(init));
    assert.ok(response.headers.has("x-request-id"));
    if (header !== undefined) assert.match(response.headers.get(header[0]) ?? "", header[1]);
    await response.body?.cancel();
  }
});

Deno.test("a page of the site may call with the protocol's headers", async () => {
  const { handler } = serve();
  const response = await handler(
    new Request(ADDRESS, {
      method: "OPTIONS",
      headers: { origin: "https://app.example", "access-control-request-method": "POST" },
    }),
  );
  assert.equal(response.status, 204);
  assert.match(response.headers.get("access-control-allow-headers") ?? "", /mcp-protocol-version/);
});

Deno.test("ask tells its progress and counts as a question of the user", async () => {
  const recorded: unknown[] = [];
  const { handler, calls } = serve({
    persistTelemetry: ({ errorMessage }) => {
      recorded.push(errorMessage);
      return Promise.resolve();
    },
  });
  const progress: unknown[] = [];
  const { output } = await call(
    handler,
    "ask",
    { question: " Will it rain? " },
    ({ message }) => progress.push(message),
  );
  assert.deepEqual(progress, ["Writing the query", "Writing the answer"]);
  assert.deepEqual(calls, [[MEMBER, null, "Will it rain?", 7, null]]);
  assert.deepEqual(recorded, [null], "its telemetry row has no error");
  assert.equal(output["is_off_topic"], true);
  assert.equal(output["conversation_id"], "c1");
  assert.deepEqual(output["rows"], []);
});

Deno.test("a caller who disconnects aborts the model's call, and the isolate waits for the end", async () => {
  for (const revision of ["2025", "2026"] as const) {
    const asked = Promise.withResolvers<void>();
    const aborted = Promise.withResolvers<void>();
    const work: Promise<unknown>[] = [];
    const recorded: unknown[] = [];
    const { handler, lines } = serve({
      model: {
        fillIn: (_call, _format, signal) =>
          new Promise((_, reject) => {
            asked.resolve();
            signal.addEventListener("abort", () => {
              aborted.resolve();
              reject(signal.reason);
            });
          }),
        write: () => {
          throw new Error("not asked");
        },
      },
      persistTelemetry: ({ errorMessage }) => {
        recorded.push(errorMessage);
        return Promise.resolve();
      },
      waitUntil: (pending) => work.push(pending),
    });
    const client = await connect(handler, revision);
    const leave = new AbortController();
    const call = client.callTool(
      { name: "ask", arguments: { question: "Hello?" } },
      revision === "2026" ? { signal: leave.signal } : {},
    );
    const refused = assert.rejects(call);
    await asked.promise;
    // A client of 2025 can only hang up: it announces a cancellation in a request of its own.
    if (revision === "2026") leave.abort();
    else await client.close();
    await Promise.all([refused, aborted.promise]);
    await Promise.all(work);
    assert.deepEqual(recorded, ["The caller disconnected."], revision);
    assert.doesNotMatch(lines.join(""), /"level":"error"/);
  }
});

Deno.test("a refused statement is answered with all its faults, and is not run", async () => {
  const faults = [
    { code: "chat.function_refused", reason: "pg_sleep is not allowed.", hint: "Use count." },
    { code: "chat.unknown_column", reason: "There is no column x.", hint: "Use y." },
  ] as const;
  const { code, reason } = faults[0];
  const { handler } = serve({
    checkQuery: () => Promise.resolve({ ok: false, code, reason, faults }),
  });
  const { text, isError } = await call(handler, "query", { sql: "select pg_sleep(1)" });
  assert.ok(isError);
  const problem = JSON.parse(text);
  assert.equal(problem.code, "chat.statement_refused");
  assert.deepEqual(problem.faults, faults);
});

Deno.test("a statement that fails is explained without the database's words about rows", async () => {
  const secret = 'invalid input syntax for type integer: "secret"';
  for (const [state, hint] of [["22P02", false], ["42883", true]] as const) {
    const { handler, lines } = serve(
      withRun(() => Promise.reject(new QueryError(state, secret))),
    );
    const { text, isError } = await call(handler, "query", { sql: "select 1" });
    assert.ok(isError);
    const problem = JSON.parse(text);
    assert.equal(problem.code, "chat.statement_failed");
    assert.equal(problem.sql_state, state);
    // Errors of names and syntax quote the statement alone.
    assert.equal(text.includes("secret"), hint);
    assert.ok(lines.join("").includes("secret"), "the log has the cause");
  }
});

Deno.test("rows that would fill a model's context are left out, and long integers keep their digits", async () => {
  const { handler } = serve(withRun(() =>
    Promise.resolve({
      columns: [{ name: "id", type: "bigint" }, { name: "text", type: "text" }],
      rows: Array.from({ length: 5 }, () => [9007199254740993n, "x".repeat(30_000)]),
      row_count: 5,
      truncated: false,
    })
  ));
  const { output, isError } = await call(handler, "query", { sql: "select 1" });
  assert.equal(isError, false);
  const { rows, truncated, row_count } = queryResultSchema.parse(output);
  assert.equal(rows.length, 3);
  assert.equal(rows[0]?.[0], "9007199254740993");
  assert.deepEqual([truncated, row_count], [true, 5]);
});

Deno.test("whoever asks too much is told when to come back", async () => {
  const { handler } = serve({
    takeQuery: ({ userId }, limit) => Promise.resolve(userId === ADA && limit === 9 ? 42 : null),
    store: { ...STORE, begin: () => Promise.resolve({ retry_after_seconds: 17 }) },
  });
  for (
    const [name, args, seconds] of [
      ["query", { sql: "select 1" }, 42],
      ["ask", { question: "Hello?" }, 17],
    ] as const
  ) {
    const { text, isError } = await call(handler, name, args);
    assert.ok(isError, name);
    const problem = JSON.parse(text);
    assert.deepEqual([problem.code, problem.retry_after_seconds], [
      "request.rate_limited",
      seconds,
    ]);
  }
});

Deno.test("a key that may only read can query and not ask, which costs money", async () => {
  const keyId = crypto.randomUUID();
  const accounts: AccountAccess = {
    ...NO_TEAMS,
    takeKey: () => Promise.resolve({ accountId: ADA, keyId, scopes: ["read"], role: "viewer" }),
  };
  const { handler, lines } = serve({
    deps: { accounts },
    ...withRun(() => Promise.resolve({ columns: [], rows: [], row_count: 0, truncated: false })),
  });
  const byKey = (request: Request) => {
    const headers = new Headers(request.headers);
    headers.set("authorization", "Bearer mp_key");
    return handler(new Request(request, { headers }));
  };
  assert.equal((await call(byKey, "query", { sql: "select 1" })).isError, false);
  const asked = await call(byKey, "ask", { question: "Hello?" });
  assert.equal(asked.isError, true);
  assert.equal(JSON.parse(asked.text).code, "key.scope_required");
  assert.ok(lines.every((line) => JSON.parse(line).key_id === keyId));
});

Deno.test("an unexpected error is logged, and the caller is told nothing of it", async () => {
  const { handler, lines } = serve({
    deps: { listReports: () => Promise.reject(new Error("password of the database")) },
  });
  const { text, isError } = await call(handler, "list_reports");
  assert.ok(isError);
  assert.equal(JSON.parse(text).code, "internal.unexpected");
  assert.ok(!text.includes("password"));
  assert.ok(lines.some((line) => line.includes("password of the database")));
});

Deno.test("arguments that a tool does not know are refused", async () => {
  const { handler } = serve();
  for (
    const [name, args] of [
      ["query", { sql: "select 1", user_id: ADA }],
      ["get_report", { report_id: "1" }],
      ["get_prompt", { name: "x", label: "a", version: 1 }],
      ["list_reports", { limit: 101 }],
      ["failing_tests", { limit: 0 }],
    ] as const
  ) {
    const { isError } = await call(handler, name, args);
    assert.ok(isError, name);
  }
  await assert.rejects(call(handler, "drop_everything"), /drop_everything/);
});

Deno.test("get_report gives the figures and the report in Markdown to its owner", async () => {
  const { handler } = serve({
    deps: {
      reports: {
        view: (viewer) =>
          Promise.resolve("ownerId" in viewer && viewer.ownerId === ADA ? sampleView() : null),
      },
    },
  });
  const { text, output } = await call(handler, "get_report", { report_id: SAMPLE_REPORT });
  assert.match(text, /^# /);
  assert.equal(output["report_id"], SAMPLE_REPORT);
});
