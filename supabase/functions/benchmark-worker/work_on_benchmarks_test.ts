import assert from "node:assert/strict";
import fc from "fast-check";
import type { ConfigSnapshot } from "../_shared/benchmark/snapshot.ts";
import type { JobResult, WorkerJob } from "../_shared/benchmark/run_result.ts";
import type { ImageSource } from "../_shared/benchmark/signed_images.ts";
import type { BenchmarkStore } from "../_shared/benchmark/store.ts";
import type {
  CompletionOutcome,
  CompletionRequest,
  ModelProvider,
} from "../_shared/models/calls/model_call.ts";
import { pause } from "../_shared/platform/clock.ts";
import type { WorkerSummary } from "../_shared/platform/jobs/run_worker.ts";
import { createLogger } from "../_shared/platform/logger.ts";
import type { ReportConclusion } from "../_shared/report/report_summary.ts";
import type { ReportEndings } from "../_shared/report/store.ts";
import { createVirtualClock, type VirtualClock } from "../_shared/testing/virtual_clock.ts";
import { aWorkerRun } from "../_shared/testing/worker_run.ts";
import { workOnBenchmarks } from "./work_on_benchmarks.ts";

const REPORT = "report-1";
const MODELS = ["test/a", "test/b"];
const IMAGES = 5;

const snapshot: ConfigSnapshot = {
  version: 1,
  prompt: "Read.",
  json_schema: { type: "object" },
  priorities: ["accuracy", "cost", "speed"],
  runs_per_model: 2,
  strategy: "full",
  looks: [],
  max_output_tokens: 100,
  images: Array.from({ length: IMAGES }, (_, index) => ({
    path: `owner/${index}.png`,
    expected: { index },
  })),
  models: MODELS.map((id) => ({
    id,
    name: id,
    provider: "Test",
    tier: "budget",
    base_url_key: "openrouter",
    context_length: 1_000,
    supports_structured_output: true,
    estimated_cost: 0.01,
    reserved_cost: 0.1,
    input_price: 0,
    output_price: 0,
    cached_input_price: 0,
    image_price: 0,
  })),
};

/** Queue and reports in memory, which act as `advance_benchmark_runs` and its kin do. */
class FakeDatabase {
  readonly results = new Map<number, JobResult[]>();
  readonly conclusions: ReportConclusion[] = [];
  readonly loads: string[] = [];
  spent = 0;
  schema = snapshot.json_schema;
  finalizations = 0;
  down = false;
  finalizeFails = 0;
  chained: boolean | null = null;
  private readonly waiting: { job: WorkerJob; runAt: number }[] = [];
  private readonly leased = new Map<number, WorkerJob>();

  constructor(private readonly clock: VirtualClock) {
    let id = 0;
    for (let repeat_index = 0; repeat_index < snapshot.runs_per_model; repeat_index++) {
      for (let image_index = 0; image_index < IMAGES; image_index++) {
        for (const model_id of MODELS) {
          const job: WorkerJob = {
            kind: "benchmark_run",
            job_id: ++id,
            attempt: 0,
            tries: 0,
            max_tries: 8,
            max_costly_tries: 3,
            report_id: REPORT,
            run_id: `run-${id}`,
            model_id,
            image_index,
            repeat_index,
            crashes: 0,
          };
          this.waiting.push({ job, runAt: 0 });
        }
      }
    }
  }

  get completed(): number {
    return [...this.results.values()].filter((all) => all.at(-1)?.outcome === "complete").length;
  }

  private async answer<T>(act: () => T): Promise<T> {
    await pause(this.clock, 3);
    if (this.down) throw new Error("connection refused");
    return act();
  }

