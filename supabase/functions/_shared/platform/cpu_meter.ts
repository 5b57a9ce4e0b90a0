/**
 * Estimate of the CPU time that an isolate has used since its start.
 *
 * Hosted ends an isolate at 2 s of CPU time, and Deno 2.1.4 has no way to ask for it
 * (`process.cpuUsage` is not implemented). So work whose length depends on its data is measured, and
 * all else (sending, input and output, the event loop, garbage collection) counts as much for each job.
 */
export interface CpuMeter {
  readonly usedMs: number;
  /**
   * Runs synchronous work and counts its duration.
   *
   * @param weight milliseconds that each of its milliseconds counts, if other work goes with it
   */
  measure<T>(work: () => T, weight?: number): T;
  /**
   * Runs synchronous work that takes the same time for every job, and learns from it how slow the
   * machine is.
   */
  calibrate<T>(work: () => T): T;
  /** Counts all of a job that is not measured. */
  countJob(): void;
  /** Counts milliseconds that follow from something else, such as the length of a body. */
  add(ms: number): void;
  /** Does nothing for some milliseconds of CPU time, and counts them. */
  waste(ms: number): void;
}

/**
 * CPU time of a job outside of measured work, on a machine on which `calibrate`'s work takes
 * {@link REFERENCE_MS}. Both were measured with benchmark runs on Deno 2.1.4; `deno task bench hosted`
 * compares the estimate with the CPU time that was used.
 */
const JOB_MS = 1.05;
const REFERENCE_MS = 0.2;
/** Factor by which a call moves the running median, up or down. */
const STEP = 1.02;

/**
 * Creates the meter of an isolate.
 *
 * @param startMs CPU time that the isolate has used before
 * @param now returns the milliseconds of a steady clock
 */
export function createCpuMeter(
  startMs: number,
  now: () => number = () => performance.now(),
): CpuMeter {
  let measuredMs = 0;
  let jobsMs = 0;
  /** Running median of the calls' durations: how slow the machine is now, cold code included. */
  let median = REFERENCE_MS;
  let callsMs = 0;
  let mediansMs = 0;

  const time = <T>(work: () => T, note: (ms: number) => void): T => {
    const startedAt = now();
    try {
      return work();
    } finally {
      note(now() - startedAt);
    }
  };

  const measure: CpuMeter["measure"] = (work, weight = 1) =>
    time(work, (ms) => measuredMs += ms * weight);

  return {
    get usedMs() {
      // While other processes have the processor the clock goes on: the sum grows, the median hardly.
      const crowding = mediansMs === 0 ? 1 : Math.max(1, callsMs / mediansMs);
      return startMs + measuredMs / crowding + jobsMs;
    },
    measure,
    calibrate: (work) =>
      time(work, (ms) => {
        median *= ms > median ? STEP : 1 / STEP;
        callsMs += ms;
        mediansMs += median;
      }),
    countJob: () => void (jobsMs += JOB_MS * median / REFERENCE_MS),
    add: (ms) => void (measuredMs += ms),
    waste(ms) {
      measure(() => {
        for (const startedAt = now(); now() - startedAt < ms;);
      });
    },
  };
}

/** CPU time that loading the modules of a built function takes at most, in milliseconds. */
const MOST_LOADING_MS = 100;

/** Creates the meter of an isolate that has loaded its modules. A part of that time it may have waited. */
export function createIsolateMeter(): CpuMeter {
  return createCpuMeter(Math.min(performance.now(), MOST_LOADING_MS));
}

/** Meter of an isolate, and the share of its CPU time that one worker may use. */
export interface CpuBudget extends CpuMeter {
  /** True once the worker should claim nothing more and let a successor continue. */
  readonly isSpent: boolean;
}

/**
 * Gives a worker that starts now its share of an isolate's CPU time: up to half of it, and at least a
 * quarter. Past half of its CPU time an isolate gets no more requests; so one that comes when the
 * estimate is already higher shows that the estimate is too high.
 *
 * @param limitMs CPU time at which the isolate is ended
 */
export function shareCpu(meter: CpuMeter, limitMs: number): CpuBudget {
  const stopAt = Math.max(limitMs / 2, meter.usedMs + limitMs / 4);
  return {
    ...meter,
    get usedMs() {
      return meter.usedMs;
    },
    get isSpent() {
      return meter.usedMs >= stopAt;
    },
  };
}
