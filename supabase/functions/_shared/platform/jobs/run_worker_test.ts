import assert from "node:assert/strict";
import fc from "fast-check";
import { type CpuBudget, createCpuMeter, shareCpu } from "../cpu_meter.ts";
import { createVirtualClock, type VirtualClock } from "../../testing/virtual_clock.ts";
import { pause } from "../clock.ts";
import { createLogger, type Logger } from "../logger.ts";
import { isolateFaults } from "./isolate_faults.ts";
import {
  DEFAULT_WORKER_LIMITS,
  type JobContext,
  planTimes,
  runWorker,
  type WorkerLimits,
  type WorkerSummary,
  type WorkSource,
} from "./run_worker.ts";

interface Job {
  readonly id: number;
  readonly lane: number;
}
interface Result {
  readonly id: number;
  readonly retryInMs?: number;
  readonly poison?: boolean;
  /** The job that has taken this one's place. */
  readonly next?: number;
  readonly isUnstarted?: boolean;
  /** Nothing may follow it. */
  readonly isFatal?: boolean;
}

class Unreachable extends Error {}
class LostReply extends Error {}
class BadData extends Error {}
class NoSuchFunction extends Error {}

/** A queue in memory with one cap per lane, whose answers take time and sometimes fail. */
class FakeQueue {
  readonly recorded: Result[] = [];
  readonly leased = new Set<number>();
  readonly prefetched = new Set<number>();
  released: boolean | null = null;
  exchangesAtOnce = 0;
  maxExchangesAtOnce = 0;
  exchanges = 0;
  readonly renewedAt: number[] = [];
  /** Null: the worker is refused. */
  leaseMs: number | null = 45_000;
  /** How many prefetched jobs may have started unrecorded. */
  unrecordedStarts = 0;
  readonly wants: number[] = [];
  private isReaped = false;
  private readonly queue: { job: Job; runAt: number }[];

  constructor(
    private readonly clock: VirtualClock,
    jobs: readonly Job[],
    private readonly laneCap = Infinity,
    private readonly latencyMs: (call: number) => number = () => 3,
    private readonly fault: (call: number) => "before" | "after" | null = () => null,
    private readonly leasesAhead = false,
  ) {
    this.queue = jobs.map((job) => ({ job, runAt: 0 }));
  }

  get waiting(): number {
    return this.queue.length;
  }

  /** Takes all jobs from the worker and passes them to another. Returns the prefetched ones. */
  reap(): Set<number> {
    const prefetched = new Set(this.prefetched);
    this.leased.clear();
    this.prefetched.clear();
    this.isReaped = true;
    return prefetched;
  }

  add(job: Job): void {
    this.queue.push({ job, runAt: this.clock.now() });
  }

  readonly source: WorkSource<Job, Result> = {
    register: (unrecordedStarts) => {
      this.unrecordedStarts = unrecordedStarts;
      return Promise.resolve(this.leaseMs);
    },
    exchange: async (results, want, ahead) => {
      const call = this.exchanges++;
      this.wants.push(want);
      this.maxExchangesAtOnce = Math.max(this.maxExchangesAtOnce, ++this.exchangesAtOnce);
      try {
        await pause(this.clock, this.latencyMs(call));
        if (this.fault(call) === "before") throw new Unreachable();
        if (results.some(({ poison }) => poison === true)) throw new BadData();
        const reply = this.apply(results, want, ahead && this.leasesAhead);
        if (this.fault(call) === "after") throw new LostReply();
        return reply;
      } finally {
        this.exchangesAtOnce--;
      }
    },
    renew: async (unrecordedStarts) => {
      this.renewedAt.push(this.clock.now());
      if (this.isReaped) return null;
      this.unrecordedStarts = Math.max(this.unrecordedStarts, unrecordedStarts);
      await pause(this.clock, 2);
      return this.leased.size;
    },
    release: (chain) => {
      this.released = chain;
      this.leased.clear();
      this.prefetched.clear();
      return Promise.resolve();
    },
    changedNothing: (error) => error instanceof Unreachable || error instanceof NoSuchFunction,
    isFault: (error) => error instanceof NoSuchFunction,
  };

