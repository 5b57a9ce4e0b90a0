import { glob } from "node:fs/promises";
import { resolve } from "node:path";
import { findNewReports, lookAtFolder } from "./find_reports.ts";
import { readIfReadable, type ReportFile } from "./read_report_files.ts";

/** Exit code and reports of a suite. */
export interface SuiteRun {
  readonly code: number;
  readonly startedAt: Date;
  readonly reports: readonly ReportFile[];
}

/**
 * Runs a command in this terminal and reads its reports: the files of the given patterns, else every new
 * or changed file that is a report.
 *
 * @param excluded folders whose files do not belong to the suite.
 */
export async function runSuite(
  command: readonly string[],
  patterns: readonly string[],
  excluded: readonly string[],
  tell: (message: string) => void,
): Promise<SuiteRun> {
  const [program = "", ...args] = command;
  const isGiven = patterns.length > 0;
  const before = isGiven ? null : await lookAtFolder(Deno.cwd(), excluded);
  const startedAt = new Date();
  // Ctrl-C also reaches the suite, whose report is still wanted.
  const stay = () => {};
  Deno.addSignalListener("SIGINT", stay);
  const code = await start(program, args, tell);
  Deno.removeSignalListener("SIGINT", stay);
  if (before !== null) {
    const after = await lookAtFolder(Deno.cwd(), excluded);
    const reports = ofOneFormat(await findNewReports(before, after, tell), tell);
    return { code, startedAt, reports };
  }
  const reports: ReportFile[] = [];
  for await (const found of glob([...patterns])) {
    const path = resolve(found);
    const { mtime } = await Deno.stat(path);
    // Two seconds of tolerance for the coarse clocks of file systems.
    if (mtime !== null && mtime.getTime() < startedAt.getTime() - 2_000) {
      tell(`${path} is older than this run and was ignored.`);
      continue;
    }
    reports.push(...await readIfReadable(path, tell));
  }
  return { code, startedAt, reports };
}

async function start(
  program: string,
  args: string[],
  tell: (message: string) => void,
): Promise<number> {
  try {
    const child = new Deno.Command(program, { args, stdin: "inherit" }).spawn();
    return (await child.status).code;
  } catch (error) {
    tell(`${program} cannot be run: ${error instanceof Error ? error.message : error}`);
    // Exit codes of a shell: command not found, command not executable.
    return error instanceof Deno.errors.NotFound ? 127 : 126;
  }
}

/** Returns the reports of the format with the most results. A runner may write the same in several. */
function ofOneFormat(
  reports: readonly ReportFile[],
  tell: (message: string) => void,
): readonly ReportFile[] {
  const formats = Map.groupBy(reports, ({ report }) => report.format);
  if (formats.size < 2) return reports;
  const [best = []] = [...formats.values()].toSorted((one, other) => size(other) - size(one));
  for (const file of reports) {
    if (!best.includes(file)) {
      tell(`${file.path} was ignored: other files have the results in another format.`);
    }
  }
  return best;
}

function size(files: readonly ReportFile[]): number {
  return files.reduce((sum, { report }) => sum + report.results.length, 0);
}
