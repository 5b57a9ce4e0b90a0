import assert from "node:assert/strict";
import OpenAI from "openai";
import { waitFor } from "../../testing/wait_for.ts";
import { composeAnswer } from "./compose_answer.ts";
import { type OpenAiOptions, type OpenAiService, startOpenAiService } from "./server.ts";

const FORMAT = {
  type: "json_schema",
  json_schema: {
    name: "understanding",
    strict: true,
    schema: {
      type: "object",
      properties: { sql: { type: ["string", "null"] } },
      required: ["sql"],
      additionalProperties: false,
    },
  },
} as const;

const DATA = {
  columns: ["model_id text", "cost_usd numeric"],
  rows: [["a", 0.5], ["b", null]],
  rows_in_result: 2,
  rows_shown: 2,
  is_cut: true,
};
const ROWS = `Result:\n<data-1>\n${JSON.stringify(DATA)}\n</data-1>`;

async function withService(
  options: OpenAiOptions,
  use: (service: OpenAiService, client: OpenAI) => Promise<void>,
): Promise<void> {
  const service = await startOpenAiService({
    ...options,
    behaviour: { firstTokenMs: 0, tokenMs: 0, ...options.behaviour },
  });
  const client = new OpenAI({ baseURL: service.baseUrl, apiKey: "test", maxRetries: 0 });
  try {
    await use(service, client);
  } finally {
    await service.stop();
  }
}

async function writeSql(client: OpenAI, ...questions: string[]): Promise<unknown> {
  const completion = await client.chat.completions.create({
    model: "gpt-5.4-mini",
    messages: questions.map((content) => ({ role: "user", content })),
    response_format: FORMAT,
  });
  return JSON.parse(completion.choices[0]?.message.content ?? "");
}

function stream(client: OpenAI, signal?: AbortSignal) {
  return client.chat.completions.create({
    model: "gpt-5.4-mini",
    messages: [{ role: "user", content: ROWS }],
    stream: true,
    stream_options: { include_usage: true },
  }, { signal });
}

Deno.test("a known question gets its statement in any capitalization and punctuation", async () => {
  await withService(
    { questions: [{ question: "How many?", sql: ["select 1"] }] },
    async (_, client) => {
      assert.deepEqual(await writeSql(client, "how MANY"), {
        is_off_topic: false,
        sql: "select 1",
        reason: "A simulated model knows this question.",
      });
    },
  );
});

Deno.test("a question that is only similar to a known one gets no statement", async () => {
  await withService(
    { questions: [{ question: "Which model was cheapest last week?", sql: ["select 1"] }] },
    async (_, client) => {
      for (
        const near of [
          "Which model was cheapest last month?",
          "Which model was not cheapest last week?",
          "Which model was cheapest last week and fastest?",
        ]
      ) assert.match(JSON.stringify(await writeSql(client, near)), /"sql":null/, near);
    },
  );
});

Deno.test("the repair of a question gets the next statement", async () => {
  await withService(
    { questions: [{ question: "How many?", sql: ["bad", "good"] }] },
    async (_, client) => {
      const repaired = await writeSql(client, "How many?", "That statement cannot be used: why.");
      assert.match(JSON.stringify(repaired), /"sql":"good"/);
    },
  );
});

Deno.test("an unknown question gets no statement and is not called off topic", async () => {
  await withService({}, async (_, client) => {
    assert.match(JSON.stringify(await writeSql(client, "Zzz?")), /"is_off_topic":false,"sql":null/);
    assert.match(
      JSON.stringify(await writeSql(client, "What is the weather like today?")),
      /"is_off_topic":true,"sql":null/,
    );
  });
});

Deno.test("a stream describes the rows in words and ends with the token counts", async () => {
  await withService({ behaviour: { cachedShare: 0.5 } }, async (_, client) => {
    let text = "";
    let usage: OpenAI.CompletionUsage | null | undefined;
    for await (const chunk of await stream(client)) {
      text += chunk.choices[0]?.delta.content ?? "";
      usage = chunk.usage;
    }
    assert.equal(text, composeAnswer(DATA));
    assert.match(text, /^\(Simulated answer\).*\$0\.5.*not measured.*cut/s);
    assert.ok(usage && usage.completion_tokens > 10);
    assert.equal(
      usage.prompt_tokens_details?.cached_tokens,
      Math.floor(usage.prompt_tokens / 2),
    );
  });
});

Deno.test("the SDK sees each failure as from the real service", async () => {
  await withService({}, async (service, client) => {
    for (
      const [outcome, status] of [["rate_limited", 429], ["server_error", 500], [
        "unauthorized",
        401,
      ]] as const
    ) {
      service.change({ script: [outcome] });
      await assert.rejects(stream(client), { status });
    }
    for (const outcome of ["disconnect", "error_in_stream"] as const) {
      service.change({ script: [outcome] });
      await assert.rejects(Array.fromAsync(await stream(client)));
    }
  });
});

Deno.test("failures occur at the configured rates", async () => {
  await withService({ behaviour: { rates: { server_error: 0.5 } } }, async (_, client) => {
    const ends = await Promise.allSettled(
      Array.from({ length: 100 }, () => writeSql(client, "Zzz?")),
    );
    const failed = ends.filter(({ status }) => status === "rejected").length;
    assert.ok(failed > 30 && failed < 70, `${failed} of 100`);
  });
});

Deno.test("a schema that strict mode does not allow is refused", async () => {
  await withService({}, async (_, client) => {
    const loose = {
      type: "object",
      properties: { sql: {} },
      required: [],
      additionalProperties: false,
    };
    await assert.rejects(
      client.chat.completions.create({
        model: "m",
        messages: [{ role: "user", content: "x" }],
        response_format: {
          type: "json_schema",
          json_schema: { name: "u", strict: true, schema: loose },
        },
      }),
      { status: 400 },
    );
  });
});

Deno.test("a caller who disconnects is counted, and the stream ends", async () => {
  await withService({ behaviour: { tokenMs: 1000 } }, async (service, client) => {
    const leave = new AbortController();
    const chunks = (await stream(client, leave.signal))[Symbol.asyncIterator]();
    await chunks.next();
    assert.equal(service.stats().inFlight, 1);
    leave.abort();
    await waitFor("the call's end", () => Promise.resolve(service.stats().aborted === 1));
    assert.equal(service.stats().inFlight, 0);
  });
});
