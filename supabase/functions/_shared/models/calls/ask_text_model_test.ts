import assert from "node:assert/strict";
import { askTextModel } from "./ask_text_model.ts";
import type { CompletionOutcome, RefusedParameter, Rejection, TextRequest } from "./model_call.ts";

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

Deno.test("a refused call is made once more with a change, and not a third time", async () => {
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
  const { outcome } = await askTextModel(both, request, null, {
    signal: new AbortController().signal,
    timeLeftMs: () => 1_000,
  });
  assert.equal(outcome.kind, "rejected");
  assert.deepEqual(sent.map(({ structuredOutput }) => structuredOutput === null), [false, true]);
});
