import { Presets, SingleBar } from "cli-progress";
import { formatTotals } from "./format_reports.ts";
import type { Destination } from "./destination.ts";
import type { Drained, ResultsFolder } from "./results_folder.ts";
import type { RunRecord } from "./run_record.ts";
import { type Totals, Tracker } from "./tracker.ts";
import { print, printError } from "../support/terminal.ts";

/** Result of a delivery. */
export interface Delivery {
  /** Null without a destination. */
  readonly tracker: Tracker | null;
  /** Number of records that the database refused. */
  readonly refused: number;
}

/** Writes records to files, sends all records that wait, and prints the result. */
export async function deliver(
  folder: ResultsFolder,
  destination: Destination | null,
  records: readonly RunRecord[],
): Promise<Delivery> {
  const kept: RunRecord[] = [];
  for (const record of records) kept.push(await folder.keep(record));
  if (destination !== null) {
    const tracker = new Tracker(destination);
    return { tracker, refused: await send(folder, tracker, kept) };
  }
  const waiting = await folder.publish();
  printError('No database: start the local stack ("deno task start") or set TRACK_URL.');
  if (waiting > 0) {
    const runs = waiting === 1 ? "1 run is" : `${waiting} runs are`;
    printError(`${runs} kept and will be sent next time.`);
  }
  return { tracker: null, refused: 0 };
}

/** Sends the waiting records. Returns how many the database refused. */
async function send(
  folder: ResultsFolder,
  tracker: Tracker,
  kept: readonly RunRecord[],
): Promise<number> {
  const bar = new SingleBar({
    format: "Sending  {bar}  {value}/{total}",
    hideCursor: true,
    clearOnComplete: true,
  }, Presets.shades_classic);
  let isShown = false;
  const drained: Drained<Totals> = await folder.drain(
    (record) => tracker.send(record),
    (done, total) => {
      if (total > 1 && !isShown) bar.start(total, 0);
      isShown ||= total > 1;
      if (isShown) bar.update(done);
    },
  );
  if (isShown) bar.stop();
  for (const record of kept) {
    // Another process may have sent the record: sending it again answers its totals.
    const sent = drained.sent.get(record.name) ??
      (drained.waiting > 0 ? undefined : await tracker.send(record));
    if (sent?.kind === "accepted") print(formatTotals(sent.answer));
  }
  const names = new Set(kept.map(({ name }) => name));
  const replayed = [...drained.sent]
    .filter(([name, { kind }]) => kind === "accepted" && !names.has(name)).length;
  if (replayed > 0) print(`${replayed} waiting runs were sent.`);
  const refused = [...drained.sent].flatMap(([name, sent]) =>
    sent.kind === "refused" ? [`${name} was refused: ${sent.reason}`] : []
  );
  for (const message of refused) printError(message);
  if (drained.waiting > 0) {
    await folder.publish();
    printError(
      `The database is unavailable (${drained.reason}). ${drained.waiting} runs are kept and will be sent next time.`,
    );
  }
  return refused.length;
}