  readonly source = {
    register: () => this.answer(() => 45_000),
    exchange: (results: readonly JobResult[], want: number) =>
      this.answer(() => {
        for (const result of results) this.settle(result);
        if (this.leased.size === 0 && this.waiting.length === 0 && this.finalizations === 0) {
          this.finalizations++;
          const job: WorkerJob = {
            kind: "report_finalization",
            job_id: 1_000,
            attempt: 0,
            tries: 0,
            max_tries: 8,
            max_costly_tries: 3,
            report_id: REPORT,
          };
          this.waiting.push({ job, runAt: 0 });
        }
        const due = this.waiting.filter(({ runAt }) => runAt <= this.clock.now()).slice(0, want);
        const jobs = due.map((entry) => {
          this.waiting.splice(this.waiting.indexOf(entry), 1);
          const attempt = entry.job.attempt + 1;
          const job = { ...entry.job, attempt, tries: attempt };
          this.leased.set(job.job_id, job);
          return job;
        });
        const next = this.waiting.map(({ runAt }) => Math.max(0, runAt - this.clock.now()));
        return {
          jobs,
          prefetched: [],
          revoked: [],
          rejected: [],
          closed: [],
          waiting: this.waiting.length,
          inFlight: this.leased.size,
          nextRunAtMs: next.length === 0 ? null : Math.min(...next),
        };
      }),
    renew: () => this.answer(() => this.leased.size),
    release: (chain: boolean) =>
      this.answer(() => {
        this.chained = chain;
      }),
    changedNothing: () => true,
    isFault: () => false,
  };

  private settle(result: JobResult): void {
    const job = this.leased.get(result.job_id);
    assert.equal(job?.attempt, result.attempt, "a result for a lease that is not held");
    this.leased.delete(result.job_id);
    this.results.set(result.job_id, [...(this.results.get(result.job_id) ?? []), result]);
    if ("actual_cost" in result) this.spent += result.actual_cost ?? 0;
    if (result.outcome === "retry") {
      assert.ok(job !== undefined);
      this.waiting.push({ job, runAt: this.clock.now() + result.run_at_ms });
    }
    if (result.outcome === "release") {
      assert.ok(job !== undefined);
      this.waiting.unshift({ job, runAt: 0 });
    }
    if (result.outcome === "fatal") {
      assert.ok(job !== undefined);
      this.waiting.push({ job, runAt: this.clock.now() + 10_000 });
    }
  }

  readonly store: BenchmarkStore & ReportEndings = {
    loadReport: (reportId) =>
      this.answer(() => {
        this.loads.push(reportId);
        return { reportId, snapshot: { ...snapshot, json_schema: this.schema } };
      }),
    loadRace: () => this.answer(() => null),
    advanceRace: () => this.answer(() => false),
    loadFinished: (reportId) =>
      this.answer(() => ({
        reportId,
        snapshot,
        runs: [...this.results.values()].map((all) => {
          const last = all.at(-1);
          const complete = last?.outcome === "complete" ? last : null;
          return {
            model_id: "test/a",
            image_index: 0,
            status: complete === null ? "failed" as const : "complete" as const,
            exact_match: complete?.exact_match ?? null,
            field_accuracy: complete?.field_accuracy ?? null,
            field_errors: [],
            response_time_ms: complete?.response_time_ms ?? null,
            actual_cost: complete?.actual_cost ?? null,
            score: complete?.score ?? null,
            error_message: null,
            error_kind: complete?.error_kind ?? null,
            served_model: null,
            served_other: false,
            schema_regime: null,
            skip_reason: null,
          };
        }),
        predicted_cost_usd: 0.2,
        actual_cost_usd: this.spent,
      })),
    finalizeReport: (job, conclusion) =>
      this.answer(() => {
        if (this.finalizeFails-- > 0) throw new Error("statement timeout");
        assert.equal(this.leased.get(job.job_id)?.attempt, job.attempt);
        this.leased.delete(job.job_id);
        this.conclusions.push(conclusion);
        return true;
      }),
  };
}

const goodAnswer: CompletionOutcome = {
  kind: "answer",
  text: "{}",
  ending: "stop",
  usage: null,
  cost: 0.02,
  responseTimeMs: 100,
};

interface Trial {
  readonly summary: WorkerSummary;
  readonly database: FakeDatabase;
  readonly lines: readonly string[];
  readonly calls: number;
}

