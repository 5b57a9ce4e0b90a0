import assert from "node:assert/strict";
import { createCpuMeter } from "../cpu_meter.ts";
import { systemClock } from "../system_clock.ts";
import { createLargeBodies } from "./large_bodies.ts";
import { Problem } from "./problem.ts";

/** Serves one isolate that is ended at 100 ms of CPU time, of which a kilobyte of a body takes one. */
function serveIsolate(usedMs: number) {
  const bodies = createLargeBodies(systemClock, {
    cpu: createCpuMeter(usedMs),
    limitMs: 100,
    costMs: (_, bytes) => bytes / 1_000,
  }, { largeBytes: 1_000 });
  const server = Deno.serve({ port: 0, onListen: () => {} }, async (request) => {
    try {
      return await bodies.take(request, async (request) => new Response(await request.text()));
    } catch (error) {
      assert.ok(error instanceof Problem);
      return new Response(error.code, { status: error.status });
    }
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  return {
    /** Answers what the function has read, or why it refused. */
    async send(body: BodyInit) {
      const response = await fetch(url, { method: "POST", body });
      return await response.text();
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** Body that is sent in chunks, without Content-Length. */
function chunked(text: string, size = 700): ReadableStream<Uint8Array<ArrayBuffer>> {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at += size));
    },
  });
}

Deno.test("over HTTP a chunked body is accepted whole exactly where one with Content-Length is", async () => {
  const answers = new Set<string>();
  for (const used of [0, 20, 45, 70]) {
    for (const kilobytes of [0.9, 5, 35, 60, 100]) {
      const text = "0123456789".repeat(kilobytes * 100);
      const outcomes: string[] = [];
      for (const body of [text, chunked(text)]) {
        await using isolate = serveIsolate(used);
        const answer = await isolate.send(body);
        outcomes.push(answer === text ? "accepted" : answer);
      }
      assert.equal(outcomes[1], outcomes[0], `${kilobytes} kB after ${used} ms`);
      answers.add(outcomes[0] ?? "");
    }
  }
  assert.deepEqual([...answers].toSorted(), ["accepted", "request.instance_spent"]);
});

Deno.test("over HTTP small chunked bodies are answered while a large one is still on its way", async () => {
  await using isolate = serveIsolate(0);
  const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>>();
  const large = isolate.send(readable);
  const writer = writable.getWriter();
  await writer.write(new Uint8Array(2_000).fill(48));
  const small = await Promise.all(["a", "b", "c"].map((text) => isolate.send(chunked(text))));
  assert.deepEqual(small, ["a", "b", "c"]);
  await writer.close();
  assert.equal(await large, "0".repeat(2_000));
});
