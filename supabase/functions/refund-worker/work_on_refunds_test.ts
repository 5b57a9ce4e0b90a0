import assert from "node:assert/strict";
import { DEFAULT_WORKER_LIMITS } from "../_shared/platform/jobs/run_worker.ts";
import { createFakePlainQueue } from "../_shared/testing/plain_queue_fake.ts";
import { createVirtualClock } from "../_shared/testing/virtual_clock.ts";
import { aWorkerRun } from "../_shared/testing/worker_run.ts";
import { REFUND_LIMITS, workOnRefunds } from "./work_on_refunds.ts";

/** A worker for failed reports; those of `settled` owe nothing. */
function setUp(reports: readonly string[], settled: readonly string[] = []) {
  const clock = createVirtualClock();
  const queue = createFakePlainQueue(
    clock,
    reports.map((report_id) => ({ report_id, payment_intent: `pi_${report_id}` })),
  );
  const asked: string[] = [];
  const faults: Error[] = [];
  const run = aWorkerRun({
    limits: { ...DEFAULT_WORKER_LIMITS, ...REFUND_LIMITS },
    clock,
    random: () => 0,
  });
  const work = () =>
    clock.run(workOnRefunds(run, {
      source: queue.source,
      isOwed: (id) => Promise.resolve(!settled.includes(id)),
      refundPayment: (id, intent) => {
        const fault = faults.shift();
        if (fault !== undefined) return Promise.reject(fault);
        asked.push(`${id} ${intent}`);
        return Promise.resolve();
      },
    }));
  return { clock, queue, asked, faults, work, states: () => queue.jobs.map(({ state }) => state) };
}

Deno.test("Stripe is asked for each payment that is owed, and for no other", async () => {
  const { asked, work, states } = setUp(["one", "back", "two"], ["back"]);
  await work();
  assert.deepEqual(asked, ["one pi_one", "two pi_two"]);
  assert.deepEqual(states(), ["done", "done", "done"]);
});

Deno.test("a refund that Stripe does not take delays no other and is asked for again later", async () => {
  const { queue, clock, asked, faults, work, states } = setUp(["one", "two"]);
  faults.push(new Error("Stripe is down"));
  await work();
  assert.deepEqual([asked, states()], [["two pi_two"], ["waiting", "done"]]);
  const [job] = queue.jobs;
  assert.ok(job);
  assert.ok(job.runAtMs > clock.now());
  await clock.run(new Promise<void>((resolve) => clock.after(job.runAtMs, resolve)));
  await work();
  assert.deepEqual([asked, states()], [["two pi_two", "one pi_one"], ["done", "done"]]);
});
