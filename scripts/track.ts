/**
 * Tracks test suites: takes their reports in, and tells what became of tests and issues.
 *
 *     deno task track run -- npm test
 *     deno task track ingest reports/*.xml
 *     deno task track report compare previous latest
 *
 * Every run is a file in `results/` first and in the database then, now or at the next call.
 */
import { Command, Option } from "commander";
import { join, resolve } from "node:path";
import { z } from "zod";
import {
  EXPORT_FORMATS,
  type ExportFormat,
  exportRun,
} from "../supabase/functions/_shared/tracking/export_run.ts";
import { backfillChecklist, readObservationRuns } from "./track/backfill.ts";
import { deliver, type Delivery } from "./track/delivery.ts";
import { drawTrendSvg } from "./track/draw_trend_svg.ts";
import {
  formatChanges,
  formatComparison,
  formatInsights,
  formatIssues,
  formatTrend,
} from "./track/format_reports.ts";
import { findPlace } from "./track/place.ts";
import { readReportFile, toRecord, UnreadableFile } from "./track/read_report_files.ts";
import { compareRuns, readIssues, readLatestRuns, readRun, readRuns } from "./track/reports.ts";
import { ResultsFolder } from "./track/results_folder.ts";
import type { RunRecord } from "./track/run_record.ts";
import { slug } from "./track/run_record.ts";
import { runSuite } from "./track/run_suite.ts";
import type { Tracker } from "./track/tracker.ts";
import { watchFolder } from "./track/watch_folder.ts";
import { writeFile } from "./track/write_file.ts";

const commonSchema = z.object({ resultsDir: z.string(), stackDir: z.string() });
const saidSchema = commonSchema.extend({
  suite: z.string().min(1).max(200).optional(),
  branch: z.string().min(1).max(250).optional(),
  commit: z.string().regex(/^[0-9A-Za-z._-]{4,64}$/, "is no commit").optional(),
  timestamp: z.string().refine((text) => !Number.isNaN(Date.parse(text)), "is no time")
    .transform((text) => new Date(text).toISOString()).optional(),
  watcherModel: z.string().min(1).max(200).optional(),
  notes: z.string().max(20_000).optional(),
});
type Common = z.output<typeof commonSchema>;
type Said = z.output<typeof saidSchema>;

/** A sentence for the person at the terminal. */
class UsageError extends Error {
  override readonly name = "UsageError";
}

const program = new Command("track")
  .description("Take test reports in, and tell what became of tests and issues.");

function addCommand(parent: Command, nameAndArguments: string, description: string): Command {
  return parent.command(nameAndArguments).description(description)
    .option("--results-dir <folder>", "where every run is kept as JSON", "results")
    .option("--stack-dir <folder>", "whose stack to send to", ".stack");
}

function addSaid(command: Command): Command {
  return command
    .option("--suite <name>", "name of the suite; else the report's")
    .option("--branch <name>", "else the CI service's, else git's")
    .option("--commit <hash>", "else the CI service's, else git's")
    .option(
      "--timestamp <time>",
      "when the suite ran; else as seen, else the report's, else the file's",
    )
    .option("--watcher-model <name>", "has this model judge what failed or changed")
    .option("--notes <text>", "kept with the run");
}

/** Sends what waits and new records. */
async function bring(options: Common, records: readonly RunRecord[]): Promise<Delivery> {
  return await deliver(
    new ResultsFolder(options.resultsDir),
    await findPlace(options.stackDir),
    records,
  );
}

/** What waits is sent first, so that reports tell of it. */
async function ask(options: Common): Promise<Tracker> {
  const { tracker } = await bring(options, []);
  if (tracker === null) throw new UsageError("Reports need the database.");
  return tracker;
}

function toSaid({ suite, branch, commit, timestamp, watcherModel, notes }: Said) {
  return { suite, branch, commit, timestamp, watcherModel, notes };
}

addSaid(addCommand(program, "run", "run a suite and take its report in"))
  .argument("<command...>", "after --")
  .option(
    "--report <path>",
    "its report, or a pattern; again for more. Else what it writes and reads as one",
    (path: string, paths: string[]) => [...paths, path],
    [],
  )
  .action(async (command: string[], given: unknown) => {
    const options = saidSchema.extend({ report: z.array(z.string()) }).parse(given);
    const { code, startedAt, reports } = await runSuite(
      command,
      options.report,
      [options.resultsDir, options.stackDir],
      (message) => console.error(message),
    );
    // Whatever becomes of the report, the suite's own end is what counts.
    Deno.exitCode = code;
    if (reports.length === 0) {
      console.error("The command left no report that can be read: nothing was recorded.");
      return;
    }
    try {
      await bring(options, [toRecord(reports, toSaid(options), startedAt)]);
    } catch (error) {
      console.error(`Not tracked: ${error instanceof Error ? error.message : error}`);
    }
  });

