import assert from "node:assert/strict";
import fc from "fast-check";
import type { z } from "zod";
import {
  accuracyToleranceOf,
  checkoutRequestSchema,
  type Configuration,
  configurationFromDraft,
  configurationSchema,
  draftRowSchema,
  PRIORITIES,
} from "./configuration.ts";
import { configSnapshotSchema } from "./snapshot.ts";

const owner = "11111111-1111-1111-1111-111111111111";
const configuration: Configuration = {
  prompt: "Read the receipt.",
  json_schema: { type: "object" },
  images: [{ path: `${owner}/receipt.png`, expected: { total: 12.5 } }],
  model_ids: ["openai/gpt-6-luna"],
  priorities: ["accuracy", "cost", "speed"],
  runs_per_model: 3,
  strategy: "full",
  minimum_accuracy: 60,
  data_collection: "allow",
  zdr: false,
};

function paths(error: z.ZodError | undefined): string[] {
  return error?.issues.map(({ path }) => path.join(".")) ?? [];
}

/** The fields of a checkout request that are refused. */
function invalidFields(change: Record<string, unknown>): string[] {
  const body = { configuration: { ...configuration, ...change } };
  const { error } = checkoutRequestSchema.safeParse(body);
  return paths(error);
}

Deno.test("a whole configuration and a draft's id are both a checkout request", () => {
  assert.deepEqual(checkoutRequestSchema.parse({ configuration }), {
    configuration,
    fit_images: false,
    price_id: undefined,
    use_credit: true,
  });
  const chosen = { draft_id: owner, fit_images: true, price_id: "five", use_credit: false };
  assert.deepEqual(checkoutRequestSchema.parse(chosen), chosen);
});

Deno.test("a checkout request with both, neither or something else is refused", () => {
  for (
    const body of [{ configuration, draft_id: owner }, {}, { draft_id: "x" }, null, [], "x", {
      draft_id: owner,
      owner_id: owner,
    }]
  ) {
    assert.equal(checkoutRequestSchema.safeParse(body).success, false, JSON.stringify(body));
  }
});

const image = configuration.images[0];
const refusals: [string, Record<string, unknown>, string[]][] = [
  ["no image", { images: [] }, ["configuration.images"]],
  ["51 images", { images: Array(51).fill(image) }, ["configuration.images"]],
  ["no model", { model_ids: [] }, ["configuration.model_ids"]],
  ["13 models", { model_ids: Array.from({ length: 13 }, (_, n) => `m${n}`) }, [
    "configuration.model_ids",
  ]],
  ["a model twice", { model_ids: ["a", "a"] }, ["configuration.model_ids"]],
  ["no run", { runs_per_model: 0 }, ["configuration.runs_per_model"]],
  ["a strategy of their own", { strategy: "sprint" }, ["configuration.strategy"]],
  ["less than nothing right", { minimum_accuracy: -1 }, ["configuration.minimum_accuracy"]],
  ["more than all right", { minimum_accuracy: 101 }, ["configuration.minimum_accuracy"]],
  ["11 runs", { runs_per_model: 11 }, ["configuration.runs_per_model"]],
  ["half a run", { runs_per_model: 1.5 }, ["configuration.runs_per_model"]],
  ["a blank prompt", { prompt: " \n" }, ["configuration.prompt"]],
  ["a schema that is no object", { json_schema: [] }, ["configuration.json_schema"]],
  ["a priority missing", { priorities: ["cost", "speed"] }, ["configuration.priorities"]],
  ["a priority twice", { priorities: ["cost", "cost", "speed"] }, ["configuration.priorities"]],
  ["an unknown priority", { priorities: ["cost", "speed", "taste"] }, [
    "configuration.priorities.2",
  ]],
  ["no expected answer", { images: [image, { path: "a/b.png" }] }, [
    "configuration.images.1.expected",
  ]],
  ["a path that leaves the folder", { images: [{ path: "a/../b.png", expected: 1 }] }, [
    "configuration.images.0.path",
  ]],
  ["an absolute path", { images: [{ path: "/a/b.png", expected: 1 }] }, [
    "configuration.images.0.path",
  ]],
];
for (const [what, change, fields] of refusals) {
  Deno.test(`a configuration with ${what} is refused at ${fields.join()}`, () => {
    assert.deepEqual(invalidFields(change), fields);
  });
}

