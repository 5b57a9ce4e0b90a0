import type { Clock } from "../clock.ts";

/** Result that waits to be recorded. */
export interface OutboxEntry<Result> {
  result: Result;
  /** Lane in which another job may take the ended one's place; null if it is taken or none may. */
  lane: string | null;
  /** True if a slot is empty, or soon may be, until the result is recorded. */
  isUrgent: boolean;
  /** True if no other job has taken the ended one's place. */
  leavesPlace: boolean;
  /** False if the job was given back without a start. */
  readonly wasStarted: boolean;
  /** Time at which the job ended. */
  readonly since: number;
}

/** Results that wait to be recorded, in the order in which their jobs ended. */
export interface Outbox<Result> {
  /** Results that no exchange has taken. */
  readonly entries: readonly OutboxEntry<Result>[];
  /** Number of results, those of the exchange under way included, whose place another job has taken. */
  readonly passedOn: number;
  /** Adds the result of a job that has ended in this lane. */
  add(result: Result, lane: string | null): void;
  /** Adds the result of a job that never started. */
  addUnstarted(result: Result): void;
  /** Takes all entries for an exchange. They count until they are recorded or put back. */
  takeAll(): readonly OutboxEntry<Result>[];
  /** Forgets the entries that were taken: they are recorded. */
  forgetTaken(): void;
  /** Puts the entries back that were taken: they could not be recorded. */
  putBack(): void;
  /**
   * Returns the time at which the entries are to be recorded; Infinity if there are none.
   *
   * @param mayGather false if nothing is gained by waiting for further results
   */
  recordAt(mayGather: boolean): number;
}

/** Creates an empty outbox. `gatherMs`: how long a result may wait for others, in milliseconds. */
export function createOutbox<Result>(
  clock: Pick<Clock, "now">,
  gatherMs: number,
): Outbox<Result> {
  let entries: OutboxEntry<Result>[] = [];
  let taken: readonly OutboxEntry<Result>[] = [];
  const push = (result: Result, lane: string | null, wasStarted: boolean) => {
    const since = clock.now();
    entries.push({ result, lane, isUrgent: true, leavesPlace: wasStarted, wasStarted, since });
  };
  return {
    get entries() {
      return entries;
    },
    get passedOn() {
      return [...taken, ...entries].filter((entry) => entry.wasStarted && !entry.leavesPlace)
        .length;
    },
    add: (result, lane) => push(result, lane, true),
    addUnstarted: (result) => push(result, null, false),
    takeAll() {
      taken = entries;
      entries = [];
      return taken;
    },
    forgetTaken: () => void (taken = []),
    putBack() {
      entries = [...taken, ...entries];
      taken = [];
    },
    recordAt(mayGather) {
      const [oldest] = entries;
      if (oldest === undefined) return Infinity;
      const isUrgent = !mayGather || entries.some((entry) => entry.isUrgent);
      return isUrgent ? oldest.since : oldest.since + gatherMs;
    },
  };
}
