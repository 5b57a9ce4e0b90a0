import type { Clock } from "../clock.ts";
import type { CpuBudget } from "../cpu_meter.ts";
import type { Logger } from "../logger.ts";
import { type ClaimSchedule, createClaimSchedule } from "./claim_schedule.ts";
import {
  createExchanger,
  createPersist,
  type ExchangeCount,
  type Exchanger,
  type Persist,
} from "./exchanger.ts";
import { createOutbox, type Outbox } from "./outbox.ts";
import { createSlots, type Slots } from "./slots.ts";
import { createStartAllowance, type StartAllowance } from "./start_allowance.ts";
import { beat, createWake, type Wake } from "./timers.ts";
import type { Handover, JobContext, WorkSource } from "./work_source.ts";
import { planTimes, type WorkerLimits, type WorkerTimes } from "./worker_limits.ts";

export type { Handover, JobContext, Reply, WorkSource } from "./work_source.ts";
export { DEFAULT_WORKER_LIMITS, planTimes, type WorkerLimits } from "./worker_limits.ts";

/** Dependencies of {@link runWorker}. */
export interface WorkerOptions<Job, Result> {
  readonly source: WorkSource<Job, Result>;
  /** Carries a job out. Returns null if the result is recorded by other means. */
  readonly handle: (job: Job, context: JobContext) => Promise<Result | null>;
  /** Returns the result of a job whose handler threw, so that no job stays without one. */
  readonly recover: (job: Job, error: unknown) => Result;
  readonly handover: Handover<Job, Result>;
  readonly limits: WorkerLimits;
  readonly clock: Clock;
  readonly cpu: Pick<CpuBudget, "isSpent" | "countJob">;
  /** Returns a number from 0 up to 1. */
  readonly random: () => number;
  readonly log: Logger;
  /** Aborts when the isolate is about to be ended. */
  readonly shutdown: AbortSignal;
}

/**
 * Reason for which a worker ended:
 *
 * - `drained`: nothing was left
 * - `surplus`: other workers hold the jobs that keep the rest waiting
 * - `nothing_due`: the rest is due much later, when the sweep starts a worker
 * - `out_of_time`, `out_of_cpu`: its time or its share of the isolate's CPU time was up
 * - `shut_down`: the isolate is ended
 * - `refused`: too many workers ran already
 * - `disconnected`: the database stayed away, or a reply was lost
 * - `faulty`: the database does not accept what the worker sends
 */
export type WorkerEnding =
  | "drained"
  | "surplus"
  | "nothing_due"
  | "out_of_time"
  | "out_of_cpu"
  | "shut_down"
  | "refused"
  | "disconnected"
  | "faulty";

/** Summary of a worker's life. */
export interface WorkerSummary extends ExchangeCount {
  readonly ending: WorkerEnding;
  /** Number of jobs that were started. */
  readonly claimed: number;
}

/** Two heartbeats may fail before a lease ends. */
const BEATS_A_LEASE = 3;

/**
 * Keeps `slots` jobs in flight until none is left, or time or CPU time is up.
 *
 * If the queue has prefetched jobs, one starts the moment another of its lane ends, and no slot waits
 * for the exchange. None starts while the database does not answer, so that a worker that dies loses
 * the calls in flight and few answers more. One exchange runs at a time, and what ends meanwhile is
 * recorded with the next. A result whose place is taken already waits a moment for others, since each
 * exchange costs the database far more than each result in it, and its work slows the calls down if
 * they share processors; any other result is recorded at once. Near the end of its time or CPU time
 * the worker claims nothing more, lets what is in flight end, then leaves and has a successor started.
 * While the database is away results are kept and offered again.
 */
