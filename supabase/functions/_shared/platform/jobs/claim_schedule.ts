import type { Clock } from "../clock.ts";
import { backoffMs } from "./backoff.ts";
import type { WorkerLimits } from "./worker_limits.ts";
import type { Reply } from "./work_source.ts";

/** Times at which a worker asks for jobs, and the reasons for which it stops asking. */
export interface ClaimSchedule {
  /** Time of the next claim if nothing ends before; Infinity if none is to be made. */
  readonly pollAt: number;
  /** Takes a reply into account. `want`: number of jobs that were asked for; `active`: in flight now. */
  note(reply: Reply<unknown>, want: number, active: number): void;
  /** Makes a claim due at once. */
  askNow(): void;
  /**
   * Returns whether a claim is due.
   *
   * @param withResults true if results are to be recorded anyway, so that a claim costs less
   * @param leavesPlace true if one of them has freed a slot
   */
  isDue(withResults: boolean, active: number, leavesPlace: boolean): boolean;
  /** Returns why a worker without a job in flight should leave, or null. */
  reasonToLeave(): "drained" | "nothing_due" | "surplus" | null;
}

/** Creates the schedule of a worker that starts now. */
export function createClaimSchedule(
  { poll, patienceMs, surplusMs }: WorkerLimits,
  clock: Pick<Clock, "now">,
  random: () => number,
): ClaimSchedule {
  let waiting = 0;
  let dueInMs = 0;
  let pollAt = clock.now();
  let claimedAt = -Infinity;
  let emptyPolls = 0;
  let idleSince: number | null = null;

  const delayAfter = ({ nextRunAtMs, inFlight }: Reply<unknown>, active: number): number => {
    const due = nextRunAtMs ?? 0;
    if (due > 0) return Math.min(due, poll.maxMs);
    // What holds the waiting jobs back is in this worker's own hands, so nobody else can free it.
    if (inFlight <= active) return poll.maxMs;
    return backoffMs(Math.max(1, emptyPolls), poll, random());
  };

  return {
    get pollAt() {
      return pollAt;
    },
    note(reply, want, active) {
      waiting = reply.waiting;
      dueInMs = reply.nextRunAtMs ?? 0;
      if (want === 0) return;
      claimedAt = clock.now();
      emptyPolls = reply.jobs.length > 0 ? 0 : emptyPolls + 1;
      pollAt = waiting === 0 || reply.jobs.length === want
        ? Infinity
        : clock.now() + delayAfter(reply, active);
      if (active > 0 || reply.inFlight === 0) idleSince = null;
      else idleSince ??= clock.now();
    },
    askNow() {
      pollAt = clock.now();
    },
    isDue(withResults, active, leavesPlace) {
      const now = clock.now();
      // If every place was passed on there is hardly more to be had than the last time, and to look for
      // it in vain takes the database a third of an exchange.
      return now >= pollAt ||
        withResults && (active === 0 || now - claimedAt >= poll.baseMs || leavesPlace);
    },
    reasonToLeave() {
      if (waiting === 0) return "drained";
      if (dueInMs > patienceMs) return "nothing_due";
      return idleSince !== null && clock.now() - idleSince >= surplusMs ? "surplus" : null;
    },
  };
}
