import assert from "node:assert/strict";
import { startDetached, stopDetached } from "../scripts/stack/control.ts";
import { freeStackPorts } from "../scripts/stack/free_ports.ts";
import { isStackRunning } from "../scripts/stack/stack_lock.ts";
import { makeScratchDirectory } from "../scripts/stack/testing.ts";
import { StackClient } from "../scripts/testing/stack.ts";
import { waitFor } from "../scripts/testing/wait_for.ts";

Deno.test("a stack killed in the middle of a report finishes it when it is started again, each run once", async () => {
  await using scratch = await makeScratchDirectory();
  const place = {
    stackDir: scratch.path,
    // Without the settings and keys of whoever runs the tests.
    envFile: `${scratch.path}/functions.env`,
    ports: freeStackPorts(),
    env: { DEBUG_MOCK_OPENROUTER: "true" },
  };
  try {
    const first = await startDetached(place);
    const before = new StackClient(first.state);
    await before.teach();
    await before.behave({
      script: Array.from({ length: 80 }, (_, call) => call < 15 ? "ok" : "hang"),
    });
    await before.sweepEachSecond();
    const id = await before.order(await before.customer(), { images: 4, runsPerModel: 10 });
    await waitFor(
      "a part of the runs",
      async () => ((await before.runs(id))["complete"] ?? 0) >= 10,
    );
    const dead = await before.workers("benchmark-worker");
    Deno.kill(first.state.pid, "SIGKILL");
    await waitFor("the stack to be gone", async () => !await isStackRunning(scratch.path));
    await before.close();

    const second = await startDetached(place);
    assert.equal(second.wasRunning, false);
    const after = new StackClient(second.state);
    await after.teach();
    await after.behave({});
    const done = (await after.runs(id))["complete"] ?? 0;
    assert.ok(done >= 10 && done < 80, `${done} runs were complete`);
    await after.expireLeases(dead);
    assert.equal((await after.ended(id)).status, "complete");
    assert.deepEqual(await after.runs(id), { complete: 80 });
    const [once] = await after.sql`
      select count(*)::int as runs, count(distinct (model_id, image_index, repeat_index))::int as kinds,
        sum(actual_cost)::float8 as cost,
        (select spent_usd::float8 from private.job_groups where id = ${id}) as spent
      from public.benchmark_runs where report_id = ${id}`;
    assert.deepEqual([once?.runs, once?.kinds], [80, 80]);
    assert.ok(Math.abs(once?.cost - once?.spent) < 1e-9, "each run is charged once");
    await after.close();
  } finally {
    await stopDetached(place);
  }
});
