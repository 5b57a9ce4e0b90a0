import { setTimeout as pause } from "node:timers/promises";
import { connectDatabase } from "../../supabase/functions/_shared/platform/database.ts";
import { DEFAULT_WORKER_LIMITS } from "../../supabase/functions/_shared/platform/jobs/run_worker.ts";
import type { Behaviour, Outcome } from "../services/openrouter/behaviour.ts";
import { connect, startBenchDatabase } from "./bench_database.ts";
import type { Benchmark, Goal, Section } from "./harness.ts";
import { startSimulatedProvider } from "./simulated_provider.ts";
import { modelIds, payForReport, teachProvider, workOnReport } from "./worker_contenders.ts";

const OUTAGE_MS = 60_000;
const RUNS = 200;
const MODELS = modelIds(4);
const IN_FLIGHT = 10;
/** Budget reserved for one call, in USD: four models, two of which think before they answer. */
const RESERVED_USD = 0.037;
/** Timeout of a call in milliseconds. The product waits 60 s. */
const TIMEOUT_MS = 5_000;
/** Pauses of 1, 2, 4 … s allow one more call each if the list of models is answered. */
const PROBES = 6;

interface Kind {
  readonly label: string;
  readonly outcome: Outcome | null;
  /** True if the provider still answers requests for its list of models. */
  readonly isInferenceOnly?: boolean;
}

const KINDS: readonly Kind[] = [
  { label: "no outage", outcome: null },
  { label: "connections reset", outcome: "disconnect" },
  { label: "502", outcome: "bad_gateway" },
  { label: "error in the body of a 200", outcome: "error_in_body" },
  { label: "no answer", outcome: "hang" },
  {
    label: "error in a 200, list of models available",
    outcome: "error_in_body",
    isInferenceOnly: true,
  },
];

/** Figures of one report. */
type Metric =
  | "runs"
  | "spentUsd"
  | "writtenOffUsd"
  | "writtenOffCalls"
  | "billedUsd"
  | "calls"
  | "seconds";

/** Benchmark of the cost of one minute of provider outage: money, lost runs and time. */
export const outage: Benchmark = {
  name: "outage",
  summary: "cost, runs and duration of a report during each kind of 60 s outage",
  async *run({ progress }) {
    await using database = await startBenchDatabase({ copies: KINDS.length });
    progress(`one report of ${RUNS} runs per outage, at the same time`);
    const trials = await Promise.all(
      KINDS.map((kind, index) => makeTrial(database.copies[index] ?? "", kind)),
    );
    const section = (
      title: string,
      unit: string,
      metric: Metric,
      goalOf: (kind: Kind) => Goal | undefined = () => undefined,
    ): Section => ({
      title,
      unit,
      rows: KINDS.map((kind, index) => ({
        label: kind.label,
        values: [trials[index]?.[metric] ?? NaN],
        goal: goalOf(kind),
      })),
    });
    yield {
      ...section(
        `Outage of ${OUTAGE_MS / 1000} s: completed runs of ${RUNS}`,
        "runs",
        "runs",
        () => ({ atLeast: RUNS }),
      ),
      notes: [
        `${MODELS.length} models, median latency 200 ms, outage from the first answer on; one round.`,
        `A call times out after ${TIMEOUT_MS / 1000} s and reserves ${RESERVED_USD} USD.`,
      ],
    };
    yield {
      ...section("Outage: calls written off", "calls", "writtenOffCalls", (kind) => ({
        atMost: writeOffsOf(kind),
      })),
      notes: [
        `At most the ${IN_FLIGHT} calls in flight when it began. The free list of models shows when it is over; ` +
        `if that list stays available, ${PROBES} calls find out.`,
      ],
    };
    yield section("Outage: written off", "USD", "writtenOffUsd");
    yield section("Outage: spent by our books", "USD", "spentUsd");
    yield section("Outage: billed by the provider", "USD", "billedUsd");
    yield section("Outage: calls made", "calls", "calls");
    yield section("Outage: time until the report ended", "s", "seconds");
  },
};

/** Returns the largest number of calls that an outage may cost. */
function writeOffsOf({ outcome, isInferenceOnly = false }: Kind): number {
  if (outcome === null) return 0;
  return IN_FLIGHT + (isInferenceOnly ? PROBES : 0);
}

async function makeTrial(
  databaseUrl: string,
  { outcome, isInferenceOnly = false }: Kind,
): Promise<Record<Metric, number>> {
  await using provider = await startSimulatedProvider();
  await using sql = connect(databaseUrl);
  await using stack = new AsyncDisposableStack();
  const worker = connectDatabase(databaseUrl, { name: "bench", max: 1 });
  stack.defer(() => worker.end());
  await teachProvider(provider);
  await provider.reset({ medianMs: 200, sigma: 0.3, fetchImages: false, rates: {} });
  const report = await payForReport(
    { sql, workers: sql },
    { models: MODELS, runs: RUNS, reservedCost: RESERVED_USD },
  );
  const begun = performance.now();
  const first = Promise.withResolvers<void>();
  const ending = workToTheEnd();
  await first.promise;
  if (outcome !== null) {
    await setRates({ [outcome]: 1 });
    await pause(OUTAGE_MS);
    await setRates({});
  }
  await ending;
  const { calls, models } = await provider.statistics();
  const [books] = await sql<[Record<Exclude<Metric, "billedUsd" | "calls" | "seconds">, number>]>`
    select g.spent_usd::float8 as "spentUsd", g.written_off_usd::float8 as "writtenOffUsd", (
        select count(*)::int from public.benchmark_runs r
        where r.report_id = g.id and r.status = 'complete' and r.is_valid_json
      ) as runs, (
        select count(*)::int from private.cost_ledger l
        where l.group_id = g.id and l.state = 'written_off'
      ) as "writtenOffCalls"
    from private.job_groups g where g.id = ${report}`;
  return {
    ...books,
    billedUsd: Object.values(models).reduce((sum, { cost }) => sum + cost, 0),
    calls,
    seconds: (performance.now() - begun) / 1000,
  };

  /** Sets the fault rates of single models. These do not affect the provider's list of models. */
  async function setRates(rates: NonNullable<Behaviour["rates"]>): Promise<void> {
    const models = Object.fromEntries(MODELS.map((id) => [id, { rates }]));
    await provider.change(isInferenceOnly ? { models } : { rates });
  }

  /** Starts a worker wherever work is due, as the queue's triggers and cron job do. */
  async function workToTheEnd(): Promise<void> {
    const limits = { ...DEFAULT_WORKER_LIMITS, jobTimeoutMs: TIMEOUT_MS };
    while (true) {
      await workOnReport(worker, provider, report, { limits, onWritten: first.resolve });
      const [{ hasEnded }] = await sql<[{ hasEnded: boolean }]>`
        select status in ('complete', 'failed') as "hasEnded" from public.reports
        where id = ${report}`;
      if (hasEnded) return;
      await pause(1_000);
      await sql`select private.sweep_queue()`;
    }
  }
}
