import assert from "node:assert/strict";
import { createVirtualClock } from "../../testing/virtual_clock.ts";
import { createCpuMeter } from "../cpu_meter.ts";
import { createLargeBodies } from "./large_bodies.ts";
import { Problem, tooLarge } from "./problem.ts";

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
    cpu: createCpuMeter(0),
    limitMs: Infinity,
    costMs: () => 0,
  }, {
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
  const second = enter("second", post("longer than ten"));
  for (const length of [10, undefined]) {
    const small = enter("small", post("x", length));
    small.letGo();
    await clock.run(small.done);
  }
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
  const failing = bodies.take(post("x", 11), () => Promise.reject(new Error("broken")));
  const next = enter("next", post("x", 11));
  next.letGo();
  await assert.rejects(failing, /broken/);
  await clock.run(next.done);
  assert.deepEqual(log, ["next in", "next out"]);
});

Deno.test("a request that waits too long, or whose caller hangs up, is refused and blocks nobody", async () => {
  const { clock, log, enter } = setUp();
  const first = enter("first", post("x", 11));
  const hangUp = new AbortController();
  const aborted = enter("aborted", post("x", 11, hangUp.signal));
  hangUp.abort();
  await assert.rejects(aborted.done, isProblem("request.malformed"));
  const late = enter("late", post("x", 11));
  await assert.rejects(
    clock.run(late.done),
    (error) =>
      isProblem("request.busy")(error) && (error as Problem).headers["retry-after"] === "10",
  );
  assert.equal(clock.now(), 30_000);
  const next = enter("next", post("x", 11));
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
    const next = enter("next", post("x", 11));
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

/**
 * Isolate that is ended at 2,000 ms of CPU time, of which a byte of a body takes one and each look at
 * the meter's clock another.
 */
function isolateWith(usedMs: number) {
  const clock = createVirtualClock();
  let now = 0;
  const cpu = createCpuMeter(usedMs, () => now++);
  const bodies = createLargeBodies(clock, { cpu, limitMs: 2_000, costMs: (_, bytes) => bytes }, {
    largeBytes: 10,
  });
  const send = (bytes: number, length: number | null = bytes) =>
    clock.run(
      bodies.take(post("x".repeat(bytes), length ?? undefined), (request) => request.text())
        .then(({ length }) => length, (problem: Problem) => `${problem.status} ${problem.code}`),
    );
  return { clock, cpu, bodies, send };
}

const SPENT = "503 request.instance_spent";

Deno.test("a body for which the CPU time does not suffice is refused unread, and the isolate is used up to half", async () => {
  const { cpu, send } = isolateWith(900);
  assert.equal(await send(1_000), SPENT);
  assert.ok(cpu.usedMs >= 1_000 && cpu.usedMs < 1_500, `${cpu.usedMs} ms`);
  // The runtime sends no more requests now; one that comes shows that less was used than estimated.
  assert.equal(await send(700), 700);
});

Deno.test("an isolate to which the runtime goes on sending requests is used up further each time", async () => {
  const { cpu, send } = isolateWith(1_200);
  for (let refused = 1; refused <= 3; refused++) {
    assert.equal(await send(1_000), SPENT);
    assert.ok(cpu.usedMs >= 1_200 + refused * 250, `${cpu.usedMs} ms`);
  }
});

Deno.test("bodies that arrive together are handled while there is CPU time, and the rest is refused at once", async () => {
  const { clock, bodies } = isolateWith(50);
  const answers = await clock.run(
    Promise.all(
      Array.from(
        { length: 6 },
        () =>
          bodies.take(post("x".repeat(500), 500), (request) => request.text())
            .then(() => "stored", (problem: Problem) => problem.headers["retry-after"]),
      ),
    ),
  );
  assert.deepEqual(answers, ["stored", "stored", "stored", "1", "1", "1"]);
  assert.equal(clock.now(), 0);
});

Deno.test("a body that does not state its length is accepted exactly where one that does is", async () => {
  for (const used of [0, 150, 400, 900, 5_000]) {
    for (const bytes of [5, 500, 700, 900, 1_400, 1_600, 1_900]) {
      const stated = await isolateWith(used).send(bytes);
      assert.equal(await isolateWith(used).send(bytes, null), stated, `${bytes} after ${used} ms`);
    }
  }
});

Deno.test("a body that does not state its length is read no further than to the point where it is refused", async () => {
  const { clock, cpu, bodies } = isolateWith(900);
  let sent = 0;
  const endless = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      sent += 500;
      controller.enqueue(new Uint8Array(500));
    },
  }, { highWaterMark: 0 });
  const answer = bodies.take(
    new Request("http://localhost/", { method: "POST", body: endless }),
    () => {
      throw new Error("it reached the handler");
    },
  );
  await assert.rejects(clock.run(answer), isProblem("request.instance_spent"));
  assert.equal(sent, 1_000);
  assert.ok(cpu.usedMs < 1_500, `${cpu.usedMs} ms`);
});

Deno.test("a body that is refused for its length hardly counts", async () => {
  const { clock, cpu, bodies } = isolateWith(0);
  const refused = bodies.take(post("x".repeat(1_500)), async (request) => {
    await request.text();
    throw tooLarge(1_000);
  });
  await assert.rejects(clock.run(refused), isProblem("request.too_large"));
  assert.ok(cpu.usedMs < 1, `${cpu.usedMs} ms`);
});

Deno.test("a new isolate takes every body, and small ones count", async () => {
  assert.equal(await isolateWith(100).send(1_900), 1_900);
  for (const length of [10, null]) {
    const { cpu, send } = isolateWith(100);
    assert.equal(await send(10, length), 10);
    assert.equal(cpu.usedMs, 110);
  }
});
