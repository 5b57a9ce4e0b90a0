/**
 * Tracks test suites: stores their reports, and shows changes of tests and issues.
 *
 *     deno task track run -- npm test
 *     deno task track ingest reports/*.xml
 *     deno task track report compare previous latest
 *
 * Every run is first written to `results/` and then sent to the database, now or at the next call.
 */
import { messageOf, runProgram } from "./support/command.ts";
import { Command, Option } from "commander";
import { join, resolve } from "node:path";
import { z } from "zod";
import {
  EXPORT_FORMATS,
  exportRun,
} from "../supabase/functions/_shared/tracking/formats/export_run.ts";
import { backfillChecklist, readReviewRuns } from "./track/backfill.ts";
import { ISSUE_STATUSES } from "../supabase/functions/_shared/tracking/run_reports.ts";
import { deliver, type Delivery } from "./track/delivery.ts";
import { drawTrendSvg } from "./track/draw_trend_svg.ts";
import {
  formatChanges,
  formatComparison,
  formatInsights,
  formatIssues,
  formatTrend,
} from "./track/format_reports.ts";
import { findDestination } from "./track/destination.ts";
import { readIfReadable, readReportFile, toRecord } from "./track/read_report_files.ts";
import { compareRuns, readIssues, readLatestRuns, readRun, readRuns } from "./track/reports.ts";
import { ResultsFolder } from "./track/results_folder.ts";
import { type RunRecord, slug } from "./track/run_record.ts";
import { detailsSchema } from "./track/run_details.ts";
import { runSuite } from "./track/run_suite.ts";
import type { Tracker } from "./track/tracker.ts";
import { watchFolder } from "./track/watch_folder.ts";
import { writeFile } from "./track/files.ts";
import { print, printData, printError } from "./support/terminal.ts";

const commonSchema = z.object({
  resultsDir: z.string(),
  stackDir: z.string(),
  key: z.string().startsWith("mp_", "A key of an account begins with mp_.").optional(),
});
const saidSchema = commonSchema.extend(detailsSchema.shape);
type Common = z.output<typeof commonSchema>;

const program = new Command("track")
  .description("Store test reports, and show changes of tests and issues.");

function addCommand(parent: Command, nameAndArguments: string, description: string): Command {
  return parent.command(nameAndArguments).description(description)
    .option("--results-dir <folder>", "folder for the JSON of every run", "results")
    .option("--stack-dir <folder>", "folder of the stack to send to", ".stack")
    .addOption(
      new Option("--key <key>", "key of the account, mp_…, with the scopes read and track")
        .env("MODELPICK_KEY"),
    );
}

function addSaid(command: Command): Command {
  return command
    .option("--suite <name>", "name of the suite (default: the report's)")
    .option("--branch <name>", "branch (default: the CI service's, else git's)")
    .option("--commit <hash>", "commit (default: the CI service's, else git's)")
    .option(
      "--timestamp <time>",
      "start of the suite (default: as observed, else the report's, else the file's)",
    )
    .option("--watcher-model <name>", "model that reviews results that failed or changed")
    .option("--notes <text>", "notes to store with the run");
}

/** Sends the waiting records and the given ones, the oldest first. */
async function sendRecords(options: Common, records: readonly RunRecord[]): Promise<Delivery> {
  return await deliver(
    new ResultsFolder(options.resultsDir),
    await findDestination(options.stackDir, options.key),
    records.toSorted((one, other) => Date.parse(one.runTimestamp) - Date.parse(other.runTimestamp)),
  );
}

/** Returns a tracker for reports. Sends the waiting records first, so that reports include them. */
async function connect(options: Common): Promise<Tracker> {
  const { tracker } = await sendRecords(options, []);
  if (tracker === null) {
    throw new Error("Reports need the database: start the local stack or set TRACK_URL.");
  }
  return tracker;
}

addSaid(addCommand(program, "run", "run a suite and store its report"))
  .argument("<command...>", "the command, after --")
  .option(
    "--report <path>",
    "path or pattern of its report, repeatable (default: every report that it writes)",
    (path: string, paths: string[]) => [...paths, path],
    [],
  )
  .action(async (command: string[], given: unknown) => {
    const options = saidSchema.extend({ report: z.array(z.string()) }).parse(given);
    const { code, startedAt, reports } = await runSuite(
      command,
      options.report,
      [options.resultsDir, options.stackDir],
      printError,
    );
    // The exit code is always the suite's, even if its report cannot be stored.
    Deno.exitCode = code;
    if (reports.length === 0) {
      printError("The command wrote no readable report: nothing was recorded.");
      return;
    }
    try {
      await sendRecords(options, [toRecord(reports, options, startedAt)]);
    } catch (error) {
      printError(`Not tracked: ${error instanceof Error ? error.message : error}`);
    }
  });

