import { hostedDeno } from "../../support/hosted_deno.ts";
import type { Customer } from "../../testing/stack.ts";
import type { Benchmark, BenchmarkOptions, Section } from "../harness.ts";
import { writeCsv, writeJson, writeJsonLines, writeJunit } from "./bodies.ts";
import { compressedSize } from "../../functions/compressed_size.ts";
import { readDeployedFunctions } from "../../functions/deployed_functions.ts";
import { measureSources } from "../../functions/source_size.ts";
import { type FunctionForm, type HostedStack, startHostedStack } from "./hosted_stack.ts";
import type { Usage } from "./isolate.ts";

/**
 * Limits of Supabase's hosted functions. That of a bundle applies where the CLI bundles on the server;
 * it is not documented, and failures are reported from 4 MB on.
 */
const LIMITS = { cpuMs: 2_000, megabytes: 256, bundleMegabytes: 5 };
const GOALS = {
  evaluationMs: 80,
  builtMegabytes: 1,
  sourceMegabytes: 2.5,
  reportMs: 1_200,
  datasetMs: 1_500,
  megabytes: 160,
  runMs: 1.5,
  estimate: 1.3,
};

const AT_ONCE = 6;
const ORDER = {
  models: [
    ...["openai/gpt-6-luna", "openai/gpt-6-sol", "openai/gpt-5.6-luna"],
    ...["google/gemini-3.5-flash", "google/gemini-3.1-flash-lite", "mistralai/ministral-8b-2512"],
  ],
  images: 12,
  runsPerModel: 10,
};
const RUNS = ORDER.models.length * ORDER.images * ORDER.runsPerModel;
const LATENCY = { medianMs: 100, sigma: 0.25 };

/** Benchmark of every function on the version of Deno that hosted functions run on. */
export const hosted: Benchmark = {
  name: "hosted",
  summary: "CPU, memory, start and bundle of every function on Deno 2.1.4, beside hosted's limits",
  async *run(options) {
    await using stack = await startHostedStack();
    yield* measureStarts(stack, options);
    yield* measureUploads(stack, options);
    yield* measureWorker(stack, options);
  },
};

async function* measureStarts(
  stack: HostedStack,
  { rounds, progress }: BenchmarkOptions,
): AsyncIterable<Section> {
  const forms: readonly FunctionForm[] = ["built", "source"];
  const starts = forms.flatMap((form) =>
    stack.functions.map((name) => ({ name, form, ms: [] as number[], mb: [] as number[] }))
  );
  for (let round = 0; round <= rounds; round++) {
    progress(round === 0 ? "starts, warming up" : `starts, round ${round} of ${rounds}`);
    for (const { name, form, ms, mb } of starts) {
      await using isolate = await stack.start(name, form);
      if (round === 0) continue;
      ms.push(isolate.evaluationMs);
      mb.push(isolate.loadedMegabytes);
    }
  }
  const { version } = await hostedDeno();
  for (const form of forms) {
    yield {
      title: `Loading and evaluating a function's modules on Deno ${version}, ${form}`,
      unit: "ms CPU",
      rows: starts.filter((start) => start.form === form).map(({ name, ms }) => ({
        label: name,
        values: ms,
        limit: LIMITS.cpuMs,
        ...form === "built" ? { goal: { atMost: GOALS.evaluationMs } } : {},
      })),
      notes: [
        "From the import of the entry point until it serves, in the JavaScript thread. The modules are downloaded and transpiled already; V8's code cache is off, because hosted has none.",
      ],
    };
  }
  yield {
    title: "Memory of a built function that serves",
    unit: "MB",
    rows: starts.filter(({ form }) => form === "built").map(({ name, mb }) => ({
      label: name,
      values: mb,
      limit: LIMITS.megabytes,
    })),
    notes: ["Resident memory of the process, including about 60 MB of the runtime."],
  };
  yield {
    title: "Compressed size of a function, built",
    unit: "MB",
    rows: stack.bundles.map(({ name, code }) => ({
      label: name,
      values: [compressedSize(code) / 1e6],
      limit: LIMITS.bundleMegabytes,
      goal: { atMost: GOALS.builtMegabytes },
    })),
    notes: [
      "One file of JavaScript, compressed with brotli at the CLI's quality 6. The largest parts in it, in MB, not compressed:",
      ...stack.bundles.map(({ name, packages }) => describeParts(name, packages)),
    ],
  };
  progress("sizes of sources");
  const sources = await measureSources((await readDeployedFunctions()).functions);
  yield {
    title: "Compressed size of a function, source",
    unit: "MB",
    rows: [...sources].map(([label, { compressedMegabytes }]) => ({
      label,
      values: [compressedMegabytes],
      limit: LIMITS.bundleMegabytes,
      goal: { atMost: GOALS.sourceMegabytes },
    })),
    notes: [
      "The import graph of index.ts and every file of every npm package that it reaches, as an eszip holds them. The largest parts in it, in MB, compressed:",
      ...[...sources].map(([name, { packages }]) => describeParts(name, packages)),
    ],
  };
}

