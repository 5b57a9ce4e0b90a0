import { type Clock, pause } from "../clock.ts";
import type { CpuMeter } from "../cpu_meter.ts";
import { createWeightedGate } from "../jobs/weighted_gate.ts";
import { malformed, Problem } from "./problem.ts";

/** Limits of {@link createLargeBodies}. */
export interface LargeBodyLimits {
  /** Length in bytes from which a body is large. */
  readonly largeBytes: number;
  /** Longest wait for the turn, in milliseconds. */
  readonly maxWaitMs: number;
  /** Longest wait for the next bytes of a body that has its turn, in milliseconds. */
  readonly maxStallMs: number;
  /** Least bytes a second over a whole body, after `graceMs`. */
  readonly leastBytesPerSecond: number;
  readonly graceMs: number;
}

/** CPU time that bodies use up. */
export interface BodyCost {
  readonly cpu: CpuMeter;
  /** CPU time at which the runtime ends the isolate, in milliseconds. */
  readonly limitMs: number;
  /** Returns the milliseconds of CPU time that so many bytes of this request take; 0 for too many. */
  readonly costMs: (request: Request, bytes: number) => number;
}

/** Lets requests with a large body in one at a time. */
export interface LargeBodies {
  /**
   * Calls `handle` at once if the body is small, otherwise when no other large body is handled. A body
   * of unknown length counts as large.
   *
   * @param handle gets the request. A large body fails with `request.too_slow` as it is read.
   * @throws {Problem} with `Retry-After`: `request.busy` if its turn does not come in time,
   * `request.instance_spent` if the isolate's CPU time would end before it. `request.malformed` if the
   * caller hangs up before.
   */
  take<Result>(
    request: Request,
    handle: (request: Request) => Promise<Result>,
  ): Promise<Result>;
}

/**
 * Default limits. The wait is shorter than a gateway's patience (150 s), and whoever sends at the least
 * rate delivers 20 MB within it.
 */
const LIMITS: LargeBodyLimits = {
  largeBytes: 1024 * 1024,
  maxWaitMs: 30_000,
  maxStallMs: 10_000,
  leastBytesPerSecond: 160 * 1024,
  graceMs: 10_000,
};

const RETRY_SECONDS = 10;

/** Share of its CPU time from which the runtime sends an isolate no more requests. */
const RETIRE_AT = 0.5;
/** Share up to which an isolate may be used: what is estimated is kept clear of the end. */
const USE_UP_TO = 0.9;
/** Largest share that one body is taken to need, so that a new isolate accepts every body. */
const MOST_NEEDED = 0.75;
/** Share that a body of unknown length is taken to need: so little that one that comes alone is accepted. */
const NEEDED_IF_UNKNOWN = 0.25;
/** CPU time in milliseconds that a byte takes which is read and then refused for the body's length. */
const READING_MS = 8e-6;
/** Share that is wasted at least where the runtime goes on sending requests, and the longest piece in milliseconds. */
const WASTE_AT_LEAST = 1 / 8;
const WASTE_PIECE_MS = 25;
/** The next isolate can take the request at once. */
const SPENT_RETRY_SECONDS = 1;

/**
 * Creates the gate of an isolate.
 *
 * An isolate has 256 MB, and a body of 20 to 50 MB takes up to 70 MB while it is stored; six at once took
 * 1.2 GB. It also has 2 s of CPU time over its life, and the runtime ends it then, in the middle of a body.
 * So a body for which too little is left is refused before it is read, and whoever repeats the request
 * reaches another isolate. If the runtime would send it here again, because half of the CPU time is not yet
 * used, what is missing to the half is wasted first.
 */
