import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import OpenAI from "openai";
import { z } from "zod";
import { waitFor } from "../../testing/wait_for.ts";
import { listen } from "../listen.ts";
import type { JsonValue } from "./answer.ts";
import { digest } from "./images.ts";
import {
  type OpenRouterOptions,
  type OpenRouterService,
  startOpenRouterService,
} from "./server.ts";

const png = new Uint8Array(Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
));
const dataUrl = `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
const truth: JsonValue = { merchant: "Café Central", total: 12.8, items: [{ name: "Tea" }] };

const format = {
  type: "json_schema",
  json_schema: { name: "receipt", strict: true, schema: { type: "object" } },
} as const;

async function withService(
  options: OpenRouterOptions,
  use: (service: OpenRouterService) => Promise<void>,
): Promise<void> {
  const service = await startOpenRouterService({
    truths: new Map([[digest(png), truth], ["owner/a.png", truth]]),
    ...options,
    behaviour: { medianMs: 0, fieldErrorRate: 0, ...options.behaviour },
  });
  try {
    await use(service);
  } finally {
    await service.stop();
  }
}

function client(baseURL: string, timeout = 60_000): OpenAI {
  return new OpenAI({ baseURL, apiKey: "test", maxRetries: 0, timeout });
}

function ask(
  openai: OpenAI,
  options: { model?: string; url?: string; format?: typeof format; max_tokens?: number } = {},
) {
  return openai.chat.completions.create({
    model: options.model ?? "openai/gpt-6-luna",
    messages: [{
      role: "user",
      content: [
        { type: "text", text: "Extract the receipt." },
        { type: "image_url", image_url: { url: options.url ?? dataUrl } },
      ],
    }],
    ...(options.format === undefined ? {} : { response_format: options.format }),
    ...(options.max_tokens === undefined ? {} : { max_tokens: options.max_tokens }),
  });
}

const costSchema = z.object({ cost: z.number() });

Deno.test("the SDK reads the expected JSON and a cost that follows from the prices", async () => {
  await withService({}, async (service) => {
    const completion = await ask(client(service.openRouterUrl), { format });
    assert.deepEqual(JSON.parse(completion.choices[0]?.message.content ?? ""), truth);
    const usage = completion.usage;
    assert.ok(usage);
    const { cost } = costSchema.parse(usage);
    const expected = usage.prompt_tokens * 0.1e-6 + usage.completion_tokens * 0.5e-6;
    assert.ok(Math.abs(cost - expected) < 1e-12);
    assert.equal(service.stats().models["openai/gpt-6-luna"]?.cost, cost);
  });
});

Deno.test("plain OpenAI mode sends no OpenRouter field and accepts any model", async () => {
  await withService({}, async (service) => {
    const completion = await ask(client(service.compatibleUrl), { model: "llava", format });
    assert.deepEqual(JSON.parse(completion.choices[0]?.message.content ?? ""), truth);
    assert.equal(costSchema.safeParse(completion.usage).success, false);
    assert.equal("provider" in completion, false);
  });
});

Deno.test("an image URL is downloaded, and a failed download is a client error", async () => {
  const storage = await listen((request) =>
    request.url.includes("/a.png")
      ? new Response(png, { headers: { "content-type": "image/png" } })
      : new Response("gone", { status: 404 })
  );
  try {
    await withService({}, async (service) => {
      const openai = client(service.openRouterUrl);
      const found = await ask(openai, { url: `${storage.url}/sign/owner/a.png?token=x`, format });
      assert.deepEqual(JSON.parse(found.choices[0]?.message.content ?? ""), truth);
      await assert.rejects(ask(openai, { url: `${storage.url}/sign/b.png` }), { status: 400 });
    });
  } finally {
    await storage.stop();
  }
});

Deno.test("with downloads off an image is recognised by its path and nothing is fetched", async () => {
  await withService({ behaviour: { fetchImages: false } }, async (service) => {
    const url = "http://127.0.0.1:1/storage/v1/object/sign/benchmark-images/owner/a.png?token=x";
    const completion = await ask(client(service.openRouterUrl), { url, format });
    assert.deepEqual(JSON.parse(completion.choices[0]?.message.content ?? ""), truth);
  });
});

Deno.test("every refusal of the service reaches the SDK with its status and Retry-After", async () => {
  const script = [
    "rate_limited",
    "server_error",
    "bad_gateway",
    "unavailable",
    "payment_required",
    "unauthorized",
    "forbidden",
  ] as const;
  await withService(
    { behaviour: { script: [...script], retryAfterSeconds: 7 } },
    async (service) => {
      const openai = client(service.openRouterUrl);
      const seen: unknown[] = [];
      for (const _ of script) {
        await ask(openai).then(
          () => assert.fail("answered"),
          (error: unknown) => {
            assert.ok(error instanceof OpenAI.APIError);
            seen.push([error.status, error.code, error.headers?.get("retry-after") ?? null]);
          },
        );
      }
      assert.deepEqual(seen, [
        [429, 429, "7"],
        [500, 500, null],
        [502, 502, null],
        [503, 503, "7"],
        [402, 402, null],
        [401, 401, null],
        [403, 403, null],
      ]);
      assert.equal((await ask(openai)).choices.length, 1, "the script is over");
    },
  );
});

Deno.test("an error inside HTTP 200 has no choices and does not throw in the SDK", async () => {
  await withService({ behaviour: { script: ["error_in_body"] } }, async (service) => {
    const completion = await ask(client(service.openRouterUrl));
    assert.equal(completion.choices, undefined);
    assert.equal(
      z.object({ error: z.object({ code: z.number() }) }).parse(completion).error.code,
      502,
    );
    assert.equal(service.stats().models["openai/gpt-6-luna"]?.cost, 0);
  });
});

Deno.test("fenced, malformed, refused and truncated answers look like those of real models", async () => {
  await withService(
    { behaviour: { script: ["fenced", "malformed", "refusal"] } },
    async (service) => {
      const openai = client(service.openRouterUrl);
      const fenced = (await ask(openai, { format })).choices[0]?.message.content ?? "";
      assert.match(fenced, /^```json\n[^]*\n```$/);
      const malformed = (await ask(openai, { format })).choices[0]?.message.content ?? "";
      assert.throws(() => JSON.parse(malformed));
      const refused = (await ask(openai)).choices[0];
      assert.equal(refused?.message.content, null);
      assert.ok(refused?.message.refusal);
      const cut = await ask(openai, { format, max_tokens: 5 });
      assert.equal(cut.choices[0]?.finish_reason, "length");
      assert.equal(cut.usage?.completion_tokens, 5);
      assert.throws(() => JSON.parse(cut.choices[0]?.message.content ?? ""));
    },
  );
});

Deno.test("a model without structured output uses code fences and refuses require_parameters", async () => {
  await withService({}, async (service) => {
    const model = "z-ai/glm-4.6v";
    const openai = client(service.openRouterUrl);
    const habit = (await ask(openai, { model, format })).choices[0]?.message.content ?? "";
    assert.match(habit, /^```json/);
    const response = await fetch(`${service.openRouterUrl}/chat/completions`, {
      method: "POST",
      headers: { authorization: "Bearer test", "content-type": "application/json" },
      body: JSON.stringify({
        model,
        messages: [{ role: "user", content: "hello" }],
        response_format: format,
        provider: { require_parameters: true },
      }),
    });
    assert.equal(response.status, 404);
    await response.body?.cancel();
  });
});