/** Returns a line of a function's largest parts, whose sizes are in bytes. */
function describeParts(name: string, parts: ReadonlyMap<string, number>): string {
  const largest = [...parts].sort(([, a], [, b]) => b - a).slice(0, 4)
    .map(([part, bytes]) => `${part} ${(bytes / 1e6).toFixed(2)}`);
  return `  ${name.padEnd(16)} ${largest.join(", ")}`;
}

interface Upload {
  readonly label: string;
  readonly functionName: "test-runs" | "datasets";
  /** Format of a dataset. */
  readonly format?: "csv" | "json" | "jsonl";
  readonly body: Uint8Array<ArrayBuffer>;
  readonly atOnce: number;
  /** Goal in milliseconds of CPU time. */
  readonly goalMs?: number;
}

async function* measureUploads(
  stack: HostedStack,
  { rounds, progress }: BenchmarkOptions,
): AsyncIterable<Section> {
  const [report5, report20] = [writeJunit(5), writeJunit(20)];
  const datasets = [
    { label: "CSV", format: "csv", write: writeCsv },
    { label: "JSON", format: "json", write: writeJson },
    { label: "JSON Lines", format: "jsonl", write: writeJsonLines },
  ] as const;
  const uploads: Upload[] = [
    { label: "JUnit report, 5 MB", functionName: "test-runs", body: report5, atOnce: 1 },
    {
      label: "JUnit report, 20 MB",
      functionName: "test-runs",
      body: report20,
      atOnce: 1,
      goalMs: GOALS.reportMs,
    },
    ...datasets.map(({ label, format, write }): Upload => ({
      label: `${label} dataset, 50 MB`,
      functionName: "datasets",
      format,
      body: write(50),
      atOnce: 1,
      goalMs: GOALS.datasetMs,
    })),
    {
      label: `${AT_ONCE} JUnit reports of 5 MB at once`,
      functionName: "test-runs",
      body: report5,
      atOnce: AT_ONCE,
    },
    ...datasets.map(({ label, format, write }): Upload => ({
      label: `${AT_ONCE} ${label} datasets of 20 MB at once`,
      functionName: "datasets",
      format,
      body: write(20),
      atOnce: AT_ONCE,
    })),
  ];
  const owner = await stack.client.customer();
  const results = new Map(uploads.map((upload) => [upload, [] as Answered[]]));
  for (let round = 1; round <= rounds; round++) {
    for (const [upload, usages] of results) {
      progress(`${upload.label}, round ${round} of ${rounds}`);
      usages.push(await measureUpload(stack, owner, upload));
    }
  }
  yield {
    title: "CPU time of uploads, each in a new isolate",
    unit: "ms",
    rows: [...results].map(([{ label, goalMs }, usages]) => ({
      label,
      values: usages.map(({ cpuMs }) => cpuMs),
      limit: LIMITS.cpuMs,
      ...goalMs === undefined ? {} : { goal: { atMost: goalMs } },
    })),
    notes: [
      "JavaScript thread. Hosted counts the CPU time over an isolate's whole life. ∞ means that the isolate died. `request.instance_spent` means that the isolate's CPU time would not have sufficed; another one takes the repeated request.",
      ...[...results].flatMap(([upload, usages]) => describeRefusals(upload, usages)),
    ],
  };
  yield {
    title: "Peak memory of the same uploads",
    unit: "MB",
    rows: [...results].map(([{ label }, usages]) => ({
      label,
      values: usages.map(({ peakMegabytes }) => peakMegabytes),
      limit: LIMITS.megabytes,
      goal: { atMost: GOALS.megabytes },
    })),
    notes: ["Resident memory of the process. The V8 heap is limited to 256 MB."],
  };
}

