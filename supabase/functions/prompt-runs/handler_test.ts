import assert from "node:assert/strict";
import type { Clock } from "../_shared/platform/clock.ts";
import { notFound } from "../_shared/platform/http/problem.ts";
import { createLogger } from "../_shared/platform/logger.ts";
import type { RunPage } from "../_shared/prompts/prompt_run.ts";
import type { NewPromptRun, PromptRunStore } from "../_shared/prompts/store.ts";
import { NO_TEAMS } from "../_shared/testing/account_access_fake.ts";
import { createHandler, type PromptRunsDeps } from "./handler.ts";

const USER = "4f7c1f0e-2a4b-4c8d-9e10-5b6a7c8d9e0f";
const ID = "11111111-2a4b-4c8d-9e10-5b6a7c8d9e0f";
const VERSION = "22222222-2a4b-4c8d-9e10-5b6a7c8d9e0f";

function makePage(completedAt: string | null, cell_count: number): RunPage {
  return {
    run: {
      id: ID,
      name: "",
      status: completedAt === null ? "running" : "complete",
      error: null,
      prompt_version_id: VERSION,
      dataset_id: null,
      grader_version_id: null,
      grader: null,
      parameters: {},
      repeats: 1,
      use_cache: false,
      cell_count,
      estimated_cost_usd: 0,
      cost_ceiling_usd: 7,
      spent_usd: 0,
      written_off_usd: 0,
      created_at: "2026-11-21T20:00:00Z",
      started_at: null,
      completed_at: completedAt,
    },
    models: [],
    cells: [],
  };
}

interface Harness {
  readonly call: (method: string, path: string, body?: unknown, key?: string) => Promise<Response>;
  readonly opened: { readonly run: NewPromptRun; readonly key: string | null }[];
  readonly looks: number;
}

/** @param endsAfter number of polls after which the run has ended */
function makeHarness(
  { rows = 1, endsAfter = 1, catalogue = {} }: {
    rows?: number;
    endsAfter?: number;
    catalogue?: Partial<PromptRunsDeps["catalogue"]>;
  } = {},
): Harness {
  const opened: { run: NewPromptRun; key: string | null }[] = [];
  let looks = 0;
  const refuse = () => Promise.reject(notFound("The run"));
  const runs: PromptRunStore = {
    findOpened: () => Promise.resolve(null),
    openRun: (_, run, key) => {
      opened.push({ run, key });
      return Promise.resolve({ runId: ID, isNew: true });
    },
    findMissingField: () => Promise.resolve(null),
    getRun: () =>
      Promise.resolve(makePage(++looks >= endsAfter ? "2026-11-21T20:00:09Z" : null, rows)),
    compareRuns: refuse,
    cancelRun: refuse,
    resumeRun: refuse,
    retryFailedCells: refuse,
  };
  let now = 0;
  // Waiting takes no real time.
  const clock: Clock = {
    now: () => now,
    after: (ms, run) => {
      now += ms;
      queueMicrotask(run);
      return () => {};
    },
  };
  const handler = createHandler({
    accounts: NO_TEAMS,
    lookUpUser: () => Promise.resolve({ id: USER, email: undefined }),
    runs,
    catalogue: {
      findPrompt: () =>
        Promise.resolve({ version_id: VERSION, type: "task", body: "Hi", placeholders: [] }),
      findDataset: () => Promise.resolve({ columns: [], row_count: rows }),
      measureFields: () => Promise.resolve(new Map()),
      findPrices: (names) =>
        Promise.resolve(names.map(() => ({ input: 1e-6, cached_input: 1e-6, output: 1e-6 }))),
      findEfforts: (names) => Promise.resolve(names.map(() => null)),
      readCeilings: () => Promise.resolve({ usual: 7, highest: 15 }),
      ...catalogue,
    },
    lists: { isConfigured: () => true, hasModel: () => Promise.resolve(null) },
    clock,
    origins: [],
    log: createLogger({ name: "prompt-runs", write: () => {} }),
  });
  return {
    opened,
    get looks() {
      return looks;
    },
    call: (method, path, body, key) =>
      handler(
        new Request(`http://127.0.0.1/prompt-runs${path}`, {
          method,
          headers: {
            authorization: "Bearer token",
            ...body === undefined ? {} : { "content-type": "application/json" },
            ...key === undefined ? {} : { "idempotency-key": key },
          },
          ...body === undefined ? {} : { body: JSON.stringify(body) },
        }),
      ),
  };
}

const RUN = { prompt_id: ID, models: [{ provider: "groq", model: "small" }] };

