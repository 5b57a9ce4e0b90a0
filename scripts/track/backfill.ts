import { dirname } from "node:path";
import { ReportError } from "../../supabase/functions/_shared/tracking/formats/report_model.ts";
import { readChecklist } from "./read_checklist.ts";
import { readReviewFile } from "./read_review_file.ts";
import { type ReportFile, UnreadableFile } from "./read_report_files.ts";
import type { Tracker } from "./tracker.ts";
import { print, printError } from "../support/terminal.ts";

/** Imports the issues of a checklist and prints the lines that it could not read. */
export async function backfillChecklist(
  tracker: Tracker,
  path: string,
  suite: string,
): Promise<void> {
  const { issues, unknown } = readChecklist(await Deno.readTextFile(path));
  for (const { line, text, reason } of unknown) {
    printError(`${path}:${line}: ${reason}: ${text}`);
  }
  const { added, changed, known } = await tracker.importIssues(suite, issues);
  print(
    `${path}: ${issues.length} issues, ${added} added, ${changed} changed, ${known} known already` +
      (unknown.length === 0 ? "" : `; ${unknown.length} lines could not be read`),
  );
}

/**
 * Reads files of reviews and groups them into runs. A file with several reviews is one run; all files
 * of a folder with one review each are one run together.
 *
 * @throws {UnreadableFile}
 */
export async function readReviewRuns(paths: readonly string[]): Promise<ReportFile[][]> {
  const files = await Promise.all(paths.toSorted().map(readFile));
  const single = files.filter(({ report }) => report.results.length === 1);
  return [
    ...files.filter(({ report }) => report.results.length > 1).map((file) => [file]),
    ...Map.groupBy(single, ({ path }) => dirname(path)).values(),
  ];
}

async function readFile(path: string): Promise<ReportFile> {
  try {
    const text = await Deno.readTextFile(path);
    const { mtime } = await Deno.stat(path);
    return { path, text, report: readReviewFile(text), writtenAt: mtime ?? new Date() };
  } catch (error) {
    if (!(error instanceof ReportError || error instanceof Deno.errors.NotFound)) throw error;
    throw new UnreadableFile(`${path}: ${error.message}`, { cause: error });
  }
}
