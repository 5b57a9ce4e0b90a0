import assert from "node:assert/strict";
import type { CompletionOutcome, CompletionRequest } from "./model_call.ts";
import { createModelProvider } from "./model_client.ts";

const request: CompletionRequest = {
  model: {
    id: "m",
    base_url_key: "compatible",
    input_price: 0,
    output_price: 0,
    cached_input_price: 0,
    image_price: 0,
  },
  prompt: "Read.",
  imageUrl: "https://storage.test/a.png",
  structuredOutput: null,
  maxOutputTokens: 9,
  timeoutMs: 20_000,
};

interface Served {
  readonly call: (timeoutMs?: number, signal?: AbortSignal) => Promise<CompletionOutcome>;
  /** Resolves once a caller has left before the end of an answer. */
  readonly left: Promise<void>;
  /** Resolves once a request has come. */
  readonly came: Promise<void>;
  readonly paths: readonly string[];
}

/** An answer that does not end while somebody listens: of one chunk again and again, or of silence. */
function endless(
  status: number,
  left: () => void,
  chunk?: Uint8Array<ArrayBuffer>,
): Response {
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => controller.enqueue(new TextEncoder().encode('{"error":{"message":"')),
    pull: (controller) => chunk === undefined ? new Promise(() => {}) : controller.enqueue(chunk),
    cancel: left,
  });
  return new Response(body, { status, headers: { "content-type": "application/json" } });
}

async function withServer(
  respond: (request: Request, left: () => void) => Response,
  test: (served: Served) => Promise<void>,
): Promise<void> {
  const left = Promise.withResolvers<void>();
  const came = Promise.withResolvers<void>();
  const paths: string[] = [];
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    async (got) => {
      paths.push(new URL(got.url).pathname);
      await got.arrayBuffer();
      came.resolve();
      return respond(got, left.resolve);
    },
  );
  const baseUrl = `http://127.0.0.1:${server.addr.port}/v1`;
  const provider = createModelProvider({ endpoints: { compatible: { baseUrl, apiKey: null } } });
  const call: Served["call"] = (timeoutMs = 20_000, signal = new AbortController().signal) =>
    provider.complete({ ...request, timeoutMs }, signal);
  await test({ call, left: left.promise, came: came.promise, paths });
}

for (const status of [200, 500]) {
  Deno.test(`over HTTP, the time limit covers the body of an answer with ${status}, and ends it`, async () => {
    await withServer((_, left) => endless(status, left), async ({ call, left }) => {
      const outcome = await call(150);
      assert.ok(outcome.kind === "transient", JSON.stringify(outcome));
      assert.deepEqual([outcome.reason, outcome.charge], ["timeout", "unknown"]);
      await left;
    });
  });

  Deno.test(`over HTTP, the worker's abort ends the body of an answer with ${status}`, async () => {
    await withServer((_, left) => endless(status, left), async ({ call, left, came }) => {
      const control = new AbortController();
      const pending = call(20_000, control.signal);
      await came;
      control.abort();
      const outcome = await pending;
      assert.ok(outcome.kind === "transient", JSON.stringify(outcome));
      assert.equal(outcome.reason, "aborted");
      await left;
    });
  });
}

Deno.test("over HTTP, an answer of more than 2 MB is refused and the connection closed", async () => {
  const chunk = new Uint8Array(256 * 1024).fill(32);
  await withServer((_, left) => endless(200, left, chunk), async ({ call, left }) => {
    const outcome = await call();
    assert.ok(outcome.kind === "transient", JSON.stringify(outcome));
    assert.equal(outcome.reason, "garbled");
    assert.match(outcome.message, /longer than 2 MB/);
    await left;
  });
});

Deno.test("over HTTP, an answer that is stated to be longer, or grows as it is decompressed, is refused too", async () => {
  const text = new Uint8Array(2 * 1024 * 1024 + 1).fill(32);
  const packed = await new Response(
    new Blob([text]).stream().pipeThrough(new CompressionStream("gzip")),
  ).bytes();
  const answers = [
    () => new Response(text),
    () =>
      new Response(packed, {
        headers: { "content-encoding": "gzip", "content-length": String(packed.length) },
      }),
  ];
  for (const answer of answers) {
    await withServer(answer, async ({ call }) => {
      const outcome = await call();
      assert.ok(outcome.kind === "transient", JSON.stringify(outcome));
      assert.match(outcome.message, /longer than 2 MB/);
    });
  }
});

Deno.test("over HTTP, an endless error is judged by its beginning", async () => {
  const chunk = new Uint8Array(64 * 1024).fill(32);
  await withServer((_, left) => endless(503, left, chunk), async ({ call, left }) => {
    const outcome = await call();
    assert.ok(outcome.kind === "transient", JSON.stringify(outcome));
    assert.deepEqual([outcome.reason, outcome.charge], ["server", "none"]);
    await left;
  });
});

Deno.test("over HTTP, a redirect is not followed and its target not shown", async () => {
  for (const status of [301, 302, 307, 308]) {
    await withServer(
      () => new Response(null, { status, headers: { location: "/elsewhere/secret" } }),
      async ({ call, paths }) => {
        const outcome = await call();
        assert.ok(outcome.kind === "rejected", JSON.stringify(outcome));
        assert.deepEqual([outcome.reason, outcome.charge], ["unavailable", "none"]);
        assert.doesNotMatch(outcome.message, /elsewhere/);
        assert.deepEqual(paths, ["/v1/chat/completions"]);
      },
    );
  }
});

Deno.test("over HTTP, a signed URL in an error is not in the message", async () => {
  const owner = "11111111-2222-3333-4444-555555555555";
  const url =
    `https://p.supabase.co/storage/v1/object/sign/benchmark-images/${owner}/a.png?token=x.y`;
  await withServer(
    () =>
      Response.json({ error: { message: `Timeout while downloading ${url}.` } }, { status: 400 }),
    async ({ call }) => {
      const outcome = await call();
      assert.ok(outcome.kind === "rejected");
      assert.equal(outcome.reason, "image_unreadable");
      assert.match(outcome.message, /^400 Timeout while downloading \[url\]/);
      assert.ok(!outcome.message.includes(owner));
    },
  );
});

Deno.test("over HTTP, an answer of another model is marked as such", async () => {
  const completion = {
    id: "gen-1",
    model: "acme/other-model",
    provider: "Acme",
    choices: [{ finish_reason: "stop", message: { content: "{}" } }],
  };
  await withServer(
    () => Response.json(completion, { headers: { "x-request-id": "req-1" } }),
    async ({ call }) => {
      assert.deepEqual((await call()).served, {
        model: "acme/other-model",
        provider: "Acme",
        requestId: "req-1",
        isOther: true,
      });
    },
  );
  await withServer(
    () => Response.json({ error: "no" }, { status: 400, headers: { "request-id": "req-2" } }),
    async ({ call }) => assert.equal((await call()).served?.requestId, "req-2"),
  );
});

Deno.test("an unknown host and a failed TLS handshake cost nothing", async () => {
  await using plain = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => new Response(),
  );
  for (const baseUrl of ["http://nobody.invalid/v1", `https://127.0.0.1:${plain.addr.port}/v1`]) {
    const provider = createModelProvider({ endpoints: { compatible: { baseUrl, apiKey: null } } });
    const outcome = await provider.complete(request, new AbortController().signal);
    assert.ok(outcome.kind === "transient", JSON.stringify(outcome));
    assert.deepEqual([outcome.reason, outcome.charge], ["network", "none"], outcome.message);
    assert.doesNotMatch(outcome.message, /127\.0\.0\.1|nobody/);
  }
});
