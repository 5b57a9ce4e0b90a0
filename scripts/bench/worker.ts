import type { Benchmark } from "./harness.ts";
import {
  BARE,
  measureWorkers,
  OURS,
  RUNS,
  startArena,
  type Workload,
} from "./worker_contenders.ts";

/** Workloads, with the least share of the ideal and of the bare script. */
const WORKLOADS: readonly (Workload & { readonly goal: number; readonly bareGoal: number })[] = [
  { models: 2, medianMs: 300, goal: 0.96, bareGoal: 0.99 },
  { models: 6, medianMs: 300, goal: 0.96, bareGoal: 0.99 },
  { models: 2, medianMs: 50, goal: 0.93, bareGoal: 0.98 },
  { models: 6, medianMs: 50, goal: 0.93, bareGoal: 0.98 },
];

/** Benchmark of the worker: the share of the allowed concurrent calls that it really uses. */
export const worker: Benchmark = {
  name: "worker",
  summary: "use of the allowed concurrency, beside a script with p-limit and openai",
  async *run(options) {
    await using arena = await startArena();
    for (const workload of WORKLOADS) {
      const { models, medianMs, goal, bareGoal } = workload;
      options.progress(`${models} models at ${medianMs} ms`);
      const results = await measureWorkers(arena, workload, options);
      yield {
        title: `Worker: ${RUNS} runs over ${models} models, median latency ${medianMs} ms`,
        unit: "ideal ÷ wall time",
        ratio: "results written ÷ it",
        rows: [
          results.row(OURS, "utilisation", {
            label: "ours, report finished",
            goal: { atLeast: goal },
          }),
          results.row(OURS, "written", { label: "ours, results written" }),
          results.row(BARE, "written", { dividend: OURS, goal: { atLeast: bareGoal } }),
        ],
        notes: [
          "Ideal: the larger of the sum of all latencies ÷ 10 and of one model's ÷ 3, as drawn by the provider.",
          "Ours starts with the first connection, with fsync on. The provider counted at most 10 calls at once and 3 per model.",
          "The script ends with its last answer read, ours with its last result written. Only ours then completes a report.",
        ],
      };
    }
  },
};