  private apply(results: readonly Result[], want: number, ahead: boolean) {
    const rejected: number[] = [];
    for (const { next } of results) {
      if (next === undefined) continue;
      if (this.prefetched.delete(next)) this.leased.add(next);
      else rejected.push(next);
    }
    for (const result of results) {
      if (result.isUnstarted === true) {
        if (this.prefetched.delete(result.id) || this.leased.delete(result.id)) {
          this.queue.unshift({ job: { id: result.id, lane: result.id % 3 }, runAt: 0 });
        } else rejected.push(result.id);
      } else if (!this.leased.delete(result.id)) rejected.push(result.id);
      else if (result.retryInMs === undefined) this.recorded.push(result);
      else {
        const runAt = this.clock.now() + result.retryInMs;
        this.queue.push({ job: { id: result.id, lane: result.id % 3 }, runAt });
      }
    }
    const lanes = new Map<number, number>();
    for (const id of this.leased) lanes.set(id % 3, (lanes.get(id % 3) ?? 0) + 1);
    const jobs: Job[] = [];
    for (const entry of [...this.queue]) {
      const { lane, id } = entry.job;
      if (jobs.length >= want || entry.runAt > this.clock.now()) continue;
      if ((lanes.get(lane) ?? 0) >= this.laneCap) continue;
      lanes.set(lane, (lanes.get(lane) ?? 0) + 1);
      this.queue.splice(this.queue.indexOf(entry), 1);
      this.leased.add(id);
      jobs.push(entry.job);
    }
    const prefetched: Job[] = [];
    for (const [lane, calls] of ahead && this.queue.length > 6 ? lanes : []) {
      const kept = [...this.prefetched].filter((id) => id % 3 === lane).length;
      const heads = this.queue.filter(({ job, runAt }) =>
        job.lane === lane && runAt <= this.clock.now()
      );
      for (const head of heads.slice(0, Math.max(0, calls - kept))) {
        this.queue.splice(this.queue.indexOf(head), 1);
        this.prefetched.add(head.job.id);
        prefetched.push(head.job);
      }
    }
    const next = this.queue.map(({ runAt }) => Math.max(0, runAt - this.clock.now()));
    return {
      jobs,
      prefetched,
      revoked: this.queue.length === 0 ? [...this.prefetched] : [],
      rejected,
      waiting: this.queue.length,
      inFlight: this.leased.size,
      nextRunAtMs: next.length === 0 ? null : Math.min(...next),
    };
  }
}

const silent = createLogger({ name: "test", write: () => {} });
const makeJobs = (count: number): Job[] =>
  Array.from({ length: count }, (_, id) => ({ id, lane: id % 3 }));

interface Harness {
  readonly clock: VirtualClock;
  readonly queue: FakeQueue;
  readonly limits?: Partial<WorkerLimits>;
  readonly shutdown?: AbortSignal;
  readonly cpu?: CpuBudget;
  readonly source?: WorkSource<Job, Result>;
  readonly log?: Logger;
  readonly handle: (job: Job, context: JobContext) => Promise<Result | null>;
}

function work(harness: Harness): Promise<WorkerSummary> {
  return harness.clock.run(runWorker({
    source: harness.source ?? harness.queue.source,
    handle: harness.handle,
    recover: ({ id }): Result => ({ id }),
    handover: {
      laneOf: ({ lane }) => String(lane),
      idOf: ({ id }) => id,
      haltsPrefetched: ({ isFatal = false }) => isFatal,
      passOn: (result, { id }) => ({ ...result, next: id }),
      giveBack: ({ id }) => ({ id, isUnstarted: true }),
    },
    limits: { ...DEFAULT_WORKER_LIMITS, ...harness.limits },
    clock: harness.clock,
    cpu: harness.cpu ?? shareCpu(createCpuMeter(0), Infinity),
    random: () => 0.5,
    log: harness.log ?? silent,
    shutdown: harness.shutdown ?? new AbortController().signal,
  }));
}

const scenario = fc.record({
  jobs: fc.integer({ min: 0, max: 60 }),
  slots: fc.integer({ min: 1, max: 12 }),
  laneCap: fc.integer({ min: 1, max: 4 }),
  latencies: fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 12 }),
  exchangeMs: fc.array(fc.integer({ min: 0, max: 80 }), { minLength: 1, maxLength: 8 }),
  retries: fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 8 }),
  nulls: fc.array(fc.integer({ min: 0, max: 59 }), { maxLength: 3 }),
  throws: fc.array(fc.integer({ min: 0, max: 59 }), { maxLength: 3 }),
  before: fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 4 }),
  after: fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 2 }),
  fatals: fc.array(fc.integer({ min: 0, max: 59 }), { maxLength: 2 }),
  leasesAhead: fc.boolean(),
});
const cyclic = (values: readonly number[], index: number) => values[index % values.length] ?? 0;