export async function runWorker<Job, Result>(
  options: WorkerOptions<Job, Result>,
): Promise<WorkerSummary> {
  const { source, limits, clock, log, shutdown } = options;
  const times = planTimes(limits, clock.now());
  const stop = new AbortController();
  const wake = createWake(clock);
  const onShutdown = () => {
    stop.abort();
    wake.call();
  };
  shutdown.addEventListener("abort", onShutdown, { once: true });
  if (shutdown.aborted) onShutdown();
  const cancelAbort = clock.after(times.abort - clock.now(), () => stop.abort());
  const worker = assemble(options, times, wake, stop.signal);
  const { slots, outbox, exchanger, persist, starts } = worker;
  let stopHeartbeat = () => {};
  const count = () => ({ claimed: slots.started, ...exchanger.count });
  try {
    const leaseMs = await persist("register", () => source.register(starts.limit));
    if (leaseMs === null) return { ending: "refused", ...count() };
    stopHeartbeat = beat(clock, leaseMs / BEATS_A_LEASE, async () => {
      try {
        await source.renew(starts.limit);
      } catch (error) {
        log.warn("leases were not renewed", { error });
      }
    });
    const ending = await work(options, worker);
    const chain = ending !== "surplus" && ending !== "nothing_due";
    await persist("release", () => source.release(chain));
    return { ending, ...count() };
  } catch (error) {
    if (!source.isFault(error)) {
      log.error(
        "worker stopped: the database does not answer (leases expire, the sweep starts another)",
        { error },
      );
      return { ending: "disconnected", ...count() };
    }
    log.error(
      "worker stopped: the database schema does not match this version of the code (deploy migrations and functions together)",
      { error },
    );
    // Calls that were made may be billed: only a lease that runs out is written off.
    if (slots.active === 0 && !outbox.entries.some(({ wasStarted }) => wasStarted)) {
      // A successor would fail the same way at once: the sweep starts one in its own time.
      await source.release(false).catch((error: unknown) => {
        log.warn("leases are left to run out", { error });
      });
    }
    return { ending: "faulty", ...count() };
  } finally {
    stop.abort();
    stopHeartbeat();
    cancelAbort();
    shutdown.removeEventListener("abort", onShutdown);
  }
}

/** Parts of one worker. */
interface Worker<Job, Result> {
  readonly slots: Slots<Job>;
  readonly outbox: Outbox<Result>;
  readonly schedule: ClaimSchedule;
  readonly exchanger: Exchanger;
  readonly persist: Persist;
  readonly starts: StartAllowance;
  readonly times: WorkerTimes;
  readonly wake: Wake;
  /** Returns whether jobs may still be claimed and started. */
  readonly isOpen: () => boolean;
}

function assemble<Job, Result>(
  options: WorkerOptions<Job, Result>,
  times: WorkerTimes,
  wake: Wake,
  signal: AbortSignal,
): Worker<Job, Result> {
  const { source, limits, clock, cpu, random, log, shutdown } = options;
  const isOpen = () =>
    !shutdown.aborted && !exchanger.isReplyLost && !cpu.isSpent && clock.now() < times.lastClaim;
  const outbox = createOutbox<Result>(clock, limits.gatherMs);
  const schedule = createClaimSchedule(limits, clock, random);
  const starts = createStartAllowance(limits.unrecordedStarts, source, log);
  const slots: Slots<Job> = createSlots({
    ...options,
    outbox,
    context: { signal, timeLeftMs: () => times.abort - clock.now() },
    isOpen,
    mayPassOn: () =>
      !exchanger.isFailing &&
      (outbox.passedOn < limits.mostPassedOn ||
        clock.now() - exchanger.answeredAt < limits.replyIsFreshMs) &&
      starts.admits(outbox.passedOn),
    onEnd(result) {
      cpu.countJob();
      if (result === null) schedule.askNow();
      wake.call();
    },
  });
  const persist = createPersist(options, times.end);
  const exchanger: Exchanger = createExchanger({ ...options, outbox, slots, schedule, persist });
  return { slots, outbox, schedule, exchanger, persist, starts, times, wake, isOpen };
}

/** Exchanges results for jobs until there is a reason to leave. */
async function work<Job, Result>(
  { limits, shutdown, clock, cpu }: WorkerOptions<Job, Result>,
  { slots, outbox, schedule, exchanger, times, wake, isOpen }: Worker<Job, Result>,
): Promise<WorkerEnding> {
  while (true) {
    const open = isOpen();
    // A prefetched job for which nothing under way makes room does not stay here.
    if (!open || slots.active === 0) slots.giveBackAll();
    const recordAt = () => outbox.recordAt(isOpen() && slots.active > 0);
    const isRecordDue = clock.now() >= recordAt();
    const leavesPlace = outbox.entries.some((entry) => entry.leavesPlace);
    const isClaimDue = open && schedule.isDue(isRecordDue, slots.active, leavesPlace);
    const want = isClaimDue ? limits.slots - slots.active : 0;
    if (isRecordDue || want > 0) {
      await exchanger.exchange(want, open);
      continue;
    }
    if (slots.active === 0) {
      if (shutdown.aborted) return "shut_down";
      if (exchanger.isReplyLost) return "disconnected";
      if (!open) return cpu.isSpent ? "out_of_cpu" : "out_of_time";
      const reason = schedule.reasonToLeave();
      if (reason !== null) return reason;
    }
    const claimAt = open
      ? Math.min(slots.active < limits.slots ? schedule.pollAt : Infinity, times.lastClaim)
      : Infinity;
    await wake.wait(Math.min(claimAt, recordAt()));
  }
}