addSaid(addCommand(program, "ingest", "take reports in, each as a run: JUnit, CTRF or our JSON"))
  .argument("<files...>", "in any of the formats")
  .option("--merge", "take the files together as one run")
  .action(async (paths: string[], given: unknown) => {
    const options = saidSchema.extend({ merge: z.boolean().default(false) }).parse(given);
    const records: RunRecord[] = [];
    const files = [];
    for (const path of paths) {
      try {
        files.push(await readReportFile(path));
      } catch (error) {
        if (!(error instanceof UnreadableFile)) throw error;
        console.error(error.message);
        Deno.exitCode = 1;
      }
    }
    if (options.merge) {
      if (files.length < paths.length) throw new UsageError("Nothing was taken in.");
      records.push(toRecord(files, toSaid(options)));
    } else records.push(...files.map((file) => toRecord([file], toSaid(options))));
    records.sort((one, other) => Date.parse(one.runTimestamp) - Date.parse(other.runTimestamp));
    const { refused } = await bring(options, records);
    if (refused > 0) Deno.exitCode = 1;
  });

addSaid(addCommand(program, "watch", "take reports in as they appear in a folder"))
  .argument("<folder>", "with the folders in it")
  .option("--settle <ms>", "how long a file must have been left alone", "500")
  .action(async (folder: string, given: unknown) => {
    const options = saidSchema.extend({ settle: z.coerce.number().min(0).max(60_000) })
      .parse(given);
    const stop = new AbortController();
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      Deno.addSignalListener(signal, () => stop.abort());
    }
    // What is written there is what was taken in: it would never end.
    const own = `${await realPathOf(options.resultsDir)}/`;
    console.log(`Watching ${folder}; Ctrl-C ends it.`);
    for await (const path of watchFolder(folder, options.settle, stop.signal)) {
      if (!/\.(xml|json)$/i.test(path) || (await realPathOf(path)).startsWith(own)) continue;
      try {
        await bring(options, [toRecord([await readReportFile(path)], toSaid(options))]);
      } catch (error) {
        if (!(error instanceof UnreadableFile)) throw error;
        console.error(error.message);
      }
    }
    Deno.exit(0);
  });

addSaid(addCommand(program, "backfill", "take over checklists (.md) and a watcher's observations"))
  .argument("<files...>", "ISSUES_CHECKLIST.md, watcher_observations/*.json")
  .action(async (paths: string[], given: unknown) => {
    const options = saidSchema.parse(given);
    const lists = paths.filter((path) => /\.(md|markdown)$/i.test(path));
    const runs = await readObservationRuns(paths.filter((path) => !lists.includes(path)));
    const records = runs.map((files) => toRecord(files, toSaid(options)))
      .sort((one, other) => Date.parse(one.runTimestamp) - Date.parse(other.runTimestamp));
    const { tracker, refused } = await bring(options, records);
    if (refused > 0) Deno.exitCode = 1;
    if (lists.length === 0) return;
    if (tracker === null) {
      throw new UsageError("Checklists need the database: nothing of them was taken over.");
    }
    for (const path of lists) await backfillChecklist(tracker, path, options.suite ?? "default");
  });

const report = program.command("report").description("tell what became of tests and issues");

function addReport(nameAndArguments: string, description: string): Command {
  return addCommand(report, nameAndArguments, description)
    .option("--suite <name>", "of this suite only")
    .option("--branch <name>", "of this branch only");
}

const filterSchema = commonSchema.extend({
  suite: z.string().optional(),
  branch: z.string().optional(),
});

addReport("trend", "pass rate, duration, cost and quality over time, also as an SVG")
  .option("--last <number>", "how many runs", "30")
  .option("--svg <file>", "where to draw it; else in the results folder")
  .action(async (given: unknown) => {
    const options = filterSchema.extend({
      last: z.coerce.number().int().min(1).max(1_000),
      svg: z.string().optional(),
    }).parse(given);
    const runs = await readRuns((await ask(options)).client, options, options.last);
    if (runs.length === 0) throw new UsageError("There are no complete runs.");
    console.log(formatTrend(runs));
    const file = options.svg ??
      join(
        options.resultsDir,
        `trend-${options.suite === undefined ? "all" : slug(options.suite)}.svg`,
      );
    await writeFile(file, drawTrendSvg(runs));
    console.log(`Drawn in ${file}`);
  });

