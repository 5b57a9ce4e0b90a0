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
   * Calls `handle` at once if the body is small, otherwise when no other large body is handled. Of a
   * body that does not state its length as much is read first as decides on it.
   *
   * @param handle gets the request. A large body fails with `request.too_slow` as it is read.
   * @throws {Problem} with `Retry-After`: `request.busy` if its turn does not come in time,
   * `request.instance_spent` if the isolate's CPU time would end before it. `request.malformed` if the
   * caller hangs up before, `request.too_slow`.
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
/** CPU time in milliseconds that a byte takes of a body that is read and then refused. */
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

  /** CPU time in milliseconds that is left for a request that came when `arrivedAtMs` were used. */
  const leftFor = (arrivedAtMs: number) =>
    // A request that comes past the half shows that the estimate is too high.
    limitMs * USE_UP_TO - Math.min(arrivedAtMs, limitMs * RETIRE_AT) - (cpu.usedMs - arrivedAtMs);

  const refuseIfSpent = async (neededMs: number, arrivedAtMs: number) => {
    // A body that is too long needs nothing: its handler refuses it.
    if (Math.min(neededMs, limitMs * MOST_NEEDED) <= Math.max(0, leftFor(arrivedAtMs))) return;
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
      const upload = createUpload(request.body, clock, limits);
      const hand = () => {
        const { method, headers, signal } = request;
        return handle(new Request(request.url, { method, headers, signal, body: upload.stream() }));
      };
      if (length === null) {
        while (!upload.isWhole && upload.bytes <= limits.largeBytes) await upload.readAhead();
        if (upload.bytes <= limits.largeBytes) {
          cpu.add(cost.costMs(request, upload.bytes));
          return await hand();
        }
      }
      const leave = await waitForTurn(gate.enter(1), request.signal, clock, limits.maxWaitMs);
      let isHandled = false;
      try {
        await refuseIfSpent(cost.costMs(request, length ?? upload.bytes), arrivedAtMs);
        // Until it is certain that the whole body fits. One that is too long (without a cost) the handler refuses.
        while (
          length === null && !upload.isWhole && leftFor(arrivedAtMs) < limitMs * MOST_NEEDED &&
          cost.costMs(request, upload.bytes) > 0
        ) {
          await upload.readAhead();
          await refuseIfSpent(cost.costMs(request, upload.bytes), arrivedAtMs);
        }
        isHandled = true;
        return await hand();
      } catch (error) {
        if (error instanceof Problem && error.code === "request.too_large") isHandled = false;
        throw error;
      } finally {
        const { bytes } = upload;
        cpu.add(isHandled ? cost.costMs(request, bytes) : bytes * READING_MS);
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

/** Body that fails where its sender is too slow. The time of its reader does not count. */
interface Upload {
  /** Number of bytes that have come. */
  readonly bytes: number;
  readonly isWhole: boolean;
  /**
   * Waits for the next part and keeps it.
   *
   * @throws {Problem} `request.too_slow`, or `request.malformed` when the connection breaks.
   */
  readAhead(): Promise<void>;
  /** Returns the whole body, to be read once. */
  stream(): ReadableStream<Uint8Array<ArrayBuffer>>;
}

function createUpload(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  clock: Clock,
  { maxStallMs, leastBytesPerSecond, graceMs }: LargeBodyLimits,
): Upload {
  const reader = body.getReader();
  const ahead: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  let isWhole = false;
  let waitedMs = 0;

  /** Returns the next part; null at the end. */
  const read = async () => {
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
      isWhole = next.done;
      if (next.value === undefined) return null;
      bytes += next.value.byteLength;
      waitedMs += clock.now() - began;
      return next.value;
    } finally {
      cancel();
    }
  };

  return {
    get bytes() {
      return bytes;
    },
    get isWhole() {
      return isWhole;
    },
    async readAhead() {
      const part = await read().catch((cause: unknown) => {
        throw cause instanceof Problem ? cause : malformed("The body ended early.", cause);
      });
      if (part !== null) ahead.push(part);
    },
    stream: () =>
      new ReadableStream({
        async pull(controller) {
          const part = ahead.shift() ?? (isWhole ? null : await read());
          if (part === null) controller.close();
          else controller.enqueue(part);
        },
        cancel: (reason) => reader.cancel(reason),
      }, { highWaterMark: 0 }),
  };
}

function tooSlow(bytes: number, leastBytesPerSecond: number, maxStallMs: number): Problem {
  return new Problem(
    "request.too_slow",
    `The body came too slowly and was dropped after ${bytes} bytes. Send at least ` +
      `${leastBytesPerSecond} bytes a second, without pauses of ${maxStallMs / 1_000} s.`,
  );
}