addSaid(addCommand(program, "ingest", "store reports, each as a run: JUnit, CTRF or our JSON"))
  .argument("<files...>", "files in any of the formats")
  .option("--merge", "store the files together as one run")
  .action(async (paths: string[], given: unknown) => {
    const options = saidSchema.extend({ merge: z.boolean().default(false) }).parse(given);
    const files = [];
    for (const path of paths) files.push(...await readIfReadable(path, printError));
    const isEveryRead = files.length === paths.length;
    if (options.merge && !isEveryRead) {
      throw new Error("Nothing was stored: with --merge every file must be readable.");
    }
    const runs = options.merge ? [files] : files.map((file) => [file]);
    const { refused } = await sendRecords(options, runs.map((run) => toRecord(run, options)));
    if (refused > 0 || !isEveryRead) Deno.exitCode = 1;
  });

addSaid(addCommand(program, "watch", "store reports as they appear in a folder"))
  .argument("<folder>", "the folder, with its subfolders")
  .option("--settle <ms>", "milliseconds that a file must be unchanged", "500")
  .action(async (folder: string, given: unknown) => {
    const options = saidSchema.extend({ settle: z.coerce.number().min(0).max(60_000) })
      .parse(given);
    const stop = new AbortController();
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      Deno.addSignalListener(signal, () => stop.abort());
    }
    // The results folder is skipped: a stored run would be stored again without end.
    const own = `${await realPathOf(options.resultsDir)}/`;
    print(`Watching ${folder}. Press Ctrl-C to stop.`);
    for await (const path of watchFolder(folder, options.settle, stop.signal)) {
      if (!/\.(xml|json)$/i.test(path) || (await realPathOf(path)).startsWith(own)) continue;
      const files = await readIfReadable(path, printError);
      if (files.length > 0) await sendRecords(options, [toRecord(files, options)]);
    }
    Deno.exit(0);
  });

addSaid(addCommand(program, "backfill", "import checklists (.md) and files of a watcher's reviews"))
  .argument("<files...>", "ISSUES_CHECKLIST.md, watcher_observations/*.json")
  .action(async (paths: string[], given: unknown) => {
    const options = saidSchema.parse(given);
    const lists = paths.filter((path) => /\.(md|markdown)$/i.test(path));
    const runs = await readReviewRuns(paths.filter((path) => !lists.includes(path)));
    const records = runs.map((files) => toRecord(files, options));
    const { tracker, refused } = await sendRecords(options, records);
    if (refused > 0) Deno.exitCode = 1;
    if (lists.length === 0) return;
    if (tracker === null) {
      throw new Error("Checklists need the database: no checklist was imported.");
    }
    for (const path of lists) await backfillChecklist(tracker, path, options.suite ?? "default");
  });

const report = program.command("report").description("show changes of tests and issues");

function addReport(nameAndArguments: string, description: string): Command {
  return addCommand(report, nameAndArguments, description)
    .option("--suite <name>", "only this suite")
    .option("--branch <name>", "only this branch");
}

const filterSchema = commonSchema.extend({
  suite: z.string().optional(),
  branch: z.string().optional(),
});

addReport("trend", "pass rate, duration, cost and quality over time, also as an SVG")
  .option("--last <number>", "number of runs", "30")
  .option("--svg <file>", "file to draw to (default: in the results folder)")
  .action(async (given: unknown) => {
    const options = filterSchema.extend({
      last: z.coerce.number().int().min(1).max(1_000),
      svg: z.string().optional(),
    }).parse(given);
    const runs = await readRuns(await connect(options), options, options.last);
    if (runs.length === 0) throw new Error("There are no complete runs.");
    print(formatTrend(runs));
    const name = options.suite === undefined ? "all" : slug(options.suite);
    const file = options.svg ?? join(options.resultsDir, `trend-${name}.svg`);
    await writeFile(file, drawTrendSvg(runs));
    print(`Chart written to ${file}`);
  });

