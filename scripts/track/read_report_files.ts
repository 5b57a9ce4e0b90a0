import { relative } from "node:path";
import { decodeReport } from "../../supabase/functions/_shared/tracking/formats/decode_report.ts";
import { parseReport } from "../../supabase/functions/_shared/tracking/formats/parse_report.ts";
import { arriveNow } from "../../supabase/functions/_shared/tracking/formats/report_reader.ts";
import {
  type ParsedReport,
  ReportError,
} from "../../supabase/functions/_shared/tracking/formats/report_model.ts";
import { findRevision, type GivenDetails } from "./run_details.ts";
import { makeRecord, readRecord, type RunRecord, sha256 } from "./run_record.ts";

/** A report with the file that it was read from. */
export interface ReportFile {
  readonly path: string;
  readonly text: string;
  readonly report: ParsedReport;
  /** Time of the last change. */
  readonly writtenAt: Date;
}

/** A file that cannot be read as a report. The message has its name, the reason and the location. */
export class UnreadableFile extends Error {
  override readonly name = "UnreadableFile";
}

/** Reads a report's file. @throws {UnreadableFile} */
export async function readReportFile(path: string): Promise<ReportFile> {
  try {
    const { mtime } = await Deno.stat(path);
    const writtenAt = mtime ?? new Date();
    const context = arriveNow(offsetAt(writtenAt));
    const text = decodeReport(await Deno.readFile(path), context.warnings);
    return { path, text, report: parseReport(text, context), writtenAt };
  } catch (error) {
    throw new UnreadableFile(`${path}: ${explain(error)}`, { cause: error });
  }
}

/** Returns the offset of this machine's clock at a time, such as `+02:00`. */
function offsetAt(time: Date): string {
  const minutes = -time.getTimezoneOffset();
  const parts = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return (minutes < 0 ? "-" : "+") + parts.map((part) => String(part).padStart(2, "0")).join(":");
}

function explain(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "There is no such file.";
  if (!(error instanceof ReportError)) {
    return error instanceof Error ? error.message : String(error);
  }
  const { position, message, code } = error;
  const place = position === null || typeof position === "string"
    ? position
    : `${position.line}:${position.column}`;
  return `${place === null ? "" : `${place}: `}${message} (${code})`;
}

/** Reads a report's file. If it is unreadable, tells why and returns an empty list. */
export async function readIfReadable(
  path: string,
  tell: (message: string) => void,
): Promise<ReportFile[]> {
  try {
    return [await readReportFile(path)];
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    tell(error.message);
    return [];
  }
}

/**
 * Makes one run of the given files.
 *
 * @param startedAt start of the suite, if this process started it. Each start is a run of its own;
 * without it the same files are the same run.
 */
export function toRecord(
  files: readonly ReportFile[],
  said: GivenDetails,
  startedAt?: Date,
): RunRecord {
  const [only] = files;
  if (only !== undefined && files.length === 1 && startedAt === undefined) {
    // A record of ours stays the same run, even if another database takes it.
    const own = readRecord(only.text);
    const { suite, branch, commit, timestamp, watcherModel, notes } = said;
    const given = suite ?? branch ?? commit ?? timestamp ?? watcherModel ?? notes;
    if (own !== null && given === undefined) return own;
  }
  const merged = mergeReports(files.map(({ report }) => report));
  const suite = said.suite ?? merged.suite?.slice(0, 200) ?? "default";
  const hashes = files.map(({ text }) => sha256(text));
  const revision = findRevision(Deno.cwd());
  const branch_name = said.branch ?? merged.branch_name ?? revision.branch;
  const commit_hash = said.commit ?? merged.commit_hash ?? revision.commit;
  const written = Math.max(...files.map(({ writtenAt }) => writtenAt.getTime()));
  return makeRecord({
    ...merged,
    suite,
    // An observed start is preferred, because many reports have local time without an offset.
    run_timestamp: said.timestamp ?? startedAt?.toISOString() ?? merged.run_timestamp ??
      new Date(written).toISOString(),
    branch_name,
    commit_hash,
    watcher_model: said.watcherModel ?? merged.watcher_model,
    notes: said.notes ?? merged.notes,
  }, {
    key: `track:${
      sha256(JSON.stringify([
        ...[suite, branch_name, commit_hash],
        ...[hashes, said.timestamp, startedAt?.toISOString()],
      ]))
    }`,
    files: files.map(({ path }, index) => ({
      name: relative(Deno.cwd(), path),
      sha256: hashes[index] ?? "",
    })),
  });
}

/** Merges the reports of one run. Some runners write one file per class. */
function mergeReports(reports: readonly ParsedReport[]): ParsedReport {
  const first = <K extends keyof ParsedReport>(field: K): ParsedReport[K] | null =>
    reports.find((report) => report[field] !== null)?.[field] ?? null;
  const names = [...new Set(reports.map(({ suite }) => suite))];
  const times = reports.flatMap(({ run_timestamp }) => run_timestamp ?? []).sort();
  return {
    format: reports[0]?.format ?? "modelpick",
    // If the files have different names, none of them names the whole run.
    suite: names.length === 1 ? names[0] ?? null : null,
    run_timestamp: times[0] ?? null,
    branch_name: first("branch_name"),
    commit_hash: first("commit_hash"),
    watcher_model: first("watcher_model"),
    notes: first("notes"),
    results: reports.flatMap(({ results }) => results)
      .map((result, ordinal) => ({ ...result, ordinal })),
    warnings: reports.flatMap(({ warnings }) => warnings).slice(0, 100),
    // Further fields of one file do not apply to the others.
    extra: reports.length === 1 ? reports[0]?.extra ?? null : null,
  };
}
