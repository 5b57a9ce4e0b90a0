import assert from "node:assert/strict";
import { z } from "zod";
import { type OrderOptions, TestStack } from "../scripts/testing/stack.ts";
import { waitFor } from "../scripts/testing/wait_for.ts";
import { findChromium, launchChromium } from "./support/browser.ts";

const GOOD = "openai/gpt-6-luna";
const CLOSE = "google/gemini-3.5-flash";
const POOR = "mistralai/ministral-8b-2512";
const IMAGES = 14;
/** A race of 14 images has looks after 8 and 11. */
const FIRST_BATCH = 8;

const test = await TestStack.start();
Deno.test.afterAll(async () => await test[Symbol.asyncDispose]());

const statsSchema = z.object({
  models: z.record(z.string(), z.object({ calls: z.number(), cost: z.number() })),
});

/** Calls and charges of the simulated service since `behave`. */
async function seen() {
  const { models } = statsSchema.parse(await test.inspect("openrouter", "stats"));
  return {
    calls: Object.fromEntries(Object.entries(models).map(([id, { calls }]) => [id, calls])),
    cost: Object.values(models).reduce((total, { cost }) => total + cost, 0),
  };
}

/** One model is far worse than the two others. */
async function behave(settings: Record<string, unknown> = {}): Promise<void> {
  await test.behave({
    ...settings,
    models: {
      [GOOD]: { fieldErrorRate: 0.04 },
      [CLOSE]: { fieldErrorRate: 0.06 },
      [POOR]: { fieldErrorRate: 0.7 },
    },
  });
}

const raceOptions: OrderOptions = {
  models: [POOR, GOOD, CLOSE],
  images: IMAGES,
  runsPerModel: 1,
  strategy: "race",
};

async function race(): Promise<string> {
  return await test.order(await test.customer(), raceOptions);
}

const FULL_FIELD = { [GOOD]: IMAGES, [CLOSE]: IMAGES, [POOR]: FIRST_BATCH };

async function expectStopped(id: string): Promise<void> {
  const saved = IMAGES - FIRST_BATCH;
  assert.deepEqual(await test.runs(id), { complete: 3 * IMAGES - saved, skipped: saved });
  const skipped = await test.sql`
    select distinct model_id, skip_reason, actual_cost from public.benchmark_runs
    where report_id = ${id} and status = 'skipped'`;
  assert.deepEqual(skipped.map((row) => ({ ...row })), [
    { model_id: POOR, skip_reason: "race", actual_cost: null },
  ]);
}

Deno.test("a race stops the model that cannot catch up, saves its calls, and every form of the report says so", async () => {
  await behave();
  const id = await race();
  const report = await test.ended(id);
  assert.equal(report.status, "complete");
  assert.equal(report.partial_reason, null, "what a race spares is not missing");
  assert.ok([GOOD, CLOSE].includes(report.recommended_model ?? ""));
  const { calls, cost } = await seen();
  assert.deepEqual(calls, FULL_FIELD);
  assert.ok(Math.abs(cost - (report.total_api_cost ?? 0)) < 1e-9);
  await expectStopped(id);

  const read = async (format: string) => {
    const response = await fetch(
      `${test.stack.apiUrl}/functions/v1/report?format=${format}`,
      { headers: { "x-share-token": report.share_token ?? "" } },
    );
    assert.equal(response.status, 200);
    return await response.text();
  };
  const { report: { summary } } = JSON.parse(await read("json"));
  assert.deepEqual(
    summary.models.map((
      { modelId, stoppedAfterImages }: { modelId: string; stoppedAfterImages: number | null },
    ) => [modelId, stoppedAfterImages]).slice(-1),
    [[POOR, FIRST_BATCH]],
  );
  assert.ok(!summary.comparison.indistinguishable.includes(POOR));
  assert.equal(summary.race.savedCalls, IMAGES - FIRST_BATCH);
  assert.ok(summary.race.savedUsd > 0);
  assert.match(
    await read("md"),
    /Ministral 3 8B +\| stopped early after 8 images /,
  );
  assert.match(await read("md"), /6 of 42 calls saved by the race/);
  const [head, ...rows] = (await read("csv")).trim().split("\r\n").map((line) => line.split(","));
  const column = head?.indexOf("stopped_after_images") ?? -1;
  assert.deepEqual(
    rows.map((row) => [row[0], row[column]]).filter(([, images]) => images !== ""),
    [[POOR, String(FIRST_BATCH)]],
  );
});