export function createLargeBodies(
  clock: Clock,
  cost: BodyCost,
  given: Partial<LargeBodyLimits> = {},
): LargeBodies {
  const limits = { ...LIMITS, ...given };
  const { cpu, limitMs } = cost;
  const gate = createWeightedGate(1);

  const refuseIfSpent = async (request: Request, length: number | null, arrivedAtMs: number) => {
    // A request that comes past the half shows that the estimate is too high.
    const usedMs = Math.min(arrivedAtMs, limitMs * RETIRE_AT) + cpu.usedMs - arrivedAtMs;
    const neededMs = length === null
      ? limitMs * NEEDED_IF_UNKNOWN
      : Math.min(cost.costMs(request, length), limitMs * MOST_NEEDED);
    if (usedMs + neededMs <= limitMs * USE_UP_TO) return;
    const wasteUntil = Math.max(limitMs * RETIRE_AT, arrivedAtMs + limitMs * WASTE_AT_LEAST);
    while (cpu.usedMs < wasteUntil) {
      cpu.waste(Math.min(WASTE_PIECE_MS, wasteUntil - cpu.usedMs));
      await pause(clock, 0);
    }
    throw new Problem(
      "request.instance_spent",
      "This instance has too little CPU time left for the request, and nothing was stored. Send it again: " +
        "another instance takes it.",
      { headers: { "retry-after": String(SPENT_RETRY_SECONDS) } },
    );
  };

  return {
    async take(request, handle) {
      if (request.body === null) return await handle(request);
      const length = readLength(request);
      if (length !== null && length <= limits.largeBytes) {
        cpu.add(cost.costMs(request, length));
        return await handle(request);
      }
      const arrivedAtMs = cpu.usedMs;
      const leave = await waitForTurn(gate.enter(1), request.signal, clock, limits.maxWaitMs);
      let bytes = 0;
      let isTooLarge = false;
      try {
        await refuseIfSpent(request, length, arrivedAtMs);
        const body = paceBody(request.body, clock, limits, (count) => bytes += count);
        const { method, headers, signal } = request;
        return await handle(new Request(request.url, { method, headers, signal, body }));
      } catch (error) {
        isTooLarge = error instanceof Problem && error.code === "request.too_large";
        throw error;
      } finally {
        cpu.add(isTooLarge ? bytes * READING_MS : cost.costMs(request, bytes));
        leave();
      }
    },
  };
}

function readLength({ headers }: Request): number | null {
  const length = headers.get("content-length");
  return length === null ? null : Number(length);
}

async function waitForTurn(
  turn: Promise<() => void>,
  signal: AbortSignal,
  clock: Clock,
  maxWaitMs: number,
): Promise<() => void> {
  const { promise: end, resolve } = Promise.withResolvers<"late" | "aborted">();
  const abort = () => resolve("aborted");
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  const cancel = clock.after(maxWaitMs, () => resolve("late"));
  try {
    const first = await Promise.race([turn, end]);
    if (typeof first === "function") return first;
    // The turn of a request that gave up passes to the next one.
    turn.then((leave) => leave());
    if (first === "aborted") throw malformed("The request was aborted before its turn.");
    throw new Problem(
      "request.busy",
      `Other large requests are being handled. Send this one again in ${RETRY_SECONDS} seconds.`,
      { headers: { "retry-after": String(RETRY_SECONDS) } },
    );
  } finally {
    cancel();
    signal.removeEventListener("abort", abort);
  }
}

/**
 * Passes a body on, and fails where its sender is too slow. The time of its reader does not count.
 *
 * @param count gets the number of bytes of each part.
 */
function paceBody(
  body: ReadableStream<Uint8Array>,
  clock: Clock,
  { maxStallMs, leastBytesPerSecond, graceMs }: LargeBodyLimits,
  count: (bytes: number) => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let bytes = 0;
  let waitedMs = 0;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const began = clock.now();
      const leftMs = graceMs + bytes / leastBytesPerSecond * 1_000 - waitedMs;
      const { promise: late, resolve } = Promise.withResolvers<null>();
      const cancel = clock.after(Math.max(0, Math.min(maxStallMs, leftMs)), () => resolve(null));
      try {
        const next = await Promise.race([reader.read(), late]);
        if (next === null) {
          const problem = tooSlow(bytes, leastBytesPerSecond, maxStallMs);
          reader.cancel(problem).catch(() => {});
          throw problem;
        }
        if (next.done) return controller.close();
        bytes += next.value.byteLength;
        count(next.value.byteLength);
        waitedMs += clock.now() - began;
        controller.enqueue(next.value);
      } finally {
        cancel();
      }
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}

function tooSlow(bytes: number, leastBytesPerSecond: number, maxStallMs: number): Problem {
  return new Problem(
    "request.too_slow",
    `The body came too slowly and was dropped after ${bytes} bytes. Send at least ` +
      `${leastBytesPerSecond} bytes a second, without pauses of ${maxStallMs / 1_000} s.`,
  );
}