/** Usage of uploads, with the status and code of each that was not stored. */
interface Answered extends Usage {
  readonly refusals: readonly string[];
}

function describeRefusals({ label }: Upload, usages: readonly Answered[]): string[] {
  const refused = usages.flatMap(({ refusals }) => refusals);
  if (refused.length === 0) return [];
  const each = refused.length / usages.length;
  return [`${label}: ${each} not stored, answered ${[...new Set(refused)].join(", ")}.`];
}

async function measureUpload(
  stack: HostedStack,
  owner: Customer,
  { functionName, format, body, atOnce }: Upload,
): Promise<Answered> {
  const { data } = await owner.client.auth.getSession();
  const headers = { authorization: `Bearer ${data.session?.access_token}` };
  await using isolate = await stack.start(functionName);
  const refusals: string[] = [];
  const send = async () => {
    // Bytes that were stored before under the same name would not be stored again.
    const name = crypto.randomUUID();
    const path = functionName === "datasets"
      ? `/datasets?format=${format}&name=${name}`
      : `/test-runs/report?suite=${name}`;
    const response = await fetch(isolate.url + path, { method: "POST", headers, body });
    const answer = await response.text();
    if (response.status === 201) return;
    refusals.push(`${response.status} ${/"code":"([^"]+)"/.exec(answer)?.[1] ?? ""}`);
  };
  // The first request is not measured: it connects to Postgres and Auth.
  const first = await fetch(`${isolate.url}/${functionName}/${crypto.randomUUID()}`, { headers });
  await first.body?.cancel();
  const usage = await isolate.measure(async () => {
    await Promise.all(Array.from({ length: atOnce }, send));
  });
  await stack.client.sql`delete from public.datasets`;
  return { ...usage, refusals };
}

async function* measureWorker(
  stack: HostedStack,
  { rounds, progress }: BenchmarkOptions,
): AsyncIterable<Section> {
  const { client } = stack;
  const customer = await client.customer();
  const perRun: number[] = [];
  const beforeLimit: number[] = [];
  const peaks: number[] = [];
  const estimates: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    progress(`worker, round ${round} of ${rounds}`);
    await client.behave(LATENCY);
    await using isolate = await stack.start("benchmark-worker");
    await using _ = await stack.route("benchmark-worker", isolate);
    const { cpuMs, peakMegabytes } = await isolate.measure(async () => {
      const id = await client.order(customer, ORDER);
      const { status } = await client.ended(id, 300_000);
      const { complete } = await client.runs(id);
      if (status !== "complete" || complete !== RUNS) {
        throw new Error(`report ${id} is ${status} with ${complete} of ${RUNS} runs complete`);
      }
    });
    perRun.push(cpuMs / RUNS);
    beforeLimit.push(Math.floor((LIMITS.cpuMs - isolate.evaluationMs) / (cpuMs / RUNS)));
    peaks.push(peakMegabytes);
    for (const { isolate_cpu_ms, measuredMs } of await isolate.workersEnded()) {
      estimates.push(isolate_cpu_ms / measuredMs);
    }
  }
  const title = `benchmark-worker, an order of ${RUNS} runs over ${ORDER.models.length} models`;
  yield {
    title: `${title}: CPU time`,
    unit: "ms a run",
    rows: [{ label: "a benchmark run", values: perRun, goal: { atMost: GOALS.runMs } }],
    notes: [
      `JavaScript thread, from the payment to the finished report. Simulated models answer after ${LATENCY.medianMs} ms.`,
    ],
  };
  yield {
    title: `${title}: what a worker takes the isolate's CPU time for as it ends`,
    unit: "estimate ÷ measured",
    rows: [{ label: "isolate_cpu_ms", values: estimates, goal: { atMost: GOALS.estimate } }],
    notes: [
      "An estimate that is too high lets a worker hand over early; one below 0.5 would let the runtime end it.",
    ],
  };
  yield {
    title: `${title}: work of one isolate`,
    unit: "runs",
    rows: [{ label: "runs before 2 s of CPU time", values: beforeLimit }],
    notes: ["What loading the modules leaves of the 2 s, divided by the CPU time of a run."],
  };
  yield {
    title: `${title}: peak memory`,
    unit: "MB",
    rows: [{
      label: "resident memory",
      values: peaks,
      limit: LIMITS.megabytes,
      goal: { atMost: GOALS.megabytes },
    }],
  };
}
