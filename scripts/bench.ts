/**
 * Measures the product beside peers and limits. Contenders take turns in at least five rounds; the
 * printed tables show medians, ranges, ratios and whether goals are met.
 *
 *     deno task bench [name …]
 */
import { Command, InvalidArgumentError } from "commander";
import { answers } from "./bench/answers.ts";
import { chat } from "./bench/chat.ts";
import { compare } from "./bench/compare.ts";
import { coverage } from "./bench/coverage.ts";
import { datasets } from "./bench/datasets.ts";
import { type Benchmark, isMet, renderSection } from "./bench/harness.ts";
import { gate } from "./bench/gate.ts";
import { hosted } from "./bench/hosted/hosted.ts";
import { outage } from "./bench/outage.ts";
import { promptCells } from "./bench/prompt_cells.ts";
import { prompts } from "./bench/prompts.ts";
import { queue } from "./bench/queue.ts";
import { race } from "./bench/race.ts";
import { realtime } from "./bench/realtime.ts";
import { recommend } from "./bench/recommend.ts";
import { reportSize } from "./bench/report_size.ts";
import { runCost } from "./bench/run_cost.ts";
import { start } from "./bench/start.ts";
import { telemetry } from "./bench/telemetry.ts";
import { tracking } from "./bench/tracking.ts";
import { verdict } from "./bench/verdict.ts";
import { views } from "./bench/views.ts";
import { worker } from "./bench/worker.ts";

const benchmarks: readonly Benchmark[] = [
  answers,
  queue,
  worker,
  runCost,
  reportSize,
  start,
  realtime,
  coverage,
  verdict,
  race,
  recommend,
  compare,
  outage,
  chat,
  gate,
  views,
  tracking,
  promptCells,
  telemetry,
  prompts,
  datasets,
  hosted,
];

function parsePositive(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) {
    throw new InvalidArgumentError("Use a positive whole number.");
  }
  return number;
}

const program = new Command("bench")
  .description("Measure the product beside peers and limits.")
  .argument("[names...]", "benchmarks to run; all by default")
  .option("--rounds <number>", "measured rounds, after one warm-up round", parsePositive, 5)
  .option("--minutes <number>", "length of the search for statements", parsePositive, 1)
  .option("--strict", "exit with 1 if a goal is missed")
  .addHelpText(
    "after",
    `\nBenchmarks:\n${
      benchmarks.map(({ name, summary }) => `  ${name.padEnd(13)} ${summary}`).join("\n")
    }`,
  )
  .action(async (names: string[], options: { rounds: number; minutes: number; strict?: true }) => {
    const unknown = names.filter((name) => !benchmarks.some((known) => known.name === name));
    if (unknown.length > 0) program.error(`unknown benchmark: ${unknown.join(", ")}`);
    let missed = 0;
    for (const { name, run } of benchmarks) {
      if (names.length > 0 && !names.includes(name)) continue;
      const progress = (message: string) => console.error(`[bench:${name}] ${message}`);
      for await (const section of run({ ...options, progress })) {
        console.log(`\n${renderSection(section)}`);
        missed += section.rows.filter((row) => isMet(row) === false).length;
      }
    }
    console.log(missed === 0 ? "\nAll goals are met." : `\nMissed goals: ${missed}.`);
    if (options.strict && missed > 0) Deno.exitCode = 1;
  });

await program.parseAsync(Deno.args, { from: "user" });
