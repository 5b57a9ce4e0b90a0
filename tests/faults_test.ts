import assert from "node:assert/strict";
import { z } from "zod";
import { TestStack } from "../scripts/testing/stack.ts";
import { waitFor } from "../scripts/testing/wait_for.ts";

const MODEL = "openai/gpt-6-luna";
const test = await TestStack.start({ env: { PROVIDER_TIMEOUT_SECONDS: "5" } });
Deno.test.afterAll(async () => await test[Symbol.asyncDispose]());

const statsSchema = z.object({
  models: z.record(
    z.string(),
    z.object({ calls: z.number(), outcomes: z.record(z.string(), z.number()) }),
  ),
});

/** Calls of the model that the simulated service received. */
async function seen() {
  const { models } = statsSchema.parse(await test.inspect("openrouter", "stats"));
  return models[MODEL] ?? { calls: 0, outcomes: {} };
}

async function order(images: number, runsPerModel: number): Promise<string> {
  return await test.order(await test.customer(), { models: [MODEL], images, runsPerModel });
}

Deno.test("429, 500, 502, a broken line and an error inside HTTP 200 are tried again until they pass", async () => {
  const script = ["rate_limited", "server_error", "bad_gateway", "error_in_body", "disconnect"];
  await test.behave({ retryAfterSeconds: 0.05, script });
  const id = await order(2, 2);
  const report = await test.ended(id);
  assert.equal(report.status, "complete");
  assert.deepEqual(await test.runs(id), { complete: 4 });
  const { outcomes } = await seen();
  assert.deepEqual(outcomes, { ok: 4, ...Object.fromEntries(script.map((fault) => [fault, 1])) });
});

Deno.test("an account without credit parks its provider, and the report goes on at the operator's word", async () => {
  await test.behave({ rates: { payment_required: 1 } });
  const id = await order(4, 5);
  const [parked] = await waitFor("the provider to be parked", async () => {
    const rows = await test.sql`select reason, jobs_waiting from public.report_parked`;
    const runs = await test.runs(id);
    return rows.length > 0 && runs["queued"] === 20 && rows;
  });
  assert.match(parked?.["reason"], /402|credit/i);
  assert.ok((await seen()).calls <= 6, "no call after the first refusals");
  assert.equal((await test.report(id)).status, "running");
  await test.control("openrouter", "behaviour", { rates: {} });
  await test.sql`select public.resume_provider('openrouter')`;
  await test.sql`select private.sweep_queue()`;
  assert.equal((await test.ended(id)).status, "complete");
  assert.deepEqual(await test.runs(id), { complete: 20 });
});

Deno.test("seconds of broken connections cost no more than the calls in flight and those that ask again", async () => {
  await test.behave({ medianMs: 100 });
  const id = await order(16, 5);
  await waitFor("the first run", async () => (await test.runs(id))["complete"] !== undefined);
  await test.control("openrouter", "behaviour", { rates: { disconnect: 1 } });
  await waitFor("the provider to be paused three times", async () => {
    const [row] = await test.sql`select pauses from private.provider_circuits where lane = ''`;
    return row !== undefined && row["pauses"] >= 3;
  });
  await test.control("openrouter", "behaviour", { rates: {} });
  assert.equal((await test.ended(id)).status, "complete");
  assert.deepEqual(await test.runs(id), { complete: 80 });
  const [ledger] = await test.sql`select count(*)::int as lost
    from private.cost_ledger where group_id = ${id} and state = 'written_off'`;
  assert.ok(ledger?.["lost"] <= 3 + 4, `${ledger?.["lost"]} calls written off`);
});

Deno.test("garbage and refusals count as answers, with nothing right in them", async () => {
  await test.behave({ script: ["malformed", "refusal"] });
  const id = await order(2, 1);
  const report = await test.ended(id);
  assert.equal(report.status, "complete");
  const runs = await test.sql<{ status: string; is_valid_json: boolean | null; cost: number }[]>`
    select status, is_valid_json, actual_cost::float8 as cost from public.benchmark_runs
    where report_id = ${id}`;
  assert.ok(runs.every(({ is_valid_json, cost }) => is_valid_json !== true && cost > 0));
});

Deno.test("an image that moderation keeps from a model counts as one it read nothing of", async () => {
  await test.behave({ script: ["forbidden"] });
  const id = await order(2, 1);
  const report = await test.ended(id);
  assert.equal(report.status, "complete");
  const runs = await test.sql<Record<string, unknown>[]>`
    select status, error_kind, field_accuracy::float8 as accuracy, response_time_ms::int as ms
    from public.benchmark_runs where report_id = ${id} and error_kind is not null`;
  assert.deepEqual(runs.map((run) => ({ ...run })), [
    { status: "complete", error_kind: "filtered", accuracy: 0, ms: null },
  ]);
  assert.equal((await seen()).calls, 2);
});

Deno.test("a model that never answers costs its report time and its reservation, never the ceiling", async () => {
  await test.behave({ script: ["hang"], hangMs: 600_000 });
  const id = await order(1, 2);
  const report = await test.ended(id);
  assert.equal(report.status, "complete");
  assert.deepEqual(await test.runs(id), { complete: 2 });
  const [ledger] = await test.sql`
    select count(*) filter (where state = 'written_off')::int as lost,
      count(*) filter (where state = 'settled')::int as settled
    from private.cost_ledger where group_id = ${id}`;
  assert.deepEqual({ ...ledger }, { lost: 1, settled: 2 });
});

Deno.test("a killed worker's runs are done again by the next, each recorded and charged once", async () => {
  await test.behave({
    script: Array.from({ length: 16 }, (_, call) => call < 4 ? "ok" : "hang"),
  });
  const id = await order(4, 4);
  await waitFor("some runs to be under way", async () => {
    const runs = await test.runs(id);
    return (runs["running"] ?? 0) > 0 && (runs["complete"] ?? 0) > 0;
  });
  await test.behave({});
  await test.killWorkers("benchmark-worker");
  await waitFor("the report to end", async () => {
    await test.sql`select private.sweep_queue()`;
    return (await test.report(id)).status === "complete";
  });
  assert.deepEqual(await test.runs(id), { complete: 16 });
  const [costs] = await test.sql`
    select g.spent_usd::float8 as spent, g.reserved_usd::float8 as reserved,
      (select sum(actual_cost)::float8 from public.benchmark_runs where report_id = ${id}) as runs
    from private.job_groups g where g.id = ${id}`;
  assert.equal(costs?.reserved, 0);
  assert.ok(Math.abs(costs?.spent - costs?.runs) < 1e-9);
});

Deno.test("an e-mail service that is down harms no report, and the e-mail goes out later", async () => {
  await test.behave({});
  await test.control("resend", "behaviour", { failureRate: 1, status: 500 });
  const id = await order(1, 1);
  const report = await test.ended(id);
  assert.equal(report.status, "complete");
  await waitFor("the first try to fail", async () => {
    const [job] = await test.sql`
      select last_error from private.job_queue where kind = 'report_email'`;
    return job?.last_error;
  });
  await test.control("resend", "behaviour", { failureRate: 0 });
  await test.sql`update private.job_queue set run_at = now() where kind = 'report_email'`;
  await waitFor("the e-mail", async () => {
    await test.sql`select private.sweep_queue()`;
    for await (const { name } of Deno.readDir(test.outbox)) {
      const html = await Deno.readTextFile(`${test.outbox}/${name}`);
      if (html.includes("is Ready") && html.includes(report.share_token ?? "-")) return true;
    }
    return false;
  });
  assert.equal((await test.report(id)).status, "complete");
});
