import { z } from "zod";
import type { Benchmark } from "./harness.ts";
import { BARE, measureWorkers, OURS, RUNS, startArena } from "./worker_contenders.ts";

const WORKLOAD = { models: 6, medianMs: 50 };
const GOALS = { statements: 1.05, cpuMs: 4 };
const FUNCTION = `${import.meta.dirname}/../../supabase/functions/benchmark-worker`;
const EMAIL_MODULE = /resend|\/hono@|nodemailer|_shared\/email\//;

/** Benchmark of one run's cost: statements and rows, CPU time and imports of the worker. */
export const runCost: Benchmark = {
  name: "run-cost",
  summary: "SQL statements and CPU time of one run, beside a script with p-limit and openai",
  async *run(options) {
    await using arena = await startArena();
    const results = await measureWorkers(arena, WORKLOAD, options);
    yield {
      title: `Cost of a run: SQL, over ${RUNS} runs`,
      unit: "statements a run",
      rows: [results.row(OURS, "statements", { goal: { atMost: GOALS.statements } })],
      notes: ["All statements of the worker, from its registration to its end."],
    };
    yield {
      title: `Cost of a run: CPU time, over ${RUNS} runs`,
      unit: "ms a run",
      ratio: "ours ÷ it",
      rows: [
        results.row(OURS, "cpu", { goal: { atMost: GOALS.cpuMs } }),
        results.row(BARE, "cpu", { dividend: OURS }),
      ],
      notes: ["User and system time of the whole process, all threads."],
    };
    const modules = await modulesOfWorker();
    yield {
      title: "Cost of a run: imports of the worker's isolate",
      unit: "count",
      rows: [
        { label: "modules and packages", values: [modules.length] },
        {
          label: "of them for e-mail",
          values: [modules.filter((module) => EMAIL_MODULE.test(module)).length],
          goal: { atMost: 0 },
        },
      ],
    };
  },
};

const graphSchema = z.object({
  modules: z.array(z.object({ specifier: z.string(), error: z.string().optional() })),
  npmPackages: z.record(z.string(), z.unknown()),
});

/** Returns every module and npm package that the function imports, by its own import map. */
async function modulesOfWorker(): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["info", "--json", "--no-lock"],
      ...["--config", `${FUNCTION}/deno.json`, `${FUNCTION}/index.ts`],
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).output();
  const { modules, npmPackages } = graphSchema.parse(JSON.parse(new TextDecoder().decode(stdout)));
  const broken = modules.find(({ error }) => error !== undefined);
  if (broken !== undefined) throw new Error(`${broken.specifier}: ${broken.error}`);
  return [...modules.map(({ specifier }) => specifier), ...Object.keys(npmPackages)];
}
