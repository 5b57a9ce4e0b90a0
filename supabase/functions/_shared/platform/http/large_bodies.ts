import type { Clock } from "../clock.ts";
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

/** Lets requests with a large body in one at a time. */
export interface LargeBodies {
  /**
   * Calls `handle` at once if the body is small, otherwise when no other large body is handled. A body
   * of unknown length counts as large.
   *
   * @param handle gets the request. A large body fails with `request.too_slow` as it is read.
   * @throws {Problem} `request.busy` with `Retry-After` if its turn does not come in time;
   * `request.malformed` if the caller hangs up before.
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

/**
 * Creates the gate of an isolate. An isolate has 256 MB, and a body of 20 to 50 MB takes up to 70 MB
 * while it is stored; six at once took 1.2 GB.
 */
export function createLargeBodies(
  clock: Clock,
  given: Partial<LargeBodyLimits> = {},
): LargeBodies {
  const limits = { ...LIMITS, ...given };
  const gate = createWeightedGate(1);
  return {
    async take(request, handle) {
      if (request.body === null || isSmall(request, limits)) return await handle(request);
      const leave = await waitForTurn(gate.enter(1), request.signal, clock, limits.maxWaitMs);
      try {
        return await handle(
          new Request(request.url, {
            method: request.method,
            headers: request.headers,
            signal: request.signal,
            body: paceBody(request.body, clock, limits),
          }),
        );
      } finally {
        leave();
      }
    },
  };
}

function isSmall({ headers }: Request, { largeBytes }: LargeBodyLimits): boolean {
  const length = headers.get("content-length");
  return length !== null && Number(length) <= largeBytes;
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

/** Passes a body on, and fails where its sender is too slow. The time of its reader does not count. */
function paceBody(
  body: ReadableStream<Uint8Array>,
  clock: Clock,
  { maxStallMs, leastBytesPerSecond, graceMs }: LargeBodyLimits,
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