Deno.test("a configuration at each limit is accepted", () => {
  assert.deepEqual(
    invalidFields({
      images: Array(50).fill(image),
      model_ids: Array.from({ length: 12 }, (_, n) => `m${n}`),
      runs_per_model: 10,
    }),
    [],
  );
});

Deno.test("priorities are accepted exactly when they are a permutation of the three", () => {
  const rankings = fc.array(fc.constantFrom(...PRIORITIES), { maxLength: 4 });
  fc.assert(fc.property(rankings, (ranking) => {
    const isPermutation = [...ranking].sort().join() === "accuracy,cost,speed";
    assert.equal(invalidFields({ priorities: ranking }).length === 0, isPermutation);
  }));
});

Deno.test("an expected answer keeps a field named __proto__", () => {
  const expected: unknown = JSON.parse('{"__proto__": 1}');
  const parsed = configurationSchema.parse({
    ...configuration,
    images: [{ path: "a/b.png", expected }],
  });
  assert.equal(JSON.stringify(parsed.images[0]?.expected), '{"__proto__":1}');
});

const draftRow = {
  id: owner,
  owner_id: owner,
  name: null,
  upload_data: { images: configuration.images },
  prompt: configuration.prompt,
  json_schema: configuration.json_schema,
  model_ids: configuration.model_ids,
  priorities: configuration.priorities,
  runs_per_model: configuration.runs_per_model,
  strategy: configuration.strategy,
  minimum_accuracy: configuration.minimum_accuracy,
  data_collection: configuration.data_collection,
  zdr: configuration.zdr,
  created_at: "2026-01-01T00:00:00Z",
};

Deno.test("the default minimum accuracy is 50 percent", () => {
  const { minimum_accuracy: _, ...silent } = configuration;
  assert.equal(configurationSchema.parse(silent).minimum_accuracy, 50);
});

Deno.test("a lower rank of accuracy allows a larger gap at a lower confidence", () => {
  const orders = [
    ["accuracy", "cost", "speed"],
    ["cost", "accuracy", "speed"],
    ["speed", "cost", "accuracy"],
  ] as const;
  assert.deepEqual(
    orders.map(accuracyToleranceOf).map(({ accuracy_margin, accuracy_confidence }) => [
      accuracy_margin,
      accuracy_confidence,
    ]),
    [[2, 80], [11, 75], [20, 75]],
  );
});

Deno.test("a finished draft is a configuration", () => {
  const draft = draftRowSchema.parse(draftRow);
  assert.deepEqual(configurationSchema.parse(configurationFromDraft(draft)), configuration);
});

Deno.test("an unfinished draft is a valid row but not a valid configuration", () => {
  const draft = draftRowSchema.parse({
    ...draftRow,
    upload_data: {},
    prompt: null,
    json_schema: null,
    model_ids: [],
  });
  const { error } = configurationSchema.safeParse(configurationFromDraft(draft));
  assert.deepEqual(paths(error), [
    "prompt",
    "json_schema",
    "images",
    "model_ids",
  ]);
});

Deno.test("a snapshot survives JSON unchanged, and other versions are refused", () => {
  const snapshot = {
    version: 1,
    prompt: configuration.prompt,
    json_schema: configuration.json_schema,
    priorities: configuration.priorities,
    runs_per_model: 2,
    strategy: "race",
    looks: [8],
    max_output_tokens: 2048,
    images: configuration.images,
    models: [{
      id: "openai/gpt-6-luna",
      name: "GPT-6 Luna",
      provider: "openai",
      tier: "budget",
      base_url_key: "openrouter",
      input_price: 1.5e-7,
      output_price: 6e-7,
      cached_input_price: 7.5e-8,
      image_price: 0,
      context_length: 128_000,
      supports_structured_output: true,
      estimated_cost: 0.004,
      reserved_cost: 0.01,
    }],
  };
  assert.deepEqual(configSnapshotSchema.parse(JSON.parse(JSON.stringify(snapshot))), snapshot);
  assert.equal(configSnapshotSchema.safeParse({ ...snapshot, version: 2 }).success, false);
});
