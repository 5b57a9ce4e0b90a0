import { type Clock, pause } from "../clock.ts";
import type { Logger } from "../logger.ts";
import { backoffMs } from "./backoff.ts";
import type { ClaimSchedule } from "./claim_schedule.ts";
import type { Outbox } from "./outbox.ts";
import type { Slots } from "./slots.ts";
import type { WorkSource } from "./work_source.ts";
import type { WorkerLimits } from "./worker_limits.ts";

/** Numbers of what a worker's exchanges recorded. */
export interface ExchangeCount {
  readonly recorded: number;
  /** Number of results that came too late to count. */
  readonly rejected: number;
  /** Number of calls of `exchange`. */
  readonly exchanges: number;
}

/** Sends results to the queue and takes its replies. */
export interface Exchanger {
  readonly count: ExchangeCount;
  /** True if a reply was lost on its way, and with it jobs that only `release` can give back. */
  readonly isReplyLost: boolean;
  /** True from a try that failed until one succeeds. */
  readonly isFailing: boolean;
  /** Time of the last reply. */
  readonly answeredAt: number;
  exchange(want: number, prefetch: boolean): Promise<void>;
}

/** Dependencies of {@link createExchanger}. */
export interface ExchangerOptions<Job, Result> {
  readonly source: WorkSource<Job, Result>;
  readonly outbox: Outbox<Result>;
  readonly slots: Slots<Job>;
  readonly schedule: ClaimSchedule;
  readonly persist: Persist;
  readonly clock: Pick<Clock, "now">;
  readonly log: Logger;
}

/** Creates the exchanger of a worker. A result stays in the outbox until it is recorded. */
export function createExchanger<Job, Result>(
  { source, outbox, slots, schedule, persist, clock, log }: ExchangerOptions<Job, Result>,
): Exchanger {
  const count = { recorded: 0, rejected: 0, exchanges: 0 };
  let isReplyLost = false;
  let isFailing = false;
  let answeredAt = -Infinity;
  return {
    count,
    get isReplyLost() {
      return isReplyLost;
    },
    get isFailing() {
      return isFailing;
    },
    get answeredAt() {
      return answeredAt;
    },
    async exchange(want, prefetch) {
      const ended = outbox.takeAll();
      const results = ended.map(({ result }) => result);
      const reply = await persist("exchange", async () => {
        try {
          return await source.exchange(results, isReplyLost ? 0 : want, prefetch && !isReplyLost);
        } catch (error) {
          isFailing = true;
          if ((want > 0 || prefetch) && !source.changedNothing(error)) isReplyLost = true;
          throw error;
        }
      }).catch((error: unknown) => {
        outbox.putBack();
        throw error;
      });
      outbox.forgetTaken();
      isFailing = false;
      answeredAt = clock.now();
      const { rejected } = reply;
      count.exchanges++;
      count.rejected += rejected.length;
      count.recorded += ended.filter(({ wasStarted }) => wasStarted).length - rejected.length;
      if (rejected.length > 0) {
        log.warn("results came too late", { job_ids: rejected });
        // Prefetched jobs may have passed to another worker with them.
        slots.giveBackAll();
      }
      slots.accept(reply);
      schedule.note(reply, want, slots.active);
    },
  };
}

/** Repeats an action until it succeeds, the worker's time is over, or no repetition can succeed. */
export type Persist = <Value>(what: string, action: () => Promise<Value>) => Promise<Value>;

/** Dependencies of {@link createPersist}. */
export interface PersistOptions {
  readonly source: { isFault(error: unknown): boolean };
  readonly limits: Pick<WorkerLimits, "reconnect">;
  readonly clock: Clock;
  /** Returns a number from 0 up to 1. */
  readonly random: () => number;
  readonly log: Logger;
}

/** Returns a {@link Persist} that gives up at the time `end`. */
export function createPersist(
  { source, limits, clock, random, log }: PersistOptions,
  end: number,
): Persist {
  return async (what, action) => {
    for (let tries = 1;; tries++) {
      try {
        return await action();
      } catch (error) {
        if (source.isFault(error)) throw error;
        const wait = backoffMs(tries, limits.reconnect, random());
        log.warn("the database did not answer", { what, tries, wait_ms: wait, error });
        if (clock.now() + wait >= end) throw error;
        await pause(clock, wait);
      }
    }
  };
}