Deno.test("however outcomes, latencies and faults fall, every claimed job is reported once and no limit is passed", async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (given) => {
      const clock = createVirtualClock();
      const queue = new FakeQueue(
        clock,
        makeJobs(given.jobs),
        given.laneCap,
        (call) => cyclic(given.exchangeMs, call),
        (call) =>
          given.before.includes(call) ? "before" : given.after.includes(call) ? "after" : null,
        given.leasesAhead,
      );
      const lanes = new Map<number, number>();
      const finished: number[] = [];
      const retried = new Set<number>();
      let active = 0;
      const summary = await work({
        clock,
        queue,
        limits: { slots: given.slots },
        handle: async ({ id, lane }) => {
          active++;
          const inLane = (lanes.get(lane) ?? 0) + 1;
          lanes.set(lane, inLane);
          assert.ok(inLane <= given.laneCap, "more in flight than the lane's cap");
          assert.ok(active <= given.slots, "more in flight than slots");
          await pause(clock, cyclic(given.latencies, id));
          active--;
          lanes.set(lane, (lanes.get(lane) ?? 0) - 1);
          if (given.retries.includes(id) && !retried.has(id)) {
            retried.add(id);
            return { id, retryInMs: 300 };
          }
          finished.push(id);
          if (given.throws.includes(id)) throw new Error("a bug");
          if (!given.nulls.includes(id)) {
            return given.fatals.includes(id) ? { id, isFatal: true } : { id };
          }
          queue.leased.delete(id);
          queue.prefetched.delete(id);
          return null;
        },
      });
      assert.equal(active, 0);
      assert.equal(queue.maxExchangesAtOnce <= 1, true, "two exchanges at once");
      assert.equal(new Set(finished).size, finished.length, "a job was finished twice");
      const recorded = queue.recorded.map(({ id }) => id);
      assert.equal(new Set(recorded).size, recorded.length, "a job was recorded twice");
      assert.deepEqual(
        recorded.sort((a, b) => a - b),
        finished.filter((id) => given.throws.includes(id) || !given.nulls.includes(id)).sort((
          a,
          b,
        ) => a - b),
      );
      if (summary.ending === "drained") assert.equal(queue.waiting, 0);
      else assert.equal(summary.ending, "disconnected");
      assert.equal(queue.released, true);
      assert.equal(queue.leased.size, 0);
      assert.equal(queue.prefetched.size, 0);
    }),
    { numRuns: 300 },
  );
});

Deno.test("of the prefetched jobs that a worker loses at some moment no more ever start than it had announced", async () => {
  let started = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        slots: fc.integer({ min: 2, max: 12 }),
        laneCap: fc.integer({ min: 1, max: 4 }),
        latencies: fc.array(fc.integer({ min: 5, max: 400 }), { minLength: 3, maxLength: 12 }),
        exchangeMs: fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 8 }),
        reapAt: fc.integer({ min: 50, max: 2_000 }),
      }),
      async ({ slots, laneCap, latencies, exchangeMs, reapAt }) => {
        const clock = createVirtualClock();
        const queue = new FakeQueue(
          clock,
          makeJobs(150),
          laneCap,
          (call) => cyclic(exchangeMs, call),
          () => null,
          true,
        );
        let lost = new Set<number>();
        let announced = 0;
        clock.after(reapAt, () => {
          announced = queue.unrecordedStarts;
          lost = queue.reap();
        });
        const starts: number[] = [];
        await work({
          clock,
          queue,
          limits: { slots },
          handle: async ({ id }) => {
            starts.push(id);
            await pause(clock, cyclic(latencies, id));
            return { id };
          },
        });
        const lostStarts = starts.filter((id) => lost.has(id)).length;
        assert.ok(lostStarts <= announced, `${lostStarts} started, ${announced} announced`);
        started += lostStarts;
      },
    ),
    { numRuns: 300 },
  );
  assert.ok(started > 100, `only ${started} started`);
});

