import { Presets, SingleBar } from "cli-progress";
import { formatTotals } from "./format_reports.ts";
import type { Place } from "./place.ts";
import type { Drained, ResultsFolder } from "./results_folder.ts";
import type { RunRecord } from "./run_record.ts";
import { AwayError, type Totals, Tracker } from "./tracker.ts";

/** What became of a delivery. */
export interface Delivery {
  /** Null where the database is away. */
  readonly tracker: Tracker | null;
  /** Of the records that were asked about, in their order; null: not sent, or refused. */
  readonly totals: readonly (Totals | null)[];
  readonly refused: number;
  readonly waiting: number;
}

/** Keeps records in files, then sends all that waits, and says on the terminal what came of it. */
export async function deliver(
  folder: ResultsFolder,
  place: Place | null,
  records: readonly RunRecord[],
): Promise<Delivery> {
  const kept: RunRecord[] = [];
  for (const record of records) kept.push(await folder.keep(record));
  const tracker = await connect(place);
  if (tracker instanceof Tracker) {
    return await send(folder, tracker, kept);
  }
  const waiting = await folder.publish();
  if (waiting > 0) {
    console.error(
      `${tracker} ${waiting} ${
        waiting === 1 ? "run is" : "runs are"
      } kept and will be sent next time.`,
    );
  } else console.error(tracker);
  return { tracker: null, totals: kept.map(() => null), refused: 0, waiting };
}

/** A signed-in tracker, or why there is none. */
async function connect(place: Place | null): Promise<Tracker | string> {
  if (place === null) return 'No database: no local stack runs ("deno task start").';
  try {
    return await Tracker.connect(place);
  } catch (error) {
    if (error instanceof AwayError) return `The database is away (${error.message}).`;
    throw error;
  }
}

async function send(
  folder: ResultsFolder,
  tracker: Tracker,
  kept: readonly RunRecord[],
): Promise<Delivery> {
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
  const totals: (Totals | null)[] = [];
  let refused = 0;
  for (const record of kept) {
    // What another process has sent meanwhile is asked about once more: it stays one run.
    const sent = drained.sent.get(record.name) ??
      (drained.waiting > 0 ? undefined : await tracker.send(record));
    totals.push(sent?.kind === "taken" ? sent.answer : null);
    if (sent?.kind === "taken") console.log(formatTotals(sent.answer));
  }
  const names = new Set(kept.map(({ name }) => name));
  const replayed = [...drained.sent]
    .filter(([name, { kind }]) => kind === "taken" && !names.has(name)).length;
  if (replayed > 0) console.log(`${replayed} that had waited are in the database now.`);
  for (const [name, sent] of drained.sent) {
    if (sent.kind !== "refused") continue;
    refused++;
    console.error(`${name} was refused: ${sent.reason}`);
  }
  if (drained.waiting > 0) {
    console.error(
      `The database is away (${drained.reason}). ${drained.waiting} kept, to be sent next time.`,
    );
  }
  return { tracker, totals, refused, waiting: drained.waiting };
}