async function untilIdle(service: OpenRouterService): Promise<void> {
  await waitFor("calls to end", () => Promise.resolve(service.stats().inFlight === 0));
}

Deno.test("a hanging call times out in the SDK and is no longer in flight", async () => {
  await withService({ behaviour: { script: ["hang"] } }, async (service) => {
    await assert.rejects(
      ask(client(service.openRouterUrl, 100)),
      OpenAI.APIConnectionTimeoutError,
    );
    await untilIdle(service);
    assert.deepEqual(service.stats().models["openai/gpt-6-luna"]?.outcomes, { aborted: 1 });
  });
});

Deno.test("a stalled body outlives the SDK's timeout and ends with the caller's own", async () => {
  await withService({ behaviour: { script: ["stall", "hang"] } }, async (service) => {
    const leaving = new AbortController();
    const openai = client(service.openRouterUrl, 1000);
    const response = await openai.chat.completions.create({
      model: "openai/gpt-6-sol",
      messages: [{ role: "user", content: "hello" }],
    }, { signal: leaving.signal }).asResponse();
    assert.equal(response.status, 200);
    // This call must have timed out before another call did.
    await assert.rejects(ask(openai), OpenAI.APIConnectionTimeoutError);
    await waitFor("the other to end", () => Promise.resolve(service.stats().inFlight === 1));
    const body = response.text();
    leaving.abort();
    await assert.rejects(body);
    await untilIdle(service);
  });
});