Deno.test("a result with nothing else under way is recorded at once, and those that end meanwhile go together", async () => {
  const clock = createVirtualClock();
  const queue = new FakeQueue(clock, makeJobs(30), Infinity, () => 5);
  const summary = await work({
    clock,
    queue,
    handle: async ({ id }) => {
      await pause(clock, id < 10 ? 100 + (id % 5) : 100);
      return { id };
    },
  });
  // Ten jobs end within 4 ms; the first travels alone, the nine others in the next exchange.
  assert.deepEqual(queue.wants.slice(0, 3), [10, 1, 9]);
  assert.equal(summary.recorded, 30);
});

Deno.test("600 jobs under a cap of 6 take fewer than 1.05 statements each", async () => {
  const clock = createVirtualClock();
  const jobs = makeJobs(600).map((job) => ({ ...job, lane: job.id % 3 }));
  const queue = new FakeQueue(clock, jobs, 2);
  const summary = await work({
    clock,
    queue,
    handle: async ({ id }) => {
      await pause(clock, 200 + (id * 37) % 200);
      return { id };
    },
  });
  assert.equal(summary.recorded, 600);
  assert.ok(summary.exchanges <= 615, String(summary.exchanges));
});

Deno.test("a prefetched job starts at the moment that the one before it ends", async () => {
  const clock = createVirtualClock();
  const queue = new FakeQueue(clock, makeJobs(300), 3, () => 40, () => null, true);
  let busy = 0;
  let begun = 0;
  const summary = await work({
    clock,
    queue,
    handle: async ({ id }) => {
      if (begun++ === 0) busy = -clock.now();
      await pause(clock, 300 + (id % 3) * 50);
      if (begun === 300 && busy < 0) busy += clock.now();
      return { id };
    },
  });
  assert.equal(summary.recorded, 300);
  assert.equal(summary.claimed, 300);
  // Each of three lanes keeps three calls of up to 400 ms going: 34 in a row at the slowest. Of the
  // last six jobs none is leased ahead.
  assert.ok(busy <= 34 * 400 + 2 * 40, `${busy} ms`);
});

Deno.test("results whose places are taken go together, and never wait longer than they may", async () => {
  const clock = createVirtualClock();
  const queue = new FakeQueue(clock, makeJobs(300), 3, () => 4, () => null, true);
  const endedAt = new Map<number, number>();
  const delays: number[] = [];
  const { exchange } = queue.source;
  const summary = await work({
    clock,
    queue,
    limits: { gatherMs: 20 },
    source: {
      ...queue.source,
      exchange: (results, want, ahead) => {
        delays.push(...results.map(({ id }) => clock.now() - (endedAt.get(id) ?? NaN)));
        return exchange(results, want, ahead);
      },
    },
    handle: async ({ id }) => {
      await pause(clock, 300 + (id * 37) % 100);
      endedAt.set(id, clock.now());
      return { id };
    },
  });
  assert.equal(summary.recorded, 300);
  // Besides its own wait, a result may find an exchange under way.
  assert.ok(Math.max(...delays) <= 20 + 4, `${Math.max(...delays)} ms`);
  assert.ok(summary.exchanges < 250, `${summary.exchanges} exchanges`);
});

Deno.test("while places pass from job to job the empty ones are offered four times a second, and new work takes them", async () => {
  const clock = createVirtualClock();
  const queue = new FakeQueue(clock, makeJobs(600), 2, () => 4, () => null, true);
  const late: Job = { id: 600, lane: 3 };
  let begun = 0;
  let addedAt = NaN;
  let startedAt = NaN;
  const summary = await work({
    clock,
    queue,
    handle: async ({ id }) => {
      if (++begun === 300) {
        queue.add(late);
        addedAt = clock.now();
      }
      if (id === late.id) startedAt = clock.now();
      await pause(clock, 100 + (id * 37) % 100);
      return { id };
    },
  });
  assert.equal(summary.recorded, 601);
  // The next result may be 200 ms away.
  assert.ok(startedAt - addedAt <= 250 + 200 + 10 + 2 * 4, `${startedAt - addedAt} ms`);
  const offers = queue.wants.filter((want) => want > 0).length;
  assert.ok(offers <= 4 * clock.now() / 1000 + 20, `${offers} in ${clock.now()} ms`);
  assert.ok(summary.exchanges > 3 * offers, `${offers} of ${summary.exchanges}`);
});

