import assert from "node:assert/strict";
import { z } from "zod";
import { defaultModels } from "../scripts/services/openrouter/catalogue.ts";
import { readSnippet } from "../scripts/support/read_snippet.ts";
import { TestStack } from "../scripts/testing/stack.ts";
import { waitFor } from "../scripts/testing/wait_for.ts";

const PLAYED = ["GOOGLE", "MISTRAL", "GROQ", "CEREBRAS"];
const test = await TestStack.start({
  env: Object.fromEntries(PLAYED.map((name) => [`DEBUG_MOCK_${name}`, "true"])),
});
Deno.test.afterAll(async () => await test[Symbol.asyncDispose]());

const SNIPPETS = readSnippet(await Deno.readTextFile("supabase/snippets/models.sql"));

/** Returns the date this many days from today, as lists write it. */
function day(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
}

/** Calls models-sync and waits until the list of each provider with a key was requested. */
async function sync(): Promise<void> {
  const [{ before }] = await test.sql<[{ before: Date }]>`select clock_timestamp() as before`;
  const { status } = await test.call("models-sync", {});
  assert.equal(status, 202);
  await waitFor("the lists to be read", async () => {
    const [row] = await test.sql`
      select bool_and(coalesce(tried_at > ${before}, false)) as done from private.providers`;
    return row?.["done"] === true;
  });
}

async function runSnippet(number: number): Promise<readonly Record<string, unknown>[]> {
  const query = SNIPPETS.find((snippet) => snippet.number === number);
  assert.ok(query);
  return await test.sql.unsafe(query.sql);
}

async function changesOf(model: string): Promise<[string, unknown][]> {
  const rows = await test.sql`
    select kind, new from public.report_model_changes where model_id = ${model} order by kind`;
  return rows.map(({ kind, new: value }) => [kind, value]);
}

const problemSchema = z.object({
  errors: z.array(z.object({ path: z.string(), code: z.string(), message: z.string() })),
});

/** Orders a draft. Returns the answer, or the problem's errors. */
async function checkout(models: readonly string[]) {
  const customer = await test.customer();
  const draft_id = await test.draft(customer, { models, images: 1, runsPerModel: 1 });
  const { data, error } = await customer.client.functions.invoke("checkout", {
    body: { draft_id },
  });
  if (error === null) return { order: data, errors: [] };
  assert.ok(error.context instanceof Response);
  return { order: null, errors: problemSchema.parse(await error.context.json()).errors };
}

const LUNA = "openai/gpt-6-luna";
const GONE = "moonshotai/kimi-k2.6";
const ENDING = "qwen/qwen3.7-plus";
const LAST_DAY = "x-ai/grok-4.3";

function modelOf(id: string) {
  const found = defaultModels.find((model) => model.id === id);
  assert.ok(found);
  return found;
}

Deno.test("models-sync cannot be started without the secret key", async () => {
  assert.equal((await test.call("models-sync", {}, "sb_secret_wrong")).status, 401);
});

Deno.test("a model whose provider has no key here cannot be ordered", async () => {
  await sync();
  const [anthropic] = await test.sql`
    select is_configured from private.providers where name = 'anthropic'`;
  assert.equal(anthropic?.["is_configured"], false);
  await test.sql`insert into public.models
    (id, name, provider, tier, base_url_key, input_price, output_price, cached_input_price, context_length)
    values ('anthropic/claude-opus-5-5', 'Claude Opus 5.5', 'Anthropic', 'premium', 'anthropic', 0.000004,
      0.00002, 0.0000002, 1000000)`;
  const { data } = await test.anonymous().from("models").select("id,orderable")
    .in("id", ["anthropic/claude-opus-5-5", LUNA, "groq/openai/gpt-oss-20b"]).order("id");
  assert.deepEqual(data, [
    { id: "anthropic/claude-opus-5-5", orderable: false },
    { id: "groq/openai/gpt-oss-20b", orderable: false },
    { id: LUNA, orderable: true },
  ]);
  const { errors } = await checkout(["anthropic/claude-opus-5-5"]);
  assert.deepEqual(errors.map(({ code, message }) => [code, message]), [[
    "no_key",
    "Claude Opus 5.5 cannot be called here: anthropic has no key. " +
    "Choose Claude Opus 5.5 (anthropic/claude-opus-5.5) instead.",
  ]]);
});