Deno.test("a broken connection is a network error, not a completion", async () => {
  await withService({ behaviour: { script: ["disconnect"] } }, async (service) => {
    await assert.rejects(ask(client(service.openRouterUrl)), OpenAI.APIConnectionError);
  });
});

Deno.test("an outage of the service affects its list of models, an outage of one model does not", async () => {
  await withService({}, async (service) => {
    const list = () => client(service.openRouterUrl, 100).models.list();
    for (
      const [outcome, failure] of [
        ["disconnect", OpenAI.APIConnectionError],
        ["bad_gateway", { status: 502 }],
        ["error_in_body", { status: 502 }],
        ["hang", OpenAI.APIConnectionTimeoutError],
      ] as const
    ) {
      service.change({ rates: { [outcome]: 1 } });
      await assert.rejects(list(), failure, outcome);
    }
    service.change({ rates: { rate_limited: 1 } });
    assert.ok((await list()).data.length > 0);
    service.change({ rates: {}, models: { "openai/gpt-6-luna": { rates: { disconnect: 1 } } } });
    assert.ok((await list()).data.length > 0);
  });
});

Deno.test("requests for the list of models change nothing about the outcomes of calls", async () => {
  const outcomes = async (lists: number) => {
    let seen = {};
    await withService({ behaviour: { rates: { server_error: 0.5 } } }, async (service) => {
      for (let call = 0; call < 12; call++) {
        for (let list = 0; list < lists; list++) {
          await (await fetch(`${service.openRouterUrl}/models`)).body?.cancel();
        }
        await ask(client(service.openRouterUrl)).catch(() => {});
      }
      seen = service.stats().models["openai/gpt-6-luna"]?.outcomes ?? {};
    });
    return seen;
  };
  assert.deepEqual(await outcomes(2), await outcomes(0));
});

Deno.test("the largest number of calls in flight is counted per model and in total", async () => {
  await withService({ behaviour: { medianMs: 1000, sigma: 0 } }, async (service) => {
    const openai = client(service.openRouterUrl);
    const models = [
      "openai/gpt-6-sol",
      "openai/gpt-6-sol",
      "openai/gpt-6-sol",
      "openai/gpt-5.6-terra",
    ];
    await Promise.all(models.map((model) => ask(openai, { model })));
    const stats = service.stats();
    assert.equal(stats.calls, 4);
    assert.equal(stats.inFlight, 0);
    assert.equal(stats.maxInFlight, 4);
    assert.equal(stats.models["openai/gpt-6-sol"]?.maxInFlight, 3);
    assert.equal(stats.models["openai/gpt-6-sol"]?.latencyMs, 3000);
    service.reset();
    assert.equal(service.stats().calls, 0);
  });
});

