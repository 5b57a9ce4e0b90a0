import { freeStackPorts } from "../stack/free_ports.ts";
import { startDetached, stopDetached } from "../stack/control.ts";
import { formatComparison, formatIssues, formatTotals } from "./format_reports.ts";
import { makeAccountKey } from "./local_key.ts";
import { readReportFile, toRecord } from "./read_report_files.ts";
import { compareRuns, readIssues, readRun, readRuns } from "./reports.ts";
import { ResultsFolder } from "./results_folder.ts";
import { Tracker } from "./tracker.ts";
import { print } from "../support/terminal.ts";

/** A report of our own tests. */
export interface OwnReport {
  readonly suite: string;
  readonly path: string;
  readonly startedAt: Date;
}

/** Archived runs that are loaded before a new one, which is compared with them. */
const EARLIER = 20;

/**
 * Tracks our own tests in a temporary stack on free ports, which first gets the archived runs. Prints
 * totals, changes since the last run, and open issues.
 *
 * @throws {Error} if any step fails.
 */
export async function trackOwnSuite(
  reports: readonly OwnReport[],
  resultsDir: string,
): Promise<void> {
  const records = await Promise.all(
    reports.map(async ({ suite, path, startedAt }) =>
      toRecord([await readReportFile(path)], { suite }, startedAt)
    ),
  );
  const folder = new ResultsFolder(resultsDir);
  // Files come first, so that no run is lost if the stack fails.
  for (const record of records) await folder.keep(record);
  await folder.publish();
  const stackDir = await Deno.makeTempDir({ prefix: "modelpick-track-" });
  const place = { stackDir, ports: freeStackPorts(), fsync: false, keepWarm: false };
  try {
    const { state } = await startDetached(place);
    const tracker = new Tracker({ apiUrl: state.apiUrl, key: await makeAccountKey(state) });
    for (const { suite } of reports) {
      for (const record of await folder.archived(suite, EARLIER)) await tracker.send(record);
    }
    const { sent, reason } = await folder.drain((record) => tracker.send(record));
    if (reason !== null) throw new Error(reason);
    for (const { name, suite } of records) {
      const outcome = sent.get(name);
      if (outcome?.kind !== "accepted") throw new Error(outcome?.reason ?? `${name} was not sent`);
      print(`\n${formatTotals({ ...outcome.answer, isNew: true })}`);
      const after = (await readRuns(tracker, { suite }, 1)).at(-1);
      if (after?.previous_run_id == null) {
        print("There is no earlier run to compare it with.");
        continue;
      }
      const before = await readRun(tracker, after.previous_run_id);
      print(
        formatComparison(
          before,
          after,
          await compareRuns(tracker, before.run_id, after.run_id),
        ),
      );
      const issues = (await readIssues(tracker, { suite }))
        .filter(({ status }) => status === "OPEN");
      if (issues.length > 0) print(formatIssues(issues));
    }
  } finally {
    await stopDetached(place);
    await Deno.remove(stackDir, { recursive: true });
  }
}
