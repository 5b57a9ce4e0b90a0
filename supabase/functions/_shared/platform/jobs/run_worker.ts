import { type Clock, pause } from "../clock.ts";
import type { Logger } from "../logger.ts";
import { type Backoff, backoffMs } from "./backoff.ts";
import { createLanes } from "./lanes.ts";

/** What the queue answers to results and a wish for more. */
export interface Reply<Job> {
  /** Now leased to this worker, at most as many as were wanted. */
  readonly jobs: readonly Job[];
  /** Leased ahead: each may start when a job of its lane has ended here, and not before. */
  readonly standby: readonly Job[];
  /** Ids of jobs on standby that are to be given back unless they have started. */
  readonly recalled: readonly number[];
  /** Ids of jobs whose results were not recorded, since the lease was somebody else's by then. */
  readonly rejected: readonly number[];
  /** Jobs that nobody has claimed, the delayed and the capped included. */
  readonly waiting: number;
  /** Jobs under lease, over all workers, the ones in this reply included; not those on standby. */
  readonly inFlight: number;
  /** Milliseconds until the next delayed job is due; 0 where one is due but capped; null if none. */
  readonly nextRunAtMs: number | null;
}

/** The queue as one worker sees it. Each call is one round trip and one transaction. */
export interface WorkSource<Job, Result> {
  /** `false`: enough workers run. */
  register(): Promise<boolean>;
  /** Records results, claims up to `want` jobs and, with `ahead`, keeps some on standby. */
  exchange(results: readonly Result[], want: number, ahead: boolean): Promise<Reply<Job>>;
  /** Prolongs every lease of this worker. */
  renew(): Promise<number>;
  /** Gives all leases back, leaves, and with `chain` has a successor started where work is left. */
  release(chain: boolean): Promise<void>;
  /** Whether a call that threw `error` certainly changed nothing. */
  changedNothing(error: unknown): boolean;
  /** Whether a call that threw `error` would throw it again, however often it is repeated. */
  isFault(error: unknown): boolean;
}

/** How one job takes another's place without asking the queue first. */
export interface Handover<Job, Result> {
  /** Jobs of one lane count against the same limits. Null: nothing follows this job. */
  laneOf(job: Job): string | null;
  idOf(job: Job): number;
  /**
   * Tells whether nothing leased before this result is recorded should start: its provider may be down.
   * Then all such jobs are given back.
   */
  haltsPrefetched(result: Result): boolean;
  /** Returns the result, saying that `next` has taken its job's place. */
  passOn(result: Result, next: Job): Result;
  /** The result of a job that never started. */
  giveBack(job: Job): Result;
}

/** What a job is carried out under. */
export interface JobContext {
  /** Aborts when the worker must stop at once. */
  readonly signal: AbortSignal;
  /** Milliseconds until then. */
  timeLeftMs(): number;
}

/** How a worker behaves. Times are in milliseconds. */
export interface WorkerLimits {
  /** Jobs in flight at once. */
  readonly slots: number;
  /** From the start to the end of the isolate. */
  readonly wallClockMs: number;
  /** The longest that one job usually takes. */
  readonly jobTimeoutMs: number;
  readonly heartbeatMs: number;
  /** How long a result may wait for others to be recorded with, where no place is empty for it. */
  readonly gatherMs: number;
  /** Between two questions for work while slots are free and nothing ends. */
  readonly poll: Backoff;
  /** Between two tries to reach the database. */
  readonly reconnect: Backoff;
  /** How long a worker stays that gets no job while others hold some. */
  readonly surplusMs: number;
  /** How far off the next delayed job may be for an idle worker to wait for it. */
  readonly patienceMs: number;
}

export const DEFAULT_WORKER_LIMITS: WorkerLimits = {
  slots: 10,
  wallClockMs: 140_000,
  jobTimeoutMs: 60_000,
  heartbeatMs: 15_000,
  gatherMs: 10,
  poll: { baseMs: 250, maxMs: 2_000 },
  reconnect: { baseMs: 200, maxMs: 2_000 },
  surplusMs: 10_000,
  patienceMs: 30_000,
};