async function trial(
  options: {
    readonly answer?: (call: number, request: CompletionRequest) => CompletionOutcome | Error;
    readonly schema?: ConfigSnapshot["json_schema"];
    readonly latencyMs?: (call: number) => number;
    readonly images?: Partial<ImageSource>;
    readonly arrange?: (database: FakeDatabase, clock: VirtualClock) => void;
  } = {},
): Promise<Trial> {
  const clock = createVirtualClock();
  const database = new FakeDatabase(clock);
  if (options.schema !== undefined) database.schema = options.schema;
  const lines: string[] = [];
  let calls = 0;
  const provider: ModelProvider = {
    probe: () => Promise.resolve(null),
    complete: async (request) => {
      const call = calls++;
      await pause(clock, options.latencyMs?.(call) ?? 100);
      const outcome = options.answer?.(call, request) ?? goodAnswer;
      if (outcome instanceof Error) throw outcome;
      return outcome;
    },
  };
  options.arrange?.(database, clock);
  const run = aWorkerRun({
    groupId: REPORT,
    clock,
    log: createLogger({ name: "test", write: (line) => lines.push(line) }),
  });
  const summary = await clock.run(workOnBenchmarks(run, {
    source: database.source,
    store: database.store,
    images: {
      wantsBytes: () => false,
      openImages: (paths) => Promise.resolve(paths.map((path) => `https://storage.test/${path}`)),
      readBytes: (path) => Promise.resolve(`data:image/png;base64,${path}`),
      ...options.images,
    },
    provider,
  }));
  return { summary, database, lines, calls };
}

Deno.test("a report is run to its end, loaded and signed once, and finalised once with both costs in the log", async () => {
  let signed = 0;
  const { summary, database, lines } = await trial({
    images: {
      openImages: (paths) => {
        signed++;
        return Promise.resolve(paths.map((path) => `https://storage.test/${path}`));
      },
    },
  });
  assert.equal(summary.ending, "drained");
  assert.equal(database.completed, 20);
  assert.deepEqual(database.loads, [REPORT]);
  assert.equal(signed, 1);
  assert.deepEqual(database.conclusions.map(({ status }) => status), ["complete"]);
  const line = lines.find((text) => text.includes("report finalised")) ?? "";
  assert.ok(line.startsWith(`[benchmark:${REPORT}] `));
  const { predicted_cost_usd, actual_cost_usd } = JSON.parse(line.slice(line.indexOf("{")));
  assert.ok(Math.abs(predicted_cost_usd - 0.2) < 1e-9 && Math.abs(actual_cost_usd - 0.4) < 1e-9);
});

const outcome = fc.constantFrom<CompletionOutcome | Error>(
  goodAnswer,
  goodAnswer,
  { ...goodAnswer, text: "no JSON", cost: null },
  { kind: "rejected", reason: "unfit", message: "400", charge: "none", cost: null },
  { kind: "rejected", reason: "unavailable", message: "404", charge: "none", cost: null },
  {
    kind: "transient",
    reason: "busy",
    message: "429",
    retryAfterMs: 700,
    charge: "none",
    cost: null,
  },
  {
    kind: "transient",
    reason: "busy",
    message: "429",
    retryAfterMs: 20_000,
    charge: "none",
    cost: null,
  },
  {
    kind: "transient",
    reason: "timeout",
    message: "late",
    retryAfterMs: null,
    charge: "unknown",
    cost: null,
  },
  new Error("a bug in the adapter"),
);

Deno.test("whatever the provider does and however calls overlap, every run ends and the report is finalised once", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(outcome, { minLength: 1, maxLength: 40 }),
      fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 20 }),
      async (outcomes, latencies) => {
        // From some call on all goes well, so that a single worker can finish.
        const { database, summary } = await trial({
          answer: (call) => outcomes[call] ?? goodAnswer,
          latencyMs: (call) => latencies[call % latencies.length] ?? 0,
        });
        assert.equal(summary.ending, "drained");
        assert.equal(database.results.size, 20);
        for (const all of database.results.values()) {
          assert.deepEqual(all.map(({ attempt }) => attempt), all.map((_, index) => index + 1));
          const isUnfinished = (outcome?: string) => outcome === "retry" || outcome === "release";
          assert.ok(all.slice(0, -1).every(({ outcome }) => isUnfinished(outcome)));
          assert.ok(!isUnfinished(all.at(-1)?.outcome));
        }
        assert.equal(database.conclusions.length, 1);
      },
    ),
    { numRuns: 100 },
  );
});