Deno.test("one sync applies a price, a new model, two ends and a removal, and passes over a provider that fails", async () => {
  const [{ dawn }] = await test.sql<[{ dawn: Date }]>`select clock_timestamp() as dawn`;
  await test.control("openrouter", "models", {
    removed: [GONE],
    models: [
      {
        ...modelOf(LUNA),
        inputPrice: 0.2e-6,
        longContext: {
          above: 200_000,
          inputPrice: 0.3e-6,
          cachedInputPrice: 0.03e-6,
          outputPrice: 0.9e-6,
        },
      },
      { ...modelOf(ENDING), expirationDate: day(40) },
      { ...modelOf(LAST_DAY), expirationDate: day(1) },
      { ...modelOf(LUNA), id: "openai/gpt-7-luna", name: "GPT-7 Luna" },
    ],
  });
  await test.control("groq", "behaviour", { lists: "unavailable" });
  await sync();

  assert.deepEqual(await changesOf(LUNA), [
    ["long_context", {
      long_context_above: 200_000,
      long_context_input_price: 0.0000003,
      long_context_cached_input_price: 0.00000003,
      long_context_output_price: 0.0000009,
    }],
    ["price", { input_price: 0.0000002, cached_input_price: 0.00000001, output_price: 0.0000005 }],
  ]);
  const history = await test.sql`
    select trim_scale(input_per_million)::text as input, long_context_above, valid_to is null as holds
    from public.model_prices where model = ${LUNA} order by valid_from`;
  assert.deepEqual([...history], [
    { input: "0.1", long_context_above: 272_000, holds: false },
    { input: "0.2", long_context_above: 200_000, holds: true },
  ]);
  assert.deepEqual(await changesOf(ENDING), [
    ["end", { retires_at: day(40) }],
    ["successor", { successor: "qwen/qwen3-vl-235b-a22b-instruct" }],
  ]);
  assert.deepEqual((await changesOf(GONE)).map(([kind]) => kind), ["listing", "successor"]);
  assert.deepEqual((await changesOf("openai/gpt-7-luna")).map(([kind]) => kind), ["added"]);
  const touched = await test.sql`
    select distinct provider from private.model_changes where created_at > ${dawn}`;
  assert.deepEqual([...touched], [{ provider: "openrouter" }]);
  const [groq] = await test.sql`
    select error, listed_at < tried_at as is_older from private.providers where name = 'groq'`;
  assert.match(groq?.["error"], /503/);
  assert.equal(groq?.["is_older"], true);

  const changed = await runSnippet(1);
  assert.deepEqual(
    changed.filter(({ model_id }) => model_id === LUNA).map(({ was, is_now }) => [was, is_now]),
    [
      ["above 272000 tokens / 0.2 / 0.02 / 0.75", "above 200000 tokens / 0.3 / 0.03 / 0.9"],
      ["0.1 / 0.01 / 0.5", "0.2 / 0.01 / 0.5"],
    ],
  );
  const waiting = (await runSnippet(2)).map(({ id }) => String(id));
  assert.deepEqual(waiting.filter((id) => !id.startsWith("mistral/")), ["openai/gpt-7-luna"]);
  assert.ok(waiting.includes("mistral/mistral-small-2603"), "the first day found Mistral's own");
  assert.deepEqual(
    (await runSnippet(3)).map(({ id, hindrance }) => [id, hindrance])
      .filter(([, hindrance]) => hindrance !== "no_key"),
    [[LAST_DAY, "ending"], [ENDING, null], [GONE, "unlisted"]],
  );
  const read = await runSnippet(4);
  assert.match(String(read.find(({ name }) => name === "groq")?.["error"]), /503/);
});

Deno.test("checkout refuses models that are gone, end soon or wait for approval, and names what to choose", async () => {
  const { errors } = await checkout([
    GONE,
    LAST_DAY,
    "openai/gpt-7-luna",
    "google/gemini-3.8-flash",
  ]);
  assert.deepEqual(errors.map(({ path, code }) => [path, code]), [
    ["configuration.model_ids.0", "unlisted"],
    ["configuration.model_ids.1", "ending"],
    ["configuration.model_ids.2", "inactive"],
  ]);
  for (const { message } of errors) assert.match(message, / Choose .+ \(.+\/.+\) instead\.$/);
  const { data } = await test.anonymous().from("models").select("id").eq("orderable", true);
  const orderable = new Set((data ?? []).map(({ id }) => id));
  assert.ok(orderable.has(ENDING) && orderable.has("google/gemini-3.8-flash"));
  for (const id of [GONE, LAST_DAY, "openai/gpt-7-luna"]) {
    assert.equal(orderable.has(id), false, id);
  }
});

