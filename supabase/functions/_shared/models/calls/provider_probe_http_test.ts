import assert from "node:assert/strict";
import { createModelProvider } from "./model_client.ts";

/** Probes an endpoint that answers every request so; returns the failure's reason and the requests. */
async function probe(name: string, respond: (request: Request) => Response) {
  const requests: { readonly path: string; readonly key: string | null }[] = [];
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    (request) => {
      const key = request.headers.get("x-api-key") ?? request.headers.get("authorization");
      requests.push({ path: new URL(request.url).pathname, key });
      return respond(request);
    },
  );
  const baseUrl = `http://127.0.0.1:${server.addr.port}/v1`;
  const provider = createModelProvider({ endpoints: { [name]: { baseUrl, apiKey: "secret" } } });
  const failure = await provider.probe(name, new AbortController().signal);
  return { reason: failure?.reason ?? null, requests };
}

Deno.test("a provider that answers is up, also with a refusal", async () => {
  for (const status of [200, 400, 401, 402, 403, 404, 405, 429]) {
    const { reason } = await probe("compatible", () => Response.json({ data: [] }, { status }));
    assert.equal(reason, null, String(status));
  }
});

Deno.test("a provider that fails to answer is down", async () => {
  for (const status of [500, 502, 503, 520]) {
    const { reason } = await probe("compatible", () => new Response("no", { status }));
    assert.equal(reason, "server", String(status));
  }
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const baseUrl = `http://127.0.0.1:${port}/v1`;
  const provider = createModelProvider({ endpoints: { compatible: { baseUrl, apiKey: null } } });
  const failure = await provider.probe("compatible", new AbortController().signal);
  assert.equal(failure?.reason, "network");
});

Deno.test("the probe requests the list of models with the key, in each provider's form", async () => {
  const list = () => Response.json({ data: [] });
  assert.deepEqual((await probe("openrouter", list)).requests, [
    { path: "/v1/models", key: "Bearer secret" },
  ]);
  assert.deepEqual((await probe("anthropic", list)).requests, [
    { path: "/v1/models", key: "secret" },
  ]);
});

Deno.test("the probe reports no failure for a missing key or an abort", async () => {
  const provider = createModelProvider({ endpoints: {} });
  assert.equal(await provider.probe("openrouter", new AbortController().signal), null);
  const { requests } = await probe("compatible", () => Response.json({}));
  assert.equal(requests.length, 1);
  const endpoints = { compatible: { baseUrl: "http://127.0.0.1:9/v1", apiKey: null } };
  assert.equal(
    await createModelProvider({ endpoints }).probe("compatible", AbortSignal.abort()),
    null,
  );
});
