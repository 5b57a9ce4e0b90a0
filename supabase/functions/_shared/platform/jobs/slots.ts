import type { Logger } from "../logger.ts";
import { createLanes } from "./lanes.ts";
import type { Outbox } from "./outbox.ts";
import type { Handover, JobContext, Reply } from "./work_source.ts";

/** Jobs that one worker has in flight or prefetched. */
export interface Slots<Job> {
  /** Number of jobs in flight. */
  readonly active: number;
  /** Number of jobs that were started so far. */
  readonly started: number;
  /** Starts the jobs of a reply, keeps its prefetched ones, and gives revoked ones back. */
  accept(reply: Reply<Job>): void;
  /** Gives all prefetched jobs back. */
  giveBackAll(): void;
}

/** Dependencies of {@link createSlots}. */
export interface SlotsOptions<Job, Result> {
  readonly handle: (job: Job, context: JobContext) => Promise<Result | null>;
  /** Returns the result of a job whose handler threw. */
  readonly recover: (job: Job, error: unknown) => Result;
  readonly handover: Handover<Job, Result>;
  readonly outbox: Outbox<Result>;
  readonly context: JobContext;
  readonly log: Logger;
  /** Returns whether jobs may still start. */
  readonly isOpen: () => boolean;
  /** Returns whether a prefetched job may take the place of one whose result is not recorded. */
  readonly mayPassOn: () => boolean;
  /** Called after a job has ended; with null if its result was recorded by other means. */
  readonly onEnd: (result: Result | null) => void;
}

/** Creates the slots of a worker. Results go to the outbox. */
export function createSlots<Job, Result>(options: SlotsOptions<Job, Result>): Slots<Job> {
  const { handle, recover, handover, outbox, context, log, isOpen, mayPassOn, onEnd } = options;
  const lanes = createLanes<Job>();
  let active = 0;
  let started = 0;

  const start = (job: Job) => {
    const lane = handover.laneOf(job);
    active++;
    started++;
    if (lane !== null) lanes.begin(lane);
    const handled = (async () => await handle(job, context))();
    handled.catch((error: unknown) => {
      log.error("a job's handler failed", { error });
      return recover(job, error);
    }).then((result) => {
      active--;
      if (lane !== null) lanes.end(lane);
      if (result !== null) {
        outbox.add(result, lane);
        passOn();
      }
      onEnd(result);
    });
  };

  /** Lets prefetched jobs take the places of those that have ended. */
  const passOn = () => {
    if (!isOpen()) return;
    if (isHalted()) return giveBack(() => true);
    for (const ended of outbox.entries) {
      const { lane } = ended;
      const next = lane === null ? undefined : lanes.next(lane);
      if (lane === null || next === undefined) continue;
      if (!mayPassOn()) return;
      lanes.take(lane);
      start(next);
      ended.result = handover.passOn(ended.result, next);
      ended.lane = null;
      ended.leavesPlace = false;
      ended.isUrgent = lanes.isShort(lane);
    }
  };

  const isHalted = () => outbox.entries.some(({ result }) => handover.haltsPrefetched(result));

  const putBack = (job: Job) => outbox.addUnstarted(handover.giveBack(job));

  const giveBack = (isMeant: (job: Job) => boolean) => lanes.withdraw(isMeant).forEach(putBack);

  return {
    get active() {
      return active;
    },
    get started() {
      return started;
    },
    accept({ jobs, prefetched, revoked }) {
      // A failure that came in meanwhile is not yet known to the queue.
      const mayStart = !isHalted();
      for (const job of jobs) {
        if (mayStart || handover.laneOf(job) === null) start(job);
        else putBack(job);
      }
      for (const job of prefetched) {
        const lane = handover.laneOf(job);
        if (lane !== null) lanes.keep(lane, job);
      }
      const revokedIds = new Set(revoked);
      giveBack((job) => revokedIds.has(handover.idOf(job)));
      passOn();
    },
    giveBackAll: () => giveBack(() => true),
  };
}