Deno.test("an order freezes its models' prices of long inputs", async () => {
  const { order } = await checkout([LUNA]);
  const [row] = await test.sql`
    select config_snapshot #> '{models,0,long_context}' as prices from public.report_orders
    where report_id = ${order.report_id}`;
  assert.deepEqual(row?.["prices"], {
    above: 200_000,
    input: 0.3e-6,
    cached_input: 0.03e-6,
    output: 0.9e-6,
  });
});

Deno.test("checkout and report warn of a model that ends within 60 days", async () => {
  const customer = await test.customer();
  const draft = await test.draft(customer, { models: [LUNA, ENDING], images: 1, runsPerModel: 1 });
  const { data, error } = await customer.client.functions.invoke("checkout", {
    body: { draft_id: draft },
  });
  assert.equal(error, null);
  const text = `Qwen3.7 Plus ends on ${day(40)}. Qwen3 VL 235B follows it.`;
  assert.deepEqual(
    data.warnings.filter(({ code }: { code: string }) => code === "ends_soon"),
    [{ path: "configuration.model_ids.1", code: "ends_soon", message: text }],
  );
  await test.pay(data.checkout_url);
  assert.equal((await test.ended(data.report_id)).status, "complete");
  const [report] = await test.sql`
    select summary -> 'endings' as endings from public.reports where id = ${data.report_id}`;
  assert.deepEqual(report?.["endings"], [
    { modelId: ENDING, retiresAt: day(40), successor: "Qwen3 VL 235B", text },
  ]);
});

Deno.test("checkout reads a list again that is an hour old, and a failure changes nothing", async () => {
  await test.control("openrouter", "models", { models: [modelOf(GONE)], removed: [ENDING] });
  assert.deepEqual((await checkout([GONE])).errors.map(({ code }) => code), ["unlisted"]);
  const age = () =>
    test
      .sql`update private.providers set listed_at = now() - interval '61 minutes' where name = 'openrouter'`;
  await age();
  await test.behave({ lists: "empty" });
  assert.deepEqual((await checkout([ENDING])).errors, [], "no answer, no change");
  await test.behave({});
  await test
    .sql`update private.providers set tried_at = now() - interval '6 minutes' where name = 'openrouter'`;
  assert.deepEqual((await checkout([ENDING])).errors.map(({ code }) => code), ["unlisted"]);
  assert.deepEqual((await checkout([GONE])).errors, [], "what is back can be ordered");
  const kinds = (await changesOf(GONE)).map(([kind, value]) => [kind, value]);
  assert.deepEqual(kinds.filter(([kind]) => kind === "listing").at(-1), [
    "listing",
    { unavailable_since: null },
  ]);
});

Deno.test("Mistral's list sets ends and successors", async () => {
  await test.sql`
    update public.models set active = true
    where id in ('mistral/mistral-small-2603', 'mistral/mistral-medium-3-5')`;
  await test.control("groq", "behaviour", { lists: "whole" });
  await test.control("groq", "models", {
    models: [{
      ...modelOf("mistralai/mistral-small-2603"),
      expirationDate: day(90),
      replacement: "mistral-medium-3-5",
    }],
  });
  await sync();
  const [small] = await test.sql`
    select to_char(retires_at, 'YYYY-MM-DD') as ends, successor, orderable from public.models
    where id = 'mistral/mistral-small-2603'`;
  assert.deepEqual(small, {
    ends: day(90),
    successor: "mistral/mistral-medium-3-5",
    orderable: true,
  });
});

Deno.test("a sync that fails midway changes nothing", async () => {
  const before = await test
    .sql`select id, input_price, unavailable_since from public.models order by id`;
  await assert.rejects(
    test.sql`select private.apply_model_list('openrouter', ${[LUNA, GONE]}, ${
      test.sql.json([{ id: LUNA, input_price: "9", reasoning: "sometimes", source: "test" }])
    })`,
  );
  const after = await test
    .sql`select id, input_price, unavailable_since from public.models order by id`;
  assert.deepEqual([...after], [...before]);
});