Deno.test("prefetched jobs go back when claiming ends, or when nothing may follow a result", async () => {
  for (const ending of ["time", "shutdown", "fatal"]) {
    const clock = createVirtualClock();
    const queue = new FakeQueue(clock, makeJobs(100), 1, () => 5, () => null, true);
    const shutdown = new AbortController();
    const started: number[] = [];
    clock.after(1_000, () => {
      if (ending === "shutdown") shutdown.abort();
    });
    const summary = await work({
      clock,
      queue,
      limits: { wallClockMs: 60_000, jobTimeoutMs: 20_000, slots: 3 },
      shutdown: shutdown.signal,
      handle: async ({ id }, { signal }) => {
        started.push(id);
        await pause(clock, id === 0 ? 2_000 : 20_000, signal);
        if (id === 0) assert.equal(queue.prefetched.size, 3);
        return ending === "fatal" && id === 0 ? { id, isFatal: true } : { id };
      },
    });
    assert.equal(queue.prefetched.size, 0, ending);
    assert.equal(summary.recorded, started.length);
    assert.equal(queue.waiting, 100 - started.length);
  }
});

Deno.test("however calls overlap, none starts after a failure before the queue has been told of it", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 50, max: 900 }), { minLength: 3, maxLength: 12 }),
      fc.integer({ min: 1, max: 400 }),
      fc.integer({ min: 0, max: 40 }),
      async (latencies, exchangeMs, broken) => {
        const clock = createVirtualClock();
        const queue = new FakeQueue(clock, makeJobs(60), 3, () => exchangeMs, () => null, true);
        const { exchange } = queue.source;
        const starts: number[] = [];
        let failedAt = Infinity;
        let toldAt = -Infinity;
        await work({
          clock,
          queue,
          source: {
            ...queue.source,
            async exchange(results, want, ahead) {
              const reply = await exchange(results, want, ahead);
              if (results.some(({ isFatal }) => isFatal)) toldAt = clock.now();
              return reply;
            },
          },
          handle: async ({ id }) => {
            starts.push(clock.now());
            await pause(clock, cyclic(latencies, id));
            if (id !== broken) return { id };
            failedAt = clock.now();
            return { id, isFatal: true };
          },
        });
        assert.deepEqual(starts.filter((at) => at > failedAt && at < toldAt), []);
        assert.equal(queue.recorded.length, 60);
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("claiming stops in time for the slowest call, what is in flight ends, and a successor is asked for", async () => {
  const clock = createVirtualClock();
  const queue = new FakeQueue(clock, makeJobs(1000));
  let lastStart = 0;
  const summary = await work({
    clock,
    queue,
    handle: async ({ id }, { signal }) => {
      lastStart = clock.now();
      await pause(clock, 20_000);
      assert.equal(signal.aborted, false);
      return { id };
    },
  });
  assert.equal(summary.ending, "out_of_time");
  assert.equal(summary.recorded, summary.claimed);
  assert.ok(lastStart <= 70_000 && lastStart >= 40_000, String(lastStart));
  assert.ok(clock.now() <= 140_000);
  assert.equal(queue.released, true);
});

Deno.test("claiming stops when the worker's share of the CPU time is used, what is in flight ends, and a successor is asked for", async () => {
  const clock = createVirtualClock();
  const queue = new FakeQueue(clock, makeJobs(1000));
  const meter = createCpuMeter(0, () => clock.now());
  const summary = await work({
    clock,
    queue,
    cpu: shareCpu(meter, 400),
    handle: async ({ id }) => {
      await pause(clock, 50);
      return { id };
    },
  });
  assert.equal(summary.ending, "out_of_cpu");
  assert.equal(summary.recorded, summary.claimed);
  assert.equal(queue.released, true);
  // Half of the time is left but for what the last jobs in flight took.
  assert.ok(meter.usedMs >= 200 && meter.usedMs < 220, String(meter.usedMs));
});

Deno.test("a job longer than the wall clock is aborted in time to be recorded", async () => {
  const clock = createVirtualClock();
  const queue = new FakeQueue(clock, makeJobs(1));
  const summary = await work({
    clock,
    queue,
    limits: { wallClockMs: 4_000 },
    handle: async ({ id }, { signal, timeLeftMs }) => {
      assert.ok(timeLeftMs() > 3_000);
      await pause(clock, 60_000, signal);
      return { id, retryInMs: 0 };
    },
  });
  assert.equal(summary.ending, "out_of_time");
  assert.equal(summary.recorded, 1);
  assert.ok(clock.now() < 4_000);
});

Deno.test("half of the time is for claiming, however short the wall clock", () => {
  fc.assert(fc.property(
    fc.integer({ min: 100, max: 750_000 }),
    fc.integer({ min: 1, max: 600_000 }),
    (wallClockMs, jobTimeoutMs) => {
      const { lastClaim, abort, end } = planTimes({ wallClockMs, jobTimeoutMs }, 0);
      assert.ok(wallClockMs / 2 <= lastClaim && lastClaim < abort);
      assert.ok(abort < end && end < wallClockMs);
    },
  ));
});

Deno.test("an outage of seconds loses no result and repeats no job", async () => {
  const clock = createVirtualClock();
  const down = (time: number) => time > 1_000 && time < 8_000;
  const queue = new FakeQueue(
    clock,
    makeJobs(40),
    Infinity,
    () => 3,
    () => down(clock.now()) ? "before" : null,
  );
  let handled = 0;
  const summary = await work({
    clock,
    queue,
    handle: async ({ id }) => {
      handled++;
      await pause(clock, 400);
      return { id };
    },
  });
  assert.deepEqual([summary.ending, summary.recorded, handled], ["drained", 40, 40]);
});

Deno.test("while the database does not answer no prefetched job starts, so that few paid answers are unrecorded at a time", async () => {
  const cases = ["refused", "hanging"].flatMap((outage) =>
    [0, 100].map((spreadMs) => ({ outage, spreadMs }))
  );
  for (const { outage, spreadMs } of cases) {
    const clock = createVirtualClock();
    const isDown = () => clock.now() >= 2_000 && clock.now() < 9_000;
    const queue = new FakeQueue(
      clock,
      makeJobs(200),
      3,
      () => isDown() && outage === "hanging" ? 9_000 - clock.now() : 3,
      () => isDown() && outage === "refused" ? "before" : null,
      true,
    );
    const starts: number[] = [];
    let ended = 0;
    let mostUnrecorded = 0;
    const summary = await work({
      clock,
      queue,
      handle: async ({ id }) => {
        starts.push(clock.now());
        await pause(clock, 300 + spreadMs * (id * 37 % 100) / 100);
        ended++;
        if (isDown()) mostUnrecorded = Math.max(mostUnrecorded, ended - queue.recorded.length);
        return { id };
      },
    });
    // Nine calls were in flight as the outage began. Until an exchange has failed, a few of those that
    // end pass their places on.
    const most = 9 + DEFAULT_WORKER_LIMITS.mostPassedOn;
    const about = `${outage}, ${spreadMs} ms: ${mostUnrecorded}`;
    assert.ok(mostUnrecorded >= 9 && mostUnrecorded <= most, about);
    assert.deepEqual([summary.ending, summary.recorded, starts.length], ["drained", 200, 200]);
  }
});

Deno.test("after a reply got lost nothing more is claimed, and what it held is given back", async () => {
  const clock = createVirtualClock();
  const queue = new FakeQueue(
    clock,
    makeJobs(40),
    Infinity,
    () => 3,
    (call) => call === 1 ? "after" : null,
  );
  const summary = await work({
    clock,
    queue,
    handle: async ({ id }) => {
      await pause(clock, 400 + id);
      return { id };
    },
  });
  assert.equal(summary.ending, "disconnected");
  assert.deepEqual(queue.wants.slice(2).filter((want) => want > 0), []);
  assert.equal(queue.recorded.length, 10);
  assert.equal(queue.released, true);
});

Deno.test("told to shut down, it aborts what is in flight, records it and has a successor started", async () => {
  const clock = createVirtualClock();
  const queue = new FakeQueue(clock, makeJobs(40));
  const shutdown = new AbortController();
  clock.after(1_000, () => shutdown.abort());
  const summary = await work({
    clock,
    queue,
    shutdown: shutdown.signal,
    handle: async ({ id }, { signal }) => {
      await pause(clock, 30_000, signal);
      return { id, retryInMs: 0 };
    },
  });
  assert.equal(summary.ending, "shut_down");
  assert.equal(summary.recorded, 10);
  assert.ok(clock.now() < 1_100);
  assert.equal(queue.released, true);
});

Deno.test("however short the leases are, two renewals may be lost while a long job runs", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 5_000, max: 300_000 }), async (leaseMs) => {
      const clock = createVirtualClock();
      const queue = new FakeQueue(clock, makeJobs(1));
      queue.leaseMs = leaseMs;
      const jobMs = 2 * leaseMs;
      await work({
        clock,
        queue,
        limits: { wallClockMs: 2 * jobMs },
        handle: async ({ id }) => {
          await pause(clock, jobMs);
          return { id };
        },
      });
      const times = [0, ...queue.renewedAt, jobMs];
      const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
      assert.ok(Math.max(...gaps) <= leaseMs / 3 + 5, `${gaps}`);
    }),
    { numRuns: 50 },
  );
});