/** All that a worker works with. */
export interface WorkerOptions<Job, Result> {
  readonly source: WorkSource<Job, Result>;
  /** Carries a job out. Null where it is recorded by other means. */
  readonly handle: (job: Job, context: JobContext) => Promise<Result | null>;
  /** The result of a job whose handler failed, so that no job stays without one. */
  readonly recover: (job: Job, error: unknown) => Result;
  readonly handover: Handover<Job, Result>;
  readonly limits: WorkerLimits;
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly log: Logger;
  /** Aborts when the isolate is about to be ended. */
  readonly shutdown: AbortSignal;
}

/**
 * Why a worker ended: nothing was left; others hold what keeps the rest waiting; the rest is due
 * much later, when the sweep starts a worker; its time was up; it was told to; too many ran already;
 * the database stayed away, or a reply was lost; the database does not take what the worker sends.
 */
export type WorkerEnding =
  | "drained"
  | "surplus"
  | "nothing_due"
  | "out_of_time"
  | "shut_down"
  | "refused"
  | "disconnected"
  | "faulty";

/** What a worker did. */
export interface WorkerSummary {
  readonly ending: WorkerEnding;
  readonly claimed: number;
  readonly recorded: number;
  /** Results that came too late to count. */
  readonly rejected: number;
  /** Calls of `exchange`. */
  readonly exchanges: number;
}

/**
 * Keeps `slots` jobs in flight until none is left or time is up.
 *
 * Where the queue has leased jobs ahead, one starts the moment another of its lane ends, and no slot
 * waits for the exchange. One exchange runs at a time, and what ends meanwhile rides with the next. A
 * result whose place is taken already waits a moment for others, since each exchange costs the database
 * far more than each result in it, and its work slows the calls down where they share processors; any
 * other result is recorded at once. Near the end of its time the worker claims nothing more, lets what
 * is in flight end, then leaves and has a successor started. While the database is away results are
 * kept and offered again.
 */
