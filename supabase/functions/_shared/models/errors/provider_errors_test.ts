import assert from "node:assert/strict";
import { classifyError, classifyThrown } from "./provider_errors.ts";

const context = { isAborted: false, secrets: [], nowMs: 0 };

Deno.test("a connection that failed before the whole request was sent cost nothing, any other may have", () => {
  const url = "error sending request for url (https://tls.example/certificate)";
  const unsent = [
    "client error (Connect): tcp connect error: Connection refused (os error 111)",
    "client error (Connect): dns error: failed to lookup address information",
    "client error (Connect): invalid peer certificate: UnknownIssuer",
    "client error (SendRequest): error writing a body to connection: Broken pipe (os error 32)",
    "client error (SendRequest): operation was canceled: connection closed",
    "http2 error: stream error received: refused stream before processing any application logic",
  ];
  const sent = [
    "client error (SendRequest): connection closed before message completed",
    "client error (SendRequest): connection error: Connection reset by peer (os error 104)",
    "error reading a body from connection",
  ];
  const charges = (messages: readonly string[]) =>
    messages.map((message) => {
      const outcome = classifyThrown(new TypeError(`${url}: ${message}`), context);
      return outcome.kind === "transient" && [outcome.reason, outcome.charge].join(" ");
    });
  assert.deepEqual(new Set(charges(unsent)), new Set(["network none"]));
  assert.deepEqual(new Set(charges(sent)), new Set(["network unknown"]));
});

Deno.test("an error inside HTTP 200 without a status or a known code is marked as unexplained", () => {
  const marks = [
    "Model unloaded.",
    { message: "Something went wrong.", code: "odd" },
    { message: "Model unloaded.", code: 502 },
    { message: "Overloaded", type: "overloaded_error" },
  ].map((error) => {
    const body = { error, status: 200, retryAfterMs: null, cost: null, secrets: [] };
    const outcome = classifyError(body);
    return outcome.kind === "transient" && (outcome.isUnexplained ?? false);
  });
  assert.deepEqual(marks, [true, true, false, false]);
});

Deno.test("a very long error is judged by its beginning", () => {
  const texts = [
    "<html><title>Busy</title>",
    '{"message":"',
    "[",
    "model ",
    "image url fail ",
    "a-",
  ];
  for (const text of texts) {
    const error = text.repeat(Math.ceil(1_000_000 / text.length));
    const outcome = classifyError({
      error: { error: { message: error } },
      status: 503,
      retryAfterMs: null,
      cost: null,
      secrets: [],
    });
    assert.ok(outcome.message.length <= 501);
  }
  const page = "<html><title>Busy</title>" + "<script".repeat(300_000);
  const outcome = classifyError({
    error: page,
    status: 503,
    retryAfterMs: null,
    cost: null,
    secrets: [],
  });
  assert.match(outcome.message, /^503 Busy/);
});
