import type { Clock } from "../platform/clock.ts";
import type { PlainResult, PlainSource } from "../platform/jobs/job_source.ts";

/** Job in the queue, and its state. */
interface FakeJob<Payload> {
  readonly payload: Payload;
  /** Number of leases; a lease that was given back does not count. */
  tries: number;
  runAtMs: number;
  state: "waiting" | "leased" | "done" | "dead";
  readonly errors: string[];
}

/** Queue of plain jobs in memory that behaves as `advance_jobs` does. */
export interface FakePlainQueue<Payload> {
  readonly source: PlainSource<Payload>;
  readonly jobs: FakeJob<Payload>[];
  /** Names of the functions that were called. */
  readonly calls: string[];
  /** Thrown by the next exchange of results, once. */
  fault: Error | null;
  /** True if a call that throws `fault` would throw it again. */
  isLasting: boolean;
  isWelcome: boolean;
  /** Frees the jobs of a worker that died. */
  expire(): void;
}

/** Creates a queue with one job for each payload. */
export function createFakePlainQueue<Payload>(
  clock: Pick<Clock, "now">,
  payloads: readonly Payload[],
  maxTries = 8,
): FakePlainQueue<Payload> {
  const jobs: FakeJob<Payload>[] = payloads.map((payload) => ({
    payload,
    tries: 0,
    runAtMs: 0,
    state: "waiting",
    errors: [],
  }));
  const settle = (result: PlainResult): boolean => {
    const job = jobs[result.job_id];
    if (job?.state !== "leased" || job.tries !== result.attempt) return false;
    if (result.outcome === "retry") {
      job.errors.push(result.error_message);
      job.runAtMs = clock.now() + result.run_at_ms;
      job.state = job.tries >= maxTries ? "dead" : "waiting";
    } else if (result.outcome === "release") {
      job.state = "waiting";
      job.tries--;
    } else job.state = "done";
    return true;
  };
  const expire = () => {
    for (const job of jobs) if (job.state === "leased") job.state = "waiting";
  };
  const queue: FakePlainQueue<Payload> = {
    jobs,
    calls: [],
    fault: null,
    isLasting: false,
    isWelcome: true,
    expire,
    source: {
      register: () => {
        queue.calls.push("register");
        return Promise.resolve(queue.isWelcome ? 45_000 : null);
      },
      exchange: (results, want) => {
        queue.calls.push("exchange");
        const { fault } = queue;
        if (results.length > 0 && fault !== null) {
          queue.fault = null;
          return Promise.reject(fault);
        }
        const rejected = results.filter((result) => !settle(result)).map(({ job_id }) => job_id);
        const due = jobs.entries()
          .filter(([, job]) => job.state === "waiting" && job.runAtMs <= clock.now())
          .take(want).toArray();
        const leased = due.map(([job_id, job]) => {
          job.state = "leased";
          const attempt = ++job.tries;
          return { job_id, attempt, tries: attempt, payload: job.payload };
        });
        const waiting = jobs.filter(({ state }) => state === "waiting");
        return Promise.resolve({
          jobs: leased,
          prefetched: [],
          revoked: [],
          rejected,
          waiting: waiting.length,
          inFlight: jobs.filter(({ state }) => state === "leased").length,
          nextRunAtMs: waiting.length === 0
            ? null
            : Math.max(0, Math.min(...waiting.map(({ runAtMs }) => runAtMs)) - clock.now()),
        });
      },
      renew: () => {
        queue.calls.push("renew");
        return Promise.resolve(0);
      },
      release: (chain) => {
        queue.calls.push(`release ${chain}`);
        expire();
        return Promise.resolve();
      },
      changedNothing: () => true,
      isFault: () => queue.isLasting,
    },
  };
  return queue;
}
