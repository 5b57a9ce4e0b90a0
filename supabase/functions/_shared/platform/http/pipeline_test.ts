import assert from "node:assert/strict";
import { z } from "zod";
import { createLogger } from "../logger.ts";
import { unavailable } from "./problem.ts";
import { NO_TEAMS } from "../../testing/account_access_fake.ts";
import { authenticateMember } from "./authenticate_member.ts";
import { json, serveJson } from "./serve_json.ts";

const SITE = "https://modelpick.example";

function setUp(options: { readonly fail?: Error } = {}) {
  const lines: string[] = [];
  const calls: { readonly caller: string; readonly body: unknown }[] = [];
  const handler = serveJson({
    methods: ["POST"],
    origins: [SITE],
    authenticate: async (request) =>
      (await authenticateMember({
        lookUpUser: (token) =>
          Promise.resolve(token === "good" ? { id: "ada", email: undefined } : null),
        accounts: NO_TEAMS,
      }, () => "read")(request)).accountId,
    schema: z.strictObject({ name: z.string() }),
    maxBodyBytes: 100,
    log: createLogger({ name: "test", write: (line) => lines.push(line) }),
    now: () => 0,
    handle: ({ caller, body, note }) => {
      calls.push({ caller, body });
      note({ report_id: "r-1" });
      if (options.fail !== undefined) throw options.fail;
      return Promise.resolve(json({ hello: body.name }, 201));
    },
  });
  const send = (init: RequestInit & { headers?: Record<string, string> } = {}) =>
    handler(
      new Request("http://localhost/hello?token=abc", {
        method: "POST",
        body: '{"name":"Ada"}',
        ...init,
        headers: {
          authorization: "Bearer good",
          "content-type": "application/json",
          origin: SITE,
          ...init.headers,
        },
      }),
    );
  return { lines, calls, send };
}

Deno.test("a good request reaches the handler and its answer carries request id and CORS", async () => {
  const { calls, lines, send } = setUp();
  const response = await send({ headers: { "x-request-id": "client-id-0001" } });
  assert.equal(response.status, 201);
  assert.deepEqual(await response.json(), { hello: "Ada" });
  assert.deepEqual(calls, [{ caller: "ada", body: { name: "Ada" } }]);
  assert.equal(response.headers.get("x-request-id"), "client-id-0001");
  assert.equal(response.headers.get("access-control-allow-origin"), SITE);
  assert.equal(response.headers.get("vary"), "Origin");
  assert.equal(response.headers.get("cache-control"), "no-store");
  const line = JSON.parse((lines[0] ?? "").replace("[benchmark:r-1] ", ""));
  assert.deepEqual([line.request_id, line.status, line.path], ["client-id-0001", 201, "/hello"]);
});

Deno.test("an inbound request id that is long or not plain is replaced", async () => {
  const { lines, send } = setUp();
  for (const id of ["short", "x".repeat(65), "with space in it", 'quote"and{brace}']) {
    const response = await send({ headers: { "x-request-id": id } });
    assert.match(response.headers.get("x-request-id") ?? "", /^[0-9a-f-]{36}$/);
    await response.body?.cancel();
  }
  assert.doesNotMatch(lines.join(""), /with space|brace/);
});

Deno.test("a preflight is answered without a token, for listed origins alone", async () => {
  const { calls, send } = setUp();
  const preflight = {
    method: "OPTIONS",
    body: null,
    headers: { authorization: "", "access-control-request-method": "POST" },
  };
  const listed = await send(preflight);
  assert.equal(listed.status, 204);
  assert.equal(listed.headers.get("access-control-allow-origin"), SITE);
  assert.match(listed.headers.get("access-control-allow-headers") ?? "", /idempotency-key/);
  assert.match(listed.headers.get("access-control-allow-methods") ?? "", /POST/);
  const stranger = await send({
    ...preflight,
    headers: { ...preflight.headers, origin: "https://evil.example" },
  });
  assert.equal(stranger.status, 403);
  assert.equal(stranger.headers.get("access-control-allow-origin"), null);
  assert.equal(stranger.headers.get("vary"), "Origin");
  assert.equal(calls.length, 0);
});

Deno.test("each gate refuses with its own status and code, and in this order", async () => {
  const { calls, send } = setUp();
  const bad = { authorization: "Bearer bad", "content-type": "text/plain" };
  const gates: [number, string, Parameters<typeof send>[0]][] = [
    [403, "request.origin_not_allowed", {
      method: "PUT",
      headers: { ...bad, origin: "https://evil.example" },
    }],
    [405, "request.method_not_allowed", { method: "PUT", headers: bad }],
    [401, "auth.invalid", { headers: bad }],
    [401, "auth.invalid", { headers: { authorization: "Basic Z29vZA==" } }],
    [415, "request.unsupported_media_type", { headers: { "content-type": "text/plain" } }],
    [413, "request.too_large", { body: `{"name":"${"x".repeat(100)}"}` }],
    [400, "request.malformed", { body: '{"name":' }],
    [400, "request.malformed", { body: "" }],
    [422, "request.invalid", { body: '{"name":7}' }],
    [422, "request.invalid", { body: '{"name":"Ada","nmae":1}' }],
    [422, "request.invalid", { body: "null" }],
  ];
  for (const [status, code, init] of gates) {
    const response = await send(init);
    const problem = await response.json();
    assert.equal(response.status, status, code);
    assert.equal(problem.code, code);
    assert.equal(problem.request_id, response.headers.get("x-request-id"));
    assert.equal(problem.instance, "/hello");
  }
  assert.equal(calls.length, 0);
});

Deno.test("a missing token is told from a wrong one", async () => {
  const { send } = setUp();
  const response = await send({ headers: { authorization: "" } });
  assert.equal(response.status, 401);
  assert.match(response.headers.get("www-authenticate") ?? "", /^Bearer/);
  await response.body?.cancel();
});

Deno.test("a body longer than it says is cut off at the cap", async () => {
  const { send } = setUp();
  let pulled = 0;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      pulled++;
      controller.enqueue(new Uint8Array(64));
    },
  });
  const response = await send({ body, headers: { "content-length": "10" } });
  assert.equal(response.status, 413);
  assert.ok(pulled < 10);
  await response.body?.cancel();
});

Deno.test("what nobody foresaw is 500 with its cause in the log alone", async () => {
  const { lines, send } = setUp({ fail: new Error("relation private.ledger is gone") });
  const response = await send();
  assert.equal(response.status, 500);
  assert.doesNotMatch(await response.text(), /ledger/);
  assert.match(lines.join(""), /ledger/);
  assert.equal(response.headers.get("access-control-allow-origin"), SITE);
});

Deno.test("what a request turned out to be about stands in its last line, failed or not", async () => {
  for (const fail of [undefined, new Error("late")]) {
    const { lines, send } = setUp(fail === undefined ? {} : { fail });
    await (await send()).body?.cancel();
    assert.equal(lines.length, 1);
    assert.ok(lines[0]?.startsWith("[benchmark:r-1] "));
  }
});

Deno.test("an upstream that fails is 503 with Retry-After", async () => {
  const { send } = setUp({ fail: unavailable("database.unavailable", new Error("down"), 5) });
  const response = await send();
  assert.equal(response.status, 503);
  assert.equal(response.headers.get("retry-after"), "5");
  await response.body?.cancel();
});