Deno.test("the same seed changes the same fields, in whatever order the models are called", async () => {
  const answers = async (models: readonly string[]) => {
    const found = new Map<string, string | null | undefined>();
    await withService({ behaviour: { fieldErrorRate: 0.5, seed: 9 } }, async (service) => {
      for (const model of models) {
        const completion = await ask(client(service.openRouterUrl), { model, format });
        found.set(model, completion.choices[0]?.message.content);
      }
    });
    return found;
  };
  const forth = await answers(["openai/gpt-6-sol", "openai/gpt-5.6-terra", "openai/gpt-5.4-nano"]);
  const back = await answers(["openai/gpt-5.4-nano", "openai/gpt-5.6-terra", "openai/gpt-6-sol"]);
  for (const [model, answer] of forth) assert.equal(back.get(model), answer);
});

Deno.test("tests in other processes control it over HTTP", async () => {
  await withService({}, async (service) => {
    const post = async (path: string, body: unknown) => {
      const response = await fetch(`${service.url}/_control/${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      await response.body?.cancel();
      return response.status;
    };
    assert.equal(await post("behaviour", { acceptUnknownModels: false, fetchImages: false }), 200);
    assert.equal(await post("behaviour", { fetchImage: false }), 422);
    assert.equal(await post("truths", { truths: { "b.png": { total: 1 } } }), 200);
    const openai = client(service.openRouterUrl);
    await assert.rejects(ask(openai, { model: "acme/eye" }), { status: 400 });
    const url = "http://127.0.0.1:1/b.png";
    const completion = await ask(openai, { url, format });
    assert.equal(completion.choices[0]?.message.content, '{"total":1}');
    const stats = await (await fetch(`${service.url}/_control/stats`)).json();
    assert.equal(stats.calls, 2);
  });
});

Deno.test("a call without a key is refused as the real service refuses it", async () => {
  await withService({ apiKey: "right" }, async (service) => {
    await assert.rejects(ask(client(service.openRouterUrl)), { status: 401 });
    assert.equal(service.stats().calls, 0);
  });
});

Deno.test("as a process it prints its URL when ready and ends with its parent", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL("server.ts", import.meta.url).pathname, "--die-with-parent"],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value } = await reader.read();
  const url = /^ready (http:\S+)\n$/.exec(value ?? "")?.[1];
  assert.ok(url, `said ${value}`);
  const models = await (await fetch(`${url}/api/v1/models`)).json();
  assert.equal(models.data[0].pricing.prompt, "0.0000001");
  await child.stdin.close();
  assert.equal((await child.status).code, 0);
  await reader.cancel();
});

Deno.test("a model that always thinks refuses effort none, and a removed or rerouted model says so", async () => {
  const models = {
    "openai/gpt-6-sol": { rates: { retired: 1 } },
    "openai/gpt-6-luna": { servedBy: "openai/gpt-5.6-luna" },
  };
  await withService({ behaviour: { models } }, async (service) => {
    const post = async (model: string, body: object = {}) => {
      const response = await fetch(`${service.openRouterUrl}/chat/completions`, {
        method: "POST",
        headers: { authorization: "Bearer test", "content-type": "application/json" },
        body: JSON.stringify({ model, messages: [{ role: "user", content: "hello" }], ...body }),
      });
      return { status: response.status, body: await response.json() };
    };
    const none = { reasoning: { effort: "none" } };
    const refused = await post("google/gemini-3.5-flash", none);
    assert.equal(refused.status, 400);
    assert.match(refused.body.error.message, /mandatory/);
    assert.equal((await post("openai/gpt-5.4-mini", none)).status, 200);
    const gone = await post("openai/gpt-6-sol");
    assert.deepEqual([gone.status, gone.body.error.message], [
      400,
      "openai/gpt-6-sol is not a valid model ID",
    ]);
    assert.equal((await post("openai/gpt-6-luna")).body.model, "openai/gpt-5.6-luna");
  });
});