Deno.test("a delayed job is waited for and started when it is due", async () => {
  const clock = createVirtualClock();
  const queue = new FakeQueue(clock, makeJobs(1));
  const starts: number[] = [];
  const summary = await work({
    clock,
    queue,
    handle: ({ id }) => {
      starts.push(clock.now());
      return Promise.resolve(starts.length === 1 ? { id, retryInMs: 7_000 } : { id });
    },
  });
  assert.equal(summary.ending, "drained");
  assert.ok((starts[1] ?? 0) >= 7_000 && (starts[1] ?? 0) < 7_100, String(starts));
});

Deno.test("a job due in minutes is left to the sweep", async () => {
  const clock = createVirtualClock();
  const queue = new FakeQueue(clock, makeJobs(1));
  const summary = await work({
    clock,
    queue,
    handle: ({ id }) => Promise.resolve({ id, retryInMs: 300_000 }),
  });
  assert.equal(summary.ending, "nothing_due");
  assert.equal(queue.released, false);
  assert.ok(clock.now() < 1_000);
});

Deno.test("a worker that gets nothing while others hold the rest goes, and asks for no successor", async () => {
  const clock = createVirtualClock();
  const queue = new FakeQueue(clock, [{ id: 3, lane: 0 }], 1);
  queue.leased.add(0);
  const summary = await work({
    clock,
    queue,
    handle: ({ id }) => Promise.resolve({ id }),
  });
  assert.equal(summary.ending, "surplus");
  assert.equal(summary.claimed, 0);
  assert.equal(queue.released, false);
  assert.ok(clock.now() >= 10_000 && clock.now() < 13_000, String(clock.now()));
});