const chromium = findChromium();
Deno.test({
  name:
    "the page says of a stopped model why it is not ranked, and leaves it last however it is sorted",
  ignore: chromium === undefined,
  fn: async () => {
    assert.ok(chromium !== undefined);
    await behave();
    const customer = await test.customer();
    const id = await test.order(customer, raceOptions);
    const { share_token } = await test.ended(id);
    await customer.client.rpc("set_sharing", {
      p_report: id,
      p_expires_at: null,
      p_shares_order: true,
    });
    const browser = await launchChromium(chromium);
    try {
      const page = await browser.newPage();
      page.setDefaultTimeout(120_000);
      await page.goto(`${test.stack.apiUrl}/report/${share_token}`);
      await page.waitForSelector("table.models");
      const row = page.locator(`tr[data-model="${POOR}"]`);
      assert.match(await row.innerText(), /Stopped early[^]*on 8 images/);
      assert.match(
        await page.innerText(".legend"),
        /Stopped early\s+Stopped by the race, as it was unlikely to catch up\. Not ranked\./,
      );
      assert.match(await page.innerText(".facts"), /6 of 42 calls saved by the race/);
      const last = () => page.locator("table.models tbody tr").last().getAttribute("data-model");
      for (const head of ["Cost per 1,000", "Cost per 1,000", "Model", "Model"]) {
        assert.equal(await last(), POOR);
        await page.locator("table.models thead button", { hasText: head }).click();
      }
      const words = await page.locator("figure .canvas").first().getAttribute("aria-label");
      assert.match(words ?? "", /Ministral 3 8B \(stopped early\)/);
      assert.doesNotMatch(words ?? "", /Not beaten in both:.*Ministral/);
    } finally {
      await browser.close();
    }
  },
});

Deno.test("a race of similar models runs to its end and reports like a full run", async () => {
  await test.behave({
    models: { [GOOD]: { fieldErrorRate: 0.1 }, [CLOSE]: { fieldErrorRate: 0.1 } },
  });
  const id = await test.order(await test.customer(), { ...raceOptions, models: [GOOD, CLOSE] });
  assert.equal((await test.ended(id)).status, "complete");
  assert.deepEqual(await test.runs(id), { complete: 2 * IMAGES });
  const [row] = await test.sql`
    select summary -> 'race' as race from public.reports where id = ${id}`;
  assert.equal(row?.race, null);
});

for (
  const { when, isCommitted } of [
    { when: "before a look's commit", isCommitted: false },
    { when: "as a look commits", isCommitted: true },
  ]
) {
  Deno.test(`a worker killed ${when} loses no run and pays for none twice`, async () => {
    await behave();
    // The look's transaction waits halfway until the gate opens.
    const gate = await test.sql.reserve();
    await gate`select pg_advisory_lock(4711)`;
    await test.sql.unsafe(`
      create function public.wait_at_gate() returns trigger language plpgsql as $$
      begin
        perform pg_advisory_xact_lock_shared(4711);
        return new;
      end; $$;
      grant execute on function public.wait_at_gate() to service_role;
      create trigger wait_at_gate before update of released_images on private.races
        for each row execute function public.wait_at_gate();`);
    try {
      const id = await race();
      const backend = await waitFor("the look to be half done", async () => {
        const [row] = await test.sql`
          select l.pid from pg_locks l join pg_stat_activity a using (pid)
          where l.locktype = 'advisory' and l.objid = 4711 and not l.granted
            and a.query like '%advance_race%'`;
        return row?.pid;
      });
      const dead = await test.workers("benchmark-worker");
      await test.stack.crashFunction("benchmark-worker");
      if (!isCommitted) await test.sql`select pg_terminate_backend(${backend})`;
      await waitFor("it to be gone", async () => {
        if (isCommitted) return true;
        const rows = await test.sql`select from pg_stat_activity where pid = ${backend}`;
        return rows.length === 0;
      });
      const [{ released }] = await test.sql<[{ released: number }]>`
        select released_images as released from private.races where report_id = ${id}`;
      assert.equal(released, FIRST_BATCH, "nothing of the look is to be seen yet");
      await gate`select pg_advisory_unlock_all()`;
      await test.expireLeases(dead);
      await waitFor("the report to end", async () => {
        await test.sql`select private.sweep_queue()`;
        return (await test.report(id)).status === "complete";
      });
      await expectStopped(id);
      assert.deepEqual((await seen()).calls, FULL_FIELD);
      const [costs] = await test.sql`
        select g.spent_usd::float8 as spent, g.reserved_usd::float8 as reserved,
          g.written_off_usd::float8 as lost, (select max(attempts) from public.benchmark_runs
            where report_id = ${id}) as attempts
        from private.job_groups g where g.id = ${id}`;
      assert.deepEqual([costs?.reserved, costs?.lost, costs?.attempts], [0, 0, 1]);
      assert.ok(Math.abs(costs?.spent - (await seen()).cost) < 1e-9);
    } finally {
      await gate`select pg_advisory_unlock_all()`;
      gate.release();
      await test.sql.unsafe(
        "drop trigger wait_at_gate on private.races; drop function public.wait_at_gate()",
      );
    }
  });
}