export async function runWorker<Job, Result>(
  options: WorkerOptions<Job, Result>,
): Promise<WorkerSummary> {
  const { source, handover, limits, clock, log, shutdown } = options;
  const { slots, poll } = limits;
  const times = planTimes(limits, clock.now());
  const count = { claimed: 0, recorded: 0, rejected: 0, exchanges: 0 };

  const stop = new AbortController();
  const wake = createWake();
  const onShutdown = () => {
    stop.abort();
    wake.call();
  };
  shutdown.addEventListener("abort", onShutdown, { once: true });
  if (shutdown.aborted) onShutdown();
  const cancelAbort = clock.after(times.abort - clock.now(), () => stop.abort());

  const context: JobContext = {
    signal: stop.signal,
    timeLeftMs: () => times.abort - clock.now(),
  };

  /** Repeats an action until it succeeds, the worker's time is over, or nothing else can come of it. */
  const persist = async <T>(what: string, action: () => Promise<T>): Promise<T> => {
    for (let tries = 1;; tries++) {
      try {
        return await action();
      } catch (error) {
        if (source.isFault(error)) throw error;
        const wait = backoffMs(tries, limits.reconnect, options.random());
        log.warn("the database did not answer", { what, tries, wait_ms: wait, error });
        if (clock.now() + wait >= times.end) throw error;
        await pause(clock, wait);
      }
    }
  };

  let pending: Ended<Result>[] = [];
  const lanes = createLanes<Job>();
  let active = 0;
  const isOpen = () => !shutdown.aborted && !lostReply && clock.now() < times.lastClaim;

  const start = (job: Job) => {
    const lane = handover.laneOf(job);
    active++;
    if (lane !== null) lanes.begin(lane);
    count.claimed++;
    const handled = (async () => await options.handle(job, context))();
    handled.catch((error: unknown) => {
      log.error("a job's handler failed", { error });
      return options.recover(job, error);
    }).then((result) => {
      active--;
      if (lane !== null) lanes.end(lane);
      if (result === null) pollAt = clock.now();
      else {
        pending.push({
          result,
          lane,
          isUrgent: true,
          leavesPlace: true,
          wasStarted: true,
          since: clock.now(),
        });
        passOn();
      }
      wake.call();
    });
  };

  /** Lets jobs on standby take the places of those that have ended. */
  const passOn = () => {
    if (!isOpen()) return;
    if (isHalted()) return giveBack(() => true);
    for (const ended of pending) {
      const { lane } = ended;
      const next = lane === null ? undefined : lanes.next(lane);
      if (lane === null || next === undefined) continue;
      lanes.take(lane);
      start(next);
      ended.result = handover.passOn(ended.result, next);
      ended.lane = null;
      ended.leavesPlace = false;
      ended.isUrgent = lanes.isShort(lane);
    }
  };

  const isHalted = () => pending.some(({ result }) => handover.haltsPrefetched(result));

  const giveBack = (isMeant: (job: Job) => boolean) => lanes.withdraw(isMeant).forEach(putBack);

  const putBack = (job: Job) => {
    pending.push({
      result: handover.giveBack(job),
      lane: null,
      isUrgent: true,
      leavesPlace: false,
      wasStarted: false,
      since: clock.now(),
    });
  };

  /** When what has ended is to be recorded. */
  const recordAt = () => {
    const [oldest] = pending;
    if (oldest === undefined) return Infinity;
    const isUrgent = !isOpen() || active === 0 || pending.some((ended) => ended.isUrgent);
    return isUrgent ? oldest.since : oldest.since + limits.gatherMs;
  };

  /** A reply was lost on its way, and with it jobs that only `release` can give back. */
  let lostReply = false;
  let waiting = 0;
  let pollAt = clock.now();
  let claimedAt = -Infinity;
  let emptyPolls = 0;
  let idleSince: number | null = null;
  let dueInMs = 0;

  const exchange = async (want: number, ahead: boolean): Promise<void> => {
    const ended = pending;
    pending = [];
    const results = ended.map(({ result }) => result);
    const reply = await persist("exchange", async () => {
      try {
        return await source.exchange(results, lostReply ? 0 : want, ahead && !lostReply);
      } catch (error) {
        if ((want > 0 || ahead) && !source.changedNothing(error)) lostReply = true;
        throw error;
      }
    }).catch((error: unknown) => {
      pending.unshift(...ended);
      throw error;
    });
    count.exchanges++;
    count.rejected += reply.rejected.length;
    count.recorded += ended.filter(({ wasStarted }) => wasStarted).length - reply.rejected.length;
    if (reply.rejected.length > 0) log.warn("results came too late", { job_ids: reply.rejected });
    waiting = reply.waiting;
    dueInMs = reply.nextRunAtMs ?? 0;
    // A failure that came in meanwhile is not yet known to the queue.
    const mayStart = !isHalted();
    for (const job of reply.jobs) {
      if (mayStart || handover.laneOf(job) === null) start(job);
      else putBack(job);
    }
    for (const job of reply.standby) {
      const lane = handover.laneOf(job);
      if (lane !== null) lanes.keep(lane, job);
    }
    const recalled = new Set(reply.recalled);
    giveBack((job) => recalled.has(handover.idOf(job)));
    passOn();
    if (want === 0) return;
    claimedAt = clock.now();
    if (reply.jobs.length > 0) emptyPolls = 0;
    else emptyPolls++;
    pollAt = waiting === 0 || reply.jobs.length === want
      ? Infinity
      : clock.now() + pollDelay(reply, active, emptyPolls, poll, options.random());
    if (active > 0 || reply.inFlight === 0) idleSince = null;
    else idleSince ??= clock.now();
  };

  const stopHeartbeat = beat(clock, limits.heartbeatMs, async () => {
    try {
      await source.renew();
    } catch (error) {
      log.warn("leases were not renewed", { error });
    }
  });

  const work = async (): Promise<WorkerEnding> => {
    if (!(await persist("register", () => source.register()))) return "refused";
    while (true) {
      const now = clock.now();
      const open = isOpen();
      // What nothing under way makes room for does not stay here.
      if (!open || active === 0) giveBack(() => true);
      const isRecordDue = now >= recordAt();
      // Where every place was passed on there is hardly more to be had than the last time, and to look
      // for it in vain takes the database a third of an exchange.
      const isClaimDue = now >= pollAt || isRecordDue && (
            active === 0 || now - claimedAt >= poll.baseMs ||
            pending.some((ended) => ended.leavesPlace)
          );
      const want = open && isClaimDue ? slots - active : 0;
      if (isRecordDue || want > 0) {
        await exchange(want, open);
        continue;
      }
      if (active === 0) {
        if (shutdown.aborted) return "shut_down";
        if (lostReply) return "disconnected";
        if (!open) return "out_of_time";
        if (waiting === 0) return "drained";
        if (dueInMs > limits.patienceMs) return "nothing_due";
        if (idleSince !== null && now - idleSince >= limits.surplusMs) return "surplus";
      }
      const claimAt = open
        ? Math.min(active < slots ? pollAt : Infinity, times.lastClaim)
        : Infinity;
      await wake.wait(clock, Math.min(claimAt, recordAt()));
    }
  };

  /** A successor would fail the same way at once: the sweep starts one in its own time. */
  const leave = async () => {
    try {
      await source.release(false);
    } catch (error) {
      log.warn("leases are left to run out", { error });
    }
  };

  try {
    const ending = await work();
    if (ending !== "refused") {
      const chain = ending !== "surplus" && ending !== "nothing_due";
      await persist("release", () => source.release(chain));
    }
    return { ending, ...count };
  } catch (error) {
    if (!source.isFault(error)) {
      // Leases run out by themselves, and the sweep starts a successor.
      log.error("the worker gave up", { error });
      return { ending: "disconnected", ...count };
    }
    log.error("the worker gave up: its code and the database do not fit together", { error });
    // Calls that were made may be billed: only a lease that runs out is written off.
    if (active === 0 && !pending.some(({ wasStarted }) => wasStarted)) await leave();
    return { ending: "faulty", ...count };
  } finally {
    stop.abort();
    stopHeartbeat();
    cancelAbort();
    shutdown.removeEventListener("abort", onShutdown);
  }
}