Deno.test("a worker that is one too many ends without a statement more", async () => {
  const clock = createVirtualClock();
  const queue = new FakeQueue(clock, makeJobs(3));
  queue.leaseMs = null;
  const summary = await work({ clock, queue, handle: ({ id }) => Promise.resolve({ id }) });
  assert.equal(summary.ending, "refused");
  assert.equal(queue.exchanges, 0);
  assert.equal(queue.released, null);
});

Deno.test("what the database will never take ends the worker at once, and only what was not started is given back", async () => {
  for (const brokenFrom of [0, 1]) {
    const clock = createVirtualClock();
    const queue = new FakeQueue(clock, makeJobs(40));
    const lines: string[] = [];
    const { exchange } = queue.source;
    let calls = 0;
    const summary = await work({
      clock,
      queue,
      log: createLogger({ name: "test", write: (line, level) => lines.push(`${level} ${line}`) }),
      source: {
        ...queue.source,
        exchange: async (...given) => {
          if (calls++ >= brokenFrom) throw new NoSuchFunction("no such function");
          return await exchange(...given);
        },
      },
      handle: async ({ id }, { signal }) => {
        await pause(clock, 400 + id, signal);
        return { id };
      },
    });
    assert.equal(summary.ending, "faulty");
    assert.ok(clock.now() < 1_000, `${clock.now()} ms`);
    const errors = lines.filter((line) => line.startsWith("error"));
    assert.match(errors.join(), /does not match this version.*no such function/);
    // Without a successor, which would fail the same way.
    assert.equal(queue.released, brokenFrom === 0 ? false : null);
    assert.equal(queue.leased.size, brokenFrom === 0 ? 0 : 10);
  }
});

Deno.test("a result the database refuses is replaced, and those it travelled with are recorded", async () => {
  const clock = createVirtualClock();
  const queue = new FakeQueue(clock, makeJobs(8));
  const source = isolateFaults(queue.source, {
    isDataFault: (error) => error instanceof BadData,
    replace: ({ id }) => ({ id }),
  });
  const summary = await work({
    clock,
    queue,
    source,
    handle: async ({ id }) => {
      await pause(clock, 100);
      return { id, poison: id === 5 };
    },
  });
  assert.equal(summary.ending, "drained");
  assert.deepEqual(queue.recorded.map(({ id }) => id).sort(), [0, 1, 2, 3, 4, 5, 6, 7]);
});
