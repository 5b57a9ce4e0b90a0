import assert from "node:assert/strict";
import { createVirtualClock } from "../../testing/virtual_clock.ts";
import { createLargeBodies } from "./large_bodies.ts";
import { Problem } from "./problem.ts";

const isProblem = (code: string) => (error: unknown) =>
  error instanceof Problem && error.code === code;

function post(body: BodyInit, length?: number, signal?: AbortSignal): Request {
  return new Request("http://localhost/", {
    method: "POST",
    body,
    ...signal === undefined ? {} : { signal },
    headers: length === undefined ? {} : { "content-length": String(length) },
  });
}

/** Gate with requests that stay inside until they are let go. */
function setUp() {
  const clock = createVirtualClock();
  const bodies = createLargeBodies(clock, {
    largeBytes: 10,
    maxWaitMs: 30_000,
    maxStallMs: 10_000,
    leastBytesPerSecond: 100,
    graceMs: 5_000,
  });
  const log: string[] = [];
  const enter = (name: string, request: Request) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = bodies.take(request, async () => {
      log.push(`${name} in`);
      await promise;
      log.push(`${name} out`);
    });
    return { done, letGo: resolve };
  };
  return { clock, bodies, log, enter };
}

Deno.test("large bodies are handled one at a time in their order, and small ones at once", async () => {
  const { clock, log, enter } = setUp();
  const first = enter("first", post("x", 11));
  const second = enter("second", post("x"));
  const small = enter("small", post("x", 10));
  small.letGo();
  await clock.run(small.done);
  assert.equal(log.includes("first out"), false);
  first.letGo();
  second.letGo();
  await clock.run(Promise.all([first.done, second.done]));
  assert.deepEqual(
    log.filter((line) => !line.startsWith("small")),
    ["first in", "first out", "second in", "second out"],
  );
});

Deno.test("a handler that fails lets the next one in", async () => {
  const { clock, bodies, log, enter } = setUp();
  const failing = bodies.take(post("x"), () => Promise.reject(new Error("broken")));
  const next = enter("next", post("x"));
  next.letGo();
  await assert.rejects(failing, /broken/);
  await clock.run(next.done);
  assert.deepEqual(log, ["next in", "next out"]);
});

Deno.test("a request that waits too long, or whose caller hangs up, is refused and blocks nobody", async () => {
  const { clock, log, enter } = setUp();
  const first = enter("first", post("x"));
  const hangUp = new AbortController();
  const aborted = enter("aborted", post("x", undefined, hangUp.signal));
  hangUp.abort();
  await assert.rejects(aborted.done, isProblem("request.malformed"));
  const late = enter("late", post("x"));
  await assert.rejects(
    clock.run(late.done),
    (error) =>
      isProblem("request.busy")(error) && (error as Problem).headers["retry-after"] === "10",
  );
  assert.equal(clock.now(), 30_000);
  const next = enter("next", post("x"));
  first.letGo();
  next.letGo();
  await clock.run(next.done);
  assert.deepEqual(log, ["first in", "first out", "next in", "next out"]);
});

/** Body whose parts come at these milliseconds, without an end. */
function trickle(
  clock: ReturnType<typeof createVirtualClock>,
  times: readonly number[],
  bytes: number,
) {
  let place = 0;
  let isCancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const at = times[place++];
      const { promise, resolve } = Promise.withResolvers<void>();
      if (at !== undefined) clock.after(at - clock.now(), resolve);
      await promise;
      controller.enqueue(new Uint8Array(bytes));
    },
    cancel() {
      isCancelled = true;
    },
  }, { highWaterMark: 0 });
  return { stream, isCancelled: () => isCancelled };
}

Deno.test("a sender that pauses or sends too slowly is cut off and loses its turn", async () => {
  for (
    const [times, bytes, cutAt] of [
      // Nothing for the longest pause.
      [[1_000], 10_000, 11_000],
      // 50 bytes a second: allowed are 5 s and 10 ms a byte.
      [[1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000, 9_000, 10_000], 50, 9_000],
    ] as const
  ) {
    const { clock, bodies, enter } = setUp();
    const { stream, isCancelled } = trickle(clock, times, bytes);
    const slow = bodies.take(post(stream), (request) => request.bytes());
    slow.catch(() => {});
    const next = enter("next", post("x"));
    next.letGo();
    await assert.rejects(clock.run(slow), isProblem("request.too_slow"));
    assert.equal(clock.now(), cutAt);
    assert.equal(isCancelled(), true);
    await clock.run(next.done);
  }
});

Deno.test("the time that a reader takes does not count against the sender", async () => {
  const { clock, bodies } = setUp();
  const length = await clock.run(
    bodies.take(post(new Blob(["0123456789"]).stream()), async (request) => {
      let length = 0;
      for await (const part of request.body ?? []) {
        length += part.length;
        const { promise, resolve } = Promise.withResolvers<void>();
        clock.after(100_000, resolve);
        await promise;
      }
      return length;
    }),
  );
  assert.equal(length, 10);
});
