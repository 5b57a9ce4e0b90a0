import { glob } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { readReportFile, type ReportFile, UnreadableFile } from "./read_report_files.ts";

const IGNORED = new Set(["node_modules", ".git", ".stack"]);

/** Time of change and size of each file, by path. */
type FolderState = ReadonlyMap<string, string>;

/** Lists the XML and JSON files under a folder, except those in the folders `excluded`. */
export async function lookAtFolder(
  folder: string,
  excluded: readonly string[],
): Promise<FolderState> {
  const left = new Set(excluded.map((path) => resolve(path)));
  const paths = (await Array.fromAsync(glob("**/*.{xml,json}", {
    cwd: folder,
    exclude: (path) => IGNORED.has(basename(path)) || left.has(resolve(folder, path)),
  }))).map((path) => resolve(folder, path));
  const files = await Promise.all(paths.map(async (path): Promise<[string, string] | null> => {
    const stat = await Deno.stat(path).catch(() => null);
    return stat?.isFile !== true ? null : [path, `${stat.mtime?.getTime()} ${stat.size}`];
  }));
  return new Map(files.filter((file) => file !== null));
}

/**
 * Returns the reports among the new and changed files. Other files are ignored; a report that cannot be
 * read is reported through `tell`.
 */
export async function findNewReports(
  before: FolderState,
  after: FolderState,
  tell: (message: string) => void,
): Promise<ReportFile[]> {
  const changed = [...after].filter(([path, state]) => before.get(path) !== state);
  const reports: ReportFile[] = [];
  for (const [path] of changed.sort()) {
    try {
      reports.push(await readReportFile(path));
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
      if (await looksLikeReport(path)) tell(error.message);
    }
  }
  return reports;
}

async function looksLikeReport(path: string): Promise<boolean> {
  const text = await Deno.readTextFile(path).catch(() => "");
  return /<testsuites?[\s>]|"reportFormat"\s*:\s*"CTRF"/.test(text.slice(0, 2_000));
}