addReport("compare", "two runs test by test: regressed, new, recurring, fixed, not run")
  .argument("<before>", "a run's number, or previous")
  .argument("<after>", "a run's number, or latest")
  .action(async (first: string, second: string, given: unknown) => {
    const options = filterSchema.parse(given);
    const tracker = await connect(options);
    const after = second === "latest"
      ? (await readRuns(tracker, options, 1)).at(-1)
      : await readRun(tracker, readId(second));
    if (after === undefined) throw new Error("There are no complete runs.");
    const beforeId = first === "previous" ? after.previous_run_id : readId(first);
    if (beforeId === null) {
      throw new Error(`Run ${after.run_id} is the first of its suite and branch.`);
    }
    const before = await readRun(tracker, beforeId);
    print(formatComparison(before, after, await compareRuns(tracker, beforeId, after.run_id)));
  });

addReport(
  "regressions",
  "tests that fail in the latest run and did not in the one before; exit code 1 if any",
)
  .action(async (given: unknown) => {
    const options = filterSchema.parse(given);
    const tracker = await connect(options);
    let isAny = false;
    for (const run of await readLatestRuns(tracker, options)) {
      if (run.previous_run_id === null) continue;
      const { changes } = await compareRuns(tracker, run.previous_run_id, run.run_id);
      const worse = changes.filter(({ bucket }) => bucket === "regressed" || bucket === "new");
      if (worse.length === 0) continue;
      isAny = true;
      print(`${run.suite} on ${run.branch_name}, run ${run.run_id}`);
      print(formatChanges(worse));
    }
    const back = (await readIssues(tracker, options)).filter(({ trend, status }) =>
      trend === "regressed" && status !== "WONT_FIX"
    );
    if (back.length > 0) print(`Issues that came back\n${formatIssues(back)}`);
    if (isAny || back.length > 0) Deno.exitCode = 1;
    else print("No regressions.");
  });

addReport("issues", "issues, open ones and those of high priority first")
  .addOption(
    new Option("--status <status>", "only issues of this status")
      .choices([...ISSUE_STATUSES]),
  )
  .action(async (given: unknown) => {
    const options = filterSchema.extend({ status: z.string().optional() }).parse(given);
    const issues = await readIssues(await connect(options), options);
    print(issues.length === 0 ? "No issues." : formatIssues(issues));
  });

addReport("flaky", "tests that are flaky, broken, slower or costlier than before")
  .action(async (given: unknown) => {
    const options = filterSchema.parse(given);
    const tracker = await connect(options);
    let isAny = false;
    for (const { suite, branch_name: branch } of await readLatestRuns(tracker, options)) {
      const text = formatInsights(await tracker.readInsights(suite, branch));
      if (text === "") continue;
      isAny = true;
      print(`${suite} on ${branch}\n${text}`);
    }
    if (!isAny) print("No test is flaky, broken, slower or costlier.");
  });

addReport("export", "a run as a file: in the database by its number, or an archived JSON file")
  .argument("<run>", "a run's number, or a file")
  .addOption(
    new Option("--format <format>", "format of the file").choices([...EXPORT_FORMATS]).default(
      "json",
    ),
  )
  .option("--output <file>", "file to write (default: standard output)")
  .action(async (run: string, given: unknown) => {
    const options = filterSchema.extend({
      format: z.enum(EXPORT_FORMATS),
      output: z.string().optional(),
    }).parse(given);
    const text = /^\d+$/.test(run)
      ? await (await connect(options)).export(readId(run), options.format)
      : exportRun((await readReportFile(run)).report, options.format).text;
    await output(text, options.output);
  });

addReport("observations", "the watcher's reviews of a run, as a file that backfill reads")
  .argument("<run>", "a run's number")
  .option("--output <file>", "file to write (default: standard output)")
  .action(async (run: string, given: unknown) => {
    const options = filterSchema.extend({ output: z.string().optional() }).parse(given);
    await output(await (await connect(options)).readReviews(readId(run)), options.output);
  });

/** Writes a text to a file; without one, to standard output. */
async function output(text: string, file: string | undefined): Promise<void> {
  if (file === undefined) printData(text);
  else await writeFile(file, text);
}

async function realPathOf(path: string): Promise<string> {
  return await Deno.realPath(path).catch(() => resolve(path));
}

function readId(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new Error(`${text} is not the number of a run.`);
}

await runProgram(program, (error) => {
  if (!(error instanceof z.ZodError)) return messageOf(error);
  return error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("\n");
});