addReport("compare", "two runs test by test: regressed, new, recurring, fixed, not run")
  .argument("<before>", "a run's number, or previous")
  .argument("<after>", "a run's number, or latest")
  .action(async (first: string, second: string, given: unknown) => {
    const options = filterSchema.parse(given);
    const { client } = await ask(options);
    const latest = async () => {
      const run = (await readRuns(client, options, 1)).at(-1);
      if (run === undefined) throw new UsageError("There are no complete runs.");
      return run;
    };
    const after = second === "latest" ? await latest() : await readRun(client, readId(second));
    if (first === "previous" && after.previous_run_id === null) {
      throw new UsageError(`Run ${after.run_id} is the first of its suite and branch.`);
    }
    const before = await readRun(
      client,
      first === "previous" ? after.previous_run_id ?? 0 : readId(first),
    );
    console.log(
      formatComparison(before, after, await compareRuns(client, before.run_id, after.run_id)),
    );
  });

addReport(
  "regressions",
  "what fails in the latest runs and did not in those before; exit code 1 if any",
)
  .action(async (given: unknown) => {
    const options = filterSchema.parse(given);
    const { client } = await ask(options);
    let isAny = false;
    for (const run of await readLatestRuns(client, options)) {
      if (run.previous_run_id === null) continue;
      const { changes } = await compareRuns(client, run.previous_run_id, run.run_id);
      const worse = changes.filter(({ bucket }) => bucket === "regressed" || bucket === "new");
      if (worse.length === 0) continue;
      isAny = true;
      console.log(`${run.suite} on ${run.branch_name}, run ${run.run_id}`);
      console.log(formatChanges(worse));
    }
    const back = (await readIssues(client, options)).filter(({ trend, status }) =>
      trend === "regressed" && status !== "WONT_FIX"
    );
    if (back.length > 0) console.log(`Issues that came back\n${formatIssues(back)}`);
    if (isAny || back.length > 0) Deno.exitCode = 1;
    else console.log("Nothing has regressed.");
  });

addReport("issues", "issues, the open and the worst first")
  .addOption(
    new Option("--status <status>", "only these")
      .choices(["OPEN", "IN_PROGRESS", "RESOLVED", "WONT_FIX"]),
  )
  .action(async (given: unknown) => {
    const options = filterSchema.extend({ status: z.string().optional() }).parse(given);
    const issues = await readIssues((await ask(options)).client, options);
    console.log(issues.length === 0 ? "No issues." : formatIssues(issues));
  });

addReport("flaky", "tests that are flaky, broken, slower or costlier than they were")
  .action(async (given: unknown) => {
    const options = filterSchema.parse(given);
    const tracker = await ask(options);
    let isAny = false;
    for (const { suite, branch_name: branch } of await readLatestRuns(tracker.client, options)) {
      const text = formatInsights(await tracker.readInsights(suite, branch));
      if (text === "") continue;
      isAny = true;
      console.log(`${suite} on ${branch}\n${text}`);
    }
    if (!isAny) console.log("No test is flaky, broken, slower or costlier.");
  });

addReport("export", "a run as a file: in the database by its number, or an archived JSON file")
  .argument("<run>", "a run's number, or a file")
  .addOption(
    new Option("--format <format>", "what to write").choices([...EXPORT_FORMATS]).default("json"),
  )
  .option("--output <file>", "else it is printed")
  .action(async (run: string, given: unknown) => {
    const options = filterSchema.extend({
      format: z.enum(EXPORT_FORMATS),
      output: z.string().optional(),
    }).parse(given);
    const text = await exportText(run, options.format, options);
    if (options.output === undefined) await Deno.stdout.write(new TextEncoder().encode(text));
    else await writeFile(options.output, text);
  });

addReport("observations", "what the watcher said of a run, as a file that backfill reads")
  .argument("<run>", "a run's number")
  .option("--output <file>", "else it is printed")
  .action(async (run: string, given: unknown) => {
    const options = filterSchema.extend({ output: z.string().optional() }).parse(given);
    const text = await (await ask(options)).readObservations(readId(run));
    if (options.output === undefined) await Deno.stdout.write(new TextEncoder().encode(text));
    else await writeFile(options.output, text);
  });

async function exportText(run: string, format: ExportFormat, options: Common): Promise<string> {
  if (!/^\d+$/.test(run)) return exportRun((await readReportFile(run)).report, format).text;
  return await (await ask(options)).export(readId(run), format);
}

async function realPathOf(path: string): Promise<string> {
  return await Deno.realPath(path).catch(() => resolve(path));
}

function readId(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new UsageError(`${text} is no run's number.`);
}

try {
  await program.parseAsync(Deno.args, { from: "user" });
} catch (error) {
  console.error(
    error instanceof z.ZodError
      ? error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("\n")
      : error instanceof Error
      ? error.message
      : String(error),
  );
  Deno.exitCode = 1;
}