Deno.test("a bug met in one run fails that run alone", async () => {
  const { database } = await trial({
    answer: (call) => call === 3 ? new Error("bug") : goodAnswer,
  });
  const failed = [...database.results.values()].flat().filter((one) => one.outcome === "failed");
  assert.equal(failed.length, 1);
  assert.equal(failed[0]?.outcome === "failed" && failed[0].charge, "unknown");
  assert.equal(database.completed, 19);
});

Deno.test("calls that an account in trouble refuses are made when it is in order again", async () => {
  const { database, calls } = await trial({
    answer: (call) =>
      call < 3
        ? { kind: "fatal", message: "402 Insufficient credits", retryAtMs: null }
        : goodAnswer,
  });
  assert.equal(database.completed, 20);
  assert.equal(calls, 23);
});

Deno.test("a missing image fails its runs without a call, and the others are made", async () => {
  const { database, calls } = await trial({
    images: {
      openImages: (paths) => Promise.resolve(paths.map((path, at) => at === 2 ? null : path)),
    },
  });
  const failed = [...database.results.values()].flat().filter((one) => one.outcome === "failed");
  assert.equal(failed.length, 4);
  assert.ok(failed.every((one) => one.error_message === "Image 3 is no longer stored."));
  assert.equal(calls, 16);
});

Deno.test("Storage that is away for a moment costs no run", async () => {
  let asked = 0;
  const { database, calls } = await trial({
    images: {
      openImages: (paths) =>
        ++asked <= 2
          ? Promise.reject(new Error("Storage answered 503"))
          : Promise.resolve([...paths]),
    },
  });
  assert.equal(database.completed, 20);
  assert.equal(calls, 20);
});

Deno.test("a database that is away for seconds costs no run and no second call", async () => {
  const { database, calls, summary } = await trial({
    latencyMs: (call) => 400 + call * 10,
    arrange: (database, clock) => {
      clock.after(600, () => database.down = true);
      clock.after(6_000, () => database.down = false);
    },
  });
  assert.equal(summary.ending, "drained");
  assert.deepEqual([database.completed, calls, database.conclusions.length], [20, 20, 1]);
});

Deno.test("a finalisation that fails is tried again until it is recorded", async () => {
  const { database } = await trial({ arrange: (database) => database.finalizeFails = 2 });
  assert.equal(database.conclusions.length, 1);
  assert.equal(database.results.get(1_000)?.length, 2);
});

Deno.test("images that are sent as bytes are read for each run, and no more held than there is memory for", async () => {
  let reading = 0;
  let most = 0;
  const url = `data:image/png;base64,${"A".repeat(12 * 1024 * 1024)}`;
  const { database, calls } = await trial({
    images: {
      wantsBytes: () => true,
      openImages: async (paths) => {
        assert.equal(paths.length, 1);
        most = Math.max(most, ++reading);
        await Promise.resolve();
        reading--;
        return [url];
      },
    },
  });
  assert.equal(database.completed, 20);
  assert.equal(calls, 20);
  assert.ok(most <= 2, `${most} at once`);
});

Deno.test("once a provider has refused the schema, later runs of its model are asked without it", async () => {
  const { database, calls } = await trial({
    schema: { type: "object", properties: {}, required: [], additionalProperties: false },
    answer: (_call, { structuredOutput }) =>
      structuredOutput === null ? goodAnswer : {
        kind: "rejected",
        reason: "schema_refused",
        message: "400",
        charge: "none",
        cost: null,
      },
  });
  assert.equal(database.completed, 20);
  // Ten were under way when the first was refused.
  assert.equal(calls, 30);
});
