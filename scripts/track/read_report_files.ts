import { relative } from "node:path";
import { decodeReport } from "../../supabase/functions/_shared/tracking/decode_report.ts";
import { parseReport } from "../../supabase/functions/_shared/tracking/parse_report.ts";
import {
  type ParsedReport,
  ReportError,
} from "../../supabase/functions/_shared/tracking/report_model.ts";
import { findRevision, type SaidOfRun } from "./run_details.ts";
import { makeRecord, readRecord, type RunRecord, sha256 } from "./run_record.ts";

/** A report's file as it was read. */
export interface ReportFile {
  readonly path: string;
  readonly text: string;
  readonly report: ParsedReport;
  /** When it was last written. */
  readonly writtenAt: Date;
}

/** A file that is no report, or not one that can be read; the message names it and says why and where. */
export class UnreadableFile extends Error {
  override readonly name = "UnreadableFile";
}

/** Reads a report's file. @throws {UnreadableFile} */
export async function readReportFile(path: string): Promise<ReportFile> {
  try {
    const text = decodeReport(await Deno.readFile(path));
    const { mtime } = await Deno.stat(path);
    return { path, text, report: parseReport(text), writtenAt: mtime ?? new Date() };
  } catch (error) {
    if (error instanceof ReportError) {
      const { position } = error;
      const place = position === null
        ? ""
        : typeof position === "string"
        ? `${position}: `
        : `${position.line}:${position.column}: `;
      throw new UnreadableFile(`${path}: ${place}${error.message} (${error.code})`, {
        cause: error,
      });
    }
    const reason = error instanceof Deno.errors.NotFound
      ? "There is no such file."
      : error instanceof Error
      ? error.message
      : String(error);
    throw new UnreadableFile(`${path}: ${reason}`, { cause: error });
  }
}

/**
 * Makes one run of the files.
 *
 * @param startedAt when the suite was started, where that was seen: each start is a run of its own,
 * whatever its files say. Without it the same files are the same run.
 */
export function toRecord(
  files: readonly ReportFile[],
  said: SaidOfRun,
  startedAt?: Date,
): RunRecord {
  const [only] = files;
  if (only !== undefined && files.length === 1 && startedAt === undefined) {
    // A record of ours that is taken in again, perhaps by another database: it is the same run.
    const own = readRecord(only.text);
    if (own !== null && Object.values(said).every((value) => value === undefined)) return own;
  }
  const merged = mergeReports(files.map(({ report }) => report));
  const suite = said.suite ?? merged.suite?.slice(0, 200) ?? "default";
  const hashes = files.map(({ text }) => sha256(text));
  const revision = findRevision(Deno.cwd());
  const written = Math.max(...files.map(({ writtenAt }) => writtenAt.getTime()));
  return makeRecord({
    ...merged,
    suite,
    // What was seen counts more than what a report says: many write local time without saying so.
    runTimestamp: said.timestamp ?? startedAt?.toISOString() ?? merged.runTimestamp ??
      new Date(written).toISOString(),
    branchName: said.branch ?? merged.branchName ?? revision.branch,
    commitHash: said.commit ?? merged.commitHash ?? revision.commit,
    watcherModel: said.watcherModel ?? merged.watcherModel,
    notes: said.notes ?? merged.notes,
  }, {
    key: `track:${
      sha256(JSON.stringify([suite, hashes, said.timestamp, startedAt?.toISOString()]))
    }`,
    files: files.map(({ path }, index) => ({
      name: relative(Deno.cwd(), path),
      sha256: hashes[index] ?? "",
    })),
  });
}

/** Reports of one run as one: runners that write a file a class, for example. */
function mergeReports(reports: readonly ParsedReport[]): ParsedReport {
  const first = <K extends keyof ParsedReport>(field: K): ParsedReport[K] | null =>
    reports.find((report) => report[field] !== null)?.[field] ?? null;
  const names = [...new Set(reports.map(({ suite }) => suite))];
  const times = reports.flatMap(({ runTimestamp }) => runTimestamp ?? []).sort();
  return {
    format: reports[0]?.format ?? "modelpick",
    // Where each file has a name of its own, none of them is the whole run's.
    suite: names.length === 1 ? names[0] ?? null : null,
    runTimestamp: times[0] ?? null,
    branchName: first("branchName"),
    commitHash: first("commitHash"),
    watcherModel: first("watcherModel"),
    notes: first("notes"),
    results: reports.flatMap(({ results }) => results)
      .map((result, ordinal) => ({ ...result, ordinal })),
    warnings: reports.flatMap(({ warnings }) => warnings).slice(0, 100),
    // What each says of itself is not so of them all.
    extra: reports.length === 1 ? reports[0]?.extra ?? null : null,
  };
}