/** When a worker stops claiming, aborts what is in flight, and stops trying to record, in clock time. */
export function planTimes(
  limits: Pick<WorkerLimits, "wallClockMs" | "jobTimeoutMs">,
  startedAt: number,
): { readonly lastClaim: number; readonly abort: number; readonly end: number } {
  const { wallClockMs, jobTimeoutMs } = limits;
  // To record what was aborted and to leave.
  const margin = Math.min(10_000, wallClockMs / 10);
  return {
    // However long a job may take, half of the time is used for claiming.
    lastClaim: startedAt + Math.max(wallClockMs / 2, wallClockMs - jobTimeoutMs - margin),
    abort: startedAt + wallClockMs - margin,
    end: startedAt + wallClockMs - margin / 4,
  };
}

function pollDelay<Job>(
  reply: Reply<Job>,
  active: number,
  emptyPolls: number,
  poll: Backoff,
  random: number,
): number {
  const due = reply.nextRunAtMs ?? 0;
  if (due > 0) return Math.min(due, poll.maxMs);
  // What holds the waiting jobs back is in this worker's own hands, so nobody else can free it.
  if (reply.inFlight <= active) return poll.maxMs;
  return backoffMs(Math.max(1, emptyPolls), poll, random);
}

/** Calls `run` every `ms` milliseconds, never twice at once. Returns what ends it. */
function beat(clock: Clock, ms: number, run: () => Promise<void>): () => void {
  let ended = false;
  let cancel = () => {};
  const next = () => {
    if (!ended) cancel = clock.after(ms, () => void run().then(next));
  };
  next();
  return () => {
    ended = true;
    cancel();
  };
}

/** What waits to be recorded. */
interface Ended<Result> {
  result: Result;
  /** Where the job's place is still free for another; null where it is taken or nothing may follow. */
  lane: string | null;
  /** Whether a place is empty, or soon may be, until it is recorded. */
  isUrgent: boolean;
  /** Whether no other job has taken its place here. */
  leavesPlace: boolean;
  readonly wasStarted: boolean;
  readonly since: number;
}

interface Wake {
  call(): void;
  /** Resolves at the next call, at once if there was one since the last wait, or at `until`. */
  wait(clock: Clock, until: number): Promise<void>;
}

function createWake(): Wake {
  let called = false;
  let resume: (() => void) | null = null;
  return {
    call() {
      called = true;
      resume?.();
    },
    async wait(clock, until) {
      if (!called) {
        await new Promise<void>((resolve) => {
          resume = resolve;
          if (until !== Infinity) {
            const cancel = clock.after(Math.max(0, until - clock.now()), resolve);
            resume = () => {
              cancel();
              resolve();
            };
          }
        });
        resume = null;
      }
      called = false;
    },
  };
}