Deno.test("a run is opened with the current prices, a reservation for each call, and the idempotency key", async () => {
  const { call, opened } = makeHarness();
  const response = await call("POST", "", RUN, "once");
  assert.equal(response.status, 202);
  const [only] = opened;
  assert.equal(only?.key, "once");
  assert.deepEqual(only?.run.models.map(({ label, input_price }) => [label, input_price]), [
    ["small", 1e-6],
  ]);
  assert.ok((only?.run.models[0]?.reservation_usd ?? 0) > (only?.run.estimated_cost_usd ?? NaN));
  assert.deepEqual(only?.run.parameters, {});
  assert.equal(only?.run.cost_ceiling_usd, 7);
});

Deno.test("`?wait=true` answers when the run ends, and 202 for a run that is large or takes too long", async () => {
  const soon = makeHarness({ endsAfter: 5 });
  assert.equal((await soon.call("POST", "?wait=true", RUN)).status, 200);
  assert.equal(soon.looks, 6);
  const never = makeHarness({ endsAfter: Infinity });
  assert.equal((await never.call("POST", "?wait=true", RUN)).status, 202);
  assert.ok(never.looks > 50, "it polled for a minute");
  const large = makeHarness({ rows: 201 });
  const response = await large.call("POST", "?wait=true", { ...RUN, dataset_id: ID });
  assert.deepEqual([response.status, large.looks], [202, 1]);
});

Deno.test("a model without a price runs, unless the caller asks for a cost ceiling", async () => {
  const { call, opened } = makeHarness({
    catalogue: { findPrices: (names) => Promise.resolve(names.map(() => null)) },
  });
  assert.equal((await call("POST", "", RUN)).status, 202);
  assert.equal(opened[0]?.run.estimated_cost_usd, null);
  const refused = await call("POST", "", { ...RUN, cost_ceiling_usd: 5 });
  assert.equal(refused.status, 422);
  assert.equal((await refused.json()).errors[0].code, "unpriced");
});

Deno.test("unknown addresses answer 404, wrong methods 405 and bad queries 422", async () => {
  const { call } = makeHarness();
  const table: [method: string, path: string, status: number][] = [
    ["GET", "", 405],
    ["POST", `/${ID}`, 405],
    ["GET", `/${ID}/cancel`, 405],
    ["POST", `/compare?before=${ID}&after=${ID}`, 405],
    ["POST", `/${ID}/export`, 405],
    ["POST", `/${ID}/burn`, 404],
    ["GET", `/${ID}/export/csv`, 404],
    ["GET", "/nobody", 404],
    ["GET", `/${ID}?limit=0`, 422],
    ["GET", `/${ID}?page=2`, 422],
    ["GET", `/${ID}/export?format=xls`, 422],
    ["GET", "/compare?before=1&after=2", 422],
    ["DELETE", `/${ID}`, 405],
  ];
  for (const [method, path, status] of table) {
    assert.equal((await call(method, path)).status, status, `${method} ${path}`);
  }
});

Deno.test("a model at two efforts is two models of a run at one price, and an unsupported effort is refused", async () => {
  const priced: string[] = [];
  const { call, opened } = makeHarness({
    catalogue: {
      findPrices: (names) => {
        priced.push(...names.map(({ model }) => model));
        return Promise.resolve(
          names.map(() => ({ input: 1e-6, cached_input: 1e-6, output: 1e-6 })),
        );
      },
      findEfforts: (names) =>
        Promise.resolve(names.map(({ model }) =>
          model === "new" ? null : {
            id: `groq/${model}`,
            name: model,
            reasoning: "mandatory",
            reasoning_efforts: ["low", "high"],
          }
        )),
    },
  });
  const models = (...names: string[]) => names.map((model) => ({ provider: "groq", model }));
  const taken = await call("POST", "", {
    ...RUN,
    models: models("gpt-oss#low", "gpt-oss#high", "new#max"),
  });
  assert.equal(taken.status, 202);
  assert.deepEqual(opened[0]?.run.models.map(({ model, label }) => [model, label]), [
    ["gpt-oss#low", "gpt-oss#low"],
    ["gpt-oss#high", "gpt-oss#high"],
    ["new#max", "new#max"],
  ]);
  assert.deepEqual(priced, ["gpt-oss", "gpt-oss", "new"]);

  const refused = await call("POST", "", { ...RUN, models: models("gpt-oss#none", "gpt-oss#max") });
  assert.equal(refused.status, 422);
  const { errors } = await refused.json();
  assert.deepEqual(
    errors.map(({ path, code, message }: Record<string, string>) => [path, code, message]),
    [
      ["models.0.model", "effort", "gpt-oss always thinks. It takes low, high."],
      ["models.1.model", "effort", "gpt-oss does not take the effort max. It takes low, high."],
    ],
  );
});
