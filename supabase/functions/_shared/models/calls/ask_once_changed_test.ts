import assert from "node:assert/strict";
import { askOnceChanged, changeTextRequest } from "./ask_once_changed.ts";
import type { CompletionOutcome, RefusedParameter, Rejection } from "./model_provider.ts";
import type { TextRequest } from "./text_model.ts";

const request: TextRequest = {
  provider: "compatible",
  model: "m",
  prompt: "P",
  parameters: { temperature: 0, top_p: 0.5, seed: 7, max_tokens: 9_000 },
  structuredOutput: { schema: { type: "object" }, strict: true },
  prices: null,
  timeoutMs: 1_000,
};

function refuse(
  refused: Partial<RefusedParameter> | null,
  change: Partial<Rejection> = {},
): Rejection {
  return {
    kind: "rejected",
    reason: "parameter_refused",
    message: "400",
    charge: "none",
    cost: null,
    ...refused === null ? {} : { refused: { name: null, atMost: null, instead: null, ...refused } },
    ...change,
  };
}

Deno.test("the parameter that was refused is left out, or all of them where none is named", () => {
  const parametersAfter = (refused: Partial<RefusedParameter> | null) =>
    changeTextRequest(request, refuse(refused))?.parameters;
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

Deno.test("the limit becomes what is allowed, or goes by the name that is asked for", () => {
  const lower = changeTextRequest(request, refuse({ name: "max_tokens", atMost: 8_192 }));
  assert.equal(lower?.parameters.max_tokens, 8_192);
  const renamed = changeTextRequest(
    request,
    refuse({ name: "max_tokens", instead: "max_completion_tokens" }),
  );
  assert.equal(renamed?.limitName, "max_completion_tokens");
});

Deno.test("nothing is changed that would not help, or was perhaps charged", () => {
  const refusals = [
    refuse({ name: "logprobs" }),
    refuse({ name: "max_tokens" }),
    refuse({ name: "max_tokens", atMost: 2 }),
    refuse({ name: "temperature" }, { charge: "unknown" }),
    refuse(null, { reason: "unavailable" }),
  ];
  for (const refusal of refusals) {
    assert.equal(changeTextRequest(request, refusal), null, JSON.stringify(refusal));
  }
});

Deno.test("a refused call is made once more, and not again", async () => {
  const sent: TextRequest[] = [];
  const models = (outcomes: readonly CompletionOutcome[]) => ({
    probe: () => Promise.resolve(null),
    complete: (request: TextRequest) => {
      const outcome = outcomes[sent.length];
      sent.push(request);
      assert.ok(outcome !== undefined);
      return Promise.resolve({ outcome, pauseMs: null });
    },
  });
  const both = models([
    refuse(null, { reason: "schema_refused" }),
    refuse({ name: "temperature" }),
  ]);
  const { outcome } = await askOnceChanged(both, request, new AbortController().signal);
  assert.equal(outcome.kind, "rejected");
  assert.deepEqual(sent.map(({ structuredOutput }) => structuredOutput === null), [false, true]);
});
