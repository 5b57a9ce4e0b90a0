import assert from "node:assert/strict";
import { PROVIDER_ANSWERS, type ProviderAnswer } from "../../testing/provider_answers_sample.ts";
import type { CompletionOutcome, CompletionRequest } from "./model_call.ts";
import { createModelProvider } from "./model_client.ts";

const KEY = "sk-test-0123456789abcdef";

const request: CompletionRequest = {
  model: {
    id: "asked-model",
    base_url_key: "compatible",
    input_price: 2e-6,
    output_price: 10e-6,
    cached_input_price: 1e-6,
    image_price: 0.001,
  },
  prompt: "Read.",
  imageUrl: "https://storage.test/a.png",
  structuredOutput: null,
  maxOutputTokens: 2_048,
  timeoutMs: 20_000,
};

/** Puts one provider's answer behind a real server, and the adapter in front of it. */
async function ask(respond: () => Response): Promise<CompletionOutcome> {
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    async (got) => {
      await got.arrayBuffer();
      return respond();
    },
  );
  const baseUrl = `http://127.0.0.1:${server.addr.port}/v1`;
  const provider = createModelProvider({
    endpoints: { compatible: { baseUrl, apiKey: KEY } },
    now: () => 0,
  });
  return await provider.complete(request, new AbortController().signal);
}

function respondWith({ status = 200, body, type, headers = {} }: ProviderAnswer): () => Response {
  const isText = typeof body === "string" && type !== undefined;
  return () =>
    new Response(isText ? body : JSON.stringify(body), {
      status,
      headers: { "content-type": type ?? "application/json", ...headers },
    });
}

/** An outcome in one line, as the table writes it. */
function sumUp(outcome: CompletionOutcome): string {
  switch (outcome.kind) {
    case "answer":
      return `answer ${outcome.ending} ${JSON.stringify(outcome.text)} ${outcome.cost}`;
    case "transient":
      return `${outcome.reason} ${outcome.charge} ${outcome.retryAfterMs}`;
    case "rejected": {
      const { name, atMost, instead } = outcome.refused ?? {};
      const limit = atMost == null ? "" : ` <= ${atMost}`;
      const other = instead == null ? "" : ` use ${instead}`;
      return `${outcome.reason}${name == null ? "" : ` ${name}${limit}${other}`} ${outcome.charge}`;
    }
    case "fatal":
      return `fatal ${outcome.retryAtMs === null ? "" : new Date(outcome.retryAtMs).toISOString()}`
        .trim();
  }
}

for (const [what, answer] of Object.entries(PROVIDER_ANSWERS)) {
  Deno.test(`over HTTP, ${what}: ${answer.fair}`, async () => {
    const outcome = await ask(respondWith(answer));
    assert.equal(sumUp(outcome), answer.fair, JSON.stringify(outcome));
    if ("message" in outcome) {
      assert.ok(
        outcome.message.length > 4 && !/https?:\/\//.test(outcome.message),
        outcome.message,
      );
    }
  });
}
