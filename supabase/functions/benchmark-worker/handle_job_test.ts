import assert from "node:assert/strict";
import { createCpuMeter } from "../_shared/platform/cpu_meter.ts";
import type { LoadedRace } from "../_shared/benchmark/store.ts";
import type { JobResult, ReportJob } from "../_shared/benchmark/run_result.ts";
import { DEFAULT_RETRY_POLICY } from "../_shared/platform/jobs/retry_policy.ts";
import { createLogger } from "../_shared/platform/logger.ts";
import { createVirtualClock } from "../_shared/testing/virtual_clock.ts";
import { handleJob, handover, recoverJob } from "./handle_job.ts";

const job: ReportJob = {
  kind: "race_look",
  job_id: 7,
  attempt: 2,
  tries: 2,
  max_tries: 8,
  max_costly_tries: 3,
  report_id: "report-1",
};

const race: LoadedRace = {
  looks: [8, 11],
  look: 8,
  accuracy_margin: 0,
  models: [["test/good", 90], ["test/poor", 20]].map(([model_id, level]) => ({
    model_id: String(model_id),
    scores: Array.from({ length: 8 }, (_, image_index) => ({
      image_index,
      field_accuracy: Number(level) + (image_index % 3) * Number(level) / 30,
      error_kind: null,
      served_other: false,
    })),
  })),
};

function refuse(): never {
  throw new Error("not asked for");
}

async function look(loadRace: () => Promise<LoadedRace | null>, isRecorded = true) {
  const stops: (readonly string[])[] = [];
  const lines: string[] = [];
  const result = await handleJob(job, {
    preparer: { warm: refuse, prepare: refuse },
    store: {
      loadFinished: refuse,
      finalizeReport: refuse,
      loadRace,
      advanceRace: (held, stopped) => {
        assert.deepEqual([held.job_id, held.attempt], [7, 2]);
        stops.push(stopped);
        return Promise.resolve(isRecorded);
      },
    },
    provider: { complete: refuse, probe: refuse },
    clock: createVirtualClock(),
    cpu: createCpuMeter(0),
    retry: DEFAULT_RETRY_POLICY,
    random: () => 0.5,
    log: createLogger({ name: "test", write: (line) => lines.push(line) }),
  }, { signal: new AbortController().signal, timeLeftMs: () => 60_000 });
  return { result, stops, log: lines.join("\n") };
}

Deno.test("a look stops who cannot catch up, and says in the log by how much", async () => {
  const { result, stops, log } = await look(() => Promise.resolve(race));
  assert.equal(result, null);
  assert.deepEqual(stops, [["test/poor"]]);
  assert.match(log, /race looked at.*test\/good.*test\/poor.*upperBound/s);
});

Deno.test("a look that another worker has taken over leaves nothing to report", async () => {
  const { result, log } = await look(() => Promise.resolve(race), false);
  assert.equal(result, null);
  assert.match(log, /looked at by another worker/);
});

Deno.test("a look at a race that is gone ends, and stops nobody", async () => {
  const { result, stops } = await look(() => Promise.resolve(null));
  assert.equal(result, null);
  assert.deepEqual(stops, [[]]);
});

Deno.test("a look that fails comes back later and costs nothing, also where the fault is ours", async () => {
  const { result, stops } = await look(() => Promise.reject(new Error("statement timeout")));
  assert.deepEqual(stops, []);
  for (const failed of [result, recoverJob(job, new Error("a bug"))]) {
    assert.ok(failed?.outcome === "retry" && failed.run_at_ms > 0);
    assert.equal(failed.charge, "none");
  }
});

Deno.test("after a call without an answer no other follows it before the queue has been asked", () => {
  const failed = {
    job_id: 1,
    attempt: 1,
    outcome: "retry",
    error_message: "connection reset",
    error_kind: "outage",
    charge: "unknown",
    actual_cost: null,
    run_at_ms: 0,
  } as const;
  assert.equal(handover.haltsPrefetched({ ...failed, failure: "network" }), true);
  const ofOurs: JobResult = failed;
  assert.equal(handover.haltsPrefetched(ofOurs), false);
});
