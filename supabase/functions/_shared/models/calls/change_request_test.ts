import assert from "node:assert/strict";
import { changeRequest, changeTextRequest } from "./change_request.ts";
import type { CompletionRequest, RefusedParameter, Rejection, TextRequest } from "./model_call.ts";

const request: CompletionRequest = {
  model: {
    id: "m",
    base_url_key: "openrouter",
    input_price: 0,
    output_price: 0,
    cached_input_price: 0,
    image_price: 0,
  },
  prompt: "P",
  imageUrl: "https://storage.test/a.png",
  structuredOutput: { schema: { type: "object" }, strict: true },
  maxOutputTokens: 16_384,
  timeoutMs: 1_000,
};

function refuse(reason: Rejection["reason"], refused?: Partial<RefusedParameter>): Rejection {
  return {
    kind: "rejected",
    reason,
    message: "400",
    charge: "none",
    cost: null,
    ...refused === undefined
      ? {}
      : { refused: { name: null, atMost: null, instead: null, ...refused } },
  };
}

const bytes = () => Promise.resolve("data:image/png;base64,AQID");

Deno.test("a refused schema is left to the prompt, which stays the same", async () => {
  for (
    const rejection of [
      refuse("schema_refused"),
      refuse("parameter_refused", { name: "response_format" }),
    ]
  ) {
    assert.deepEqual(await changeRequest(request, rejection, bytes), {
      change: "schema_in_prompt",
      request: { ...request, structuredOutput: null },
    });
  }
});

Deno.test("a refused limit is lowered or renamed as the provider asks", async () => {
  const lower = refuse("parameter_refused", { name: "max_tokens", atMost: 8_192 });
  assert.deepEqual(await changeRequest(request, lower, bytes), {
    change: "lower_limit",
    request: { ...request, maxOutputTokens: 8_192 },
  });
  const renamed = refuse("parameter_refused", {
    name: "max_tokens",
    instead: "max_completion_tokens",
  });
  assert.deepEqual(await changeRequest(request, renamed, bytes), {
    change: "renamed_limit",
    request: { ...request, limitName: "max_completion_tokens" },
  });
});

Deno.test("an image that the provider could not read is sent as bytes", async () => {
  const unread = refuse("image_unreadable");
  assert.deepEqual(await changeRequest(request, unread, bytes), {
    change: "image_as_bytes",
    request: { ...request, imageUrl: "data:image/png;base64,AQID" },
  });
  const sent = { ...request, imageUrl: "data:image/png;base64,AQID" };
  assert.equal(await changeRequest(sent, unread, bytes), null);
  assert.equal(await changeRequest(request, unread, () => Promise.resolve(null)), null);
});

Deno.test("a request stays the same if no change helps or the refusal may be charged", async () => {
  const without = { ...request, structuredOutput: null };
  assert.equal(await changeRequest(without, refuse("schema_refused"), bytes), null);
  const refusals = [
    refuse("filtered"),
    refuse("unfit"),
    refuse("unavailable"),
    refuse("parameter_refused"),
    refuse("parameter_refused", { name: "usage" }),
    refuse("parameter_refused", { name: "max_tokens" }),
    refuse("parameter_refused", { name: "max_tokens", atMost: 3 }),
    refuse("parameter_refused", { name: "max_tokens", atMost: 20_000 }),
    { ...refuse("schema_refused"), charge: "unknown" as const },
  ];
  for (const refusal of refusals) {
    assert.equal(await changeRequest(request, refusal, bytes), null, JSON.stringify(refusal));
  }
});

const textRequest: TextRequest = {
  provider: "compatible",
  model: "m",
  prompt: "P",
  parameters: { temperature: 0, top_p: 0.5, seed: 7, max_tokens: 9_000 },
  structuredOutput: { schema: { type: "object" }, strict: true },
  prices: null,
  timeoutMs: 1_000,
};

Deno.test("a text request leaves out the refused parameter, or all of them if none is named", () => {
  const parametersAfter = (refused: Partial<RefusedParameter> | null) =>
    changeTextRequest(textRequest, refuse("parameter_refused", refused ?? undefined))?.parameters;
  assert.deepEqual(parametersAfter({ name: "temperature" }), {
    top_p: 0.5,
    seed: 7,
    max_tokens: 9_000,
  });
  assert.deepEqual(parametersAfter({ name: "random_seed" }), {
    temperature: 0,
    top_p: 0.5,
    max_tokens: 9_000,
  });
  assert.deepEqual(parametersAfter({}), { max_tokens: 9_000 });
  assert.deepEqual(parametersAfter(null), { max_tokens: 9_000 });
});

Deno.test("a text request lowers or renames its limit as the provider asks", () => {
  const lower = changeTextRequest(
    textRequest,
    refuse("parameter_refused", { name: "max_tokens", atMost: 8_192 }),
  );
  assert.equal(lower?.parameters.max_tokens, 8_192);
  const renamed = changeTextRequest(
    textRequest,
    refuse("parameter_refused", { name: "max_tokens", instead: "max_completion_tokens" }),
  );
  assert.equal(renamed?.limitName, "max_completion_tokens");
});

Deno.test("a text request stays the same if no change helps or the refusal may be charged", () => {
  const refusals = [
    refuse("parameter_refused", { name: "logprobs" }),
    refuse("parameter_refused", { name: "max_tokens" }),
    refuse("parameter_refused", { name: "max_tokens", atMost: 2 }),
    { ...refuse("parameter_refused", { name: "temperature" }), charge: "unknown" as const },
    refuse("unavailable"),
  ];
  for (const refusal of refusals) {
    assert.equal(changeTextRequest(textRequest, refusal), null, JSON.stringify(refusal));
  }
});
