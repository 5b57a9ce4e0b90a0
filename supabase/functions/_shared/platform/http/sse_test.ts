import assert from "node:assert/strict";
import { EventSourceParserStream } from "eventsource-parser/stream";
import fc from "fast-check";
import { parsesBack } from "../../testing/parses_back.ts";
import { formatEvent, type ServerSentEvent, streamEvents } from "./sse.ts";

async function readAll(response: Response) {
  const events: ServerSentEvent[] = [];
  const stream = response.body?.pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream());
  for await (const { event = "", data } of stream ?? []) {
    events.push({ event, data: JSON.parse(data) });
  }
  return events;
}

Deno.test("whatever is sent as data arrives unchanged and in order", async () => {
  const anyEvent = fc.record({
    event: fc.constantFrom("delta", "rows"),
    data: fc.jsonValue().filter(parsesBack),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(anyEvent), async (events) => {
      async function* source() {
        for (const event of events) yield await Promise.resolve(event);
      }
      const { response } = streamEvents(source(), () => {});
      const expected = events.map(({ event, data }) => ({
        event,
        data: JSON.parse(JSON.stringify(data)),
      }));
      assert.deepEqual(await readAll(response), expected);
    }),
    { numRuns: 50 },
  );
});

Deno.test("the head and a first byte are there before the first event", async () => {
  const never = Promise.withResolvers<void>();
  async function* source(): AsyncGenerator<ServerSentEvent> {
    await never.promise;
    yield { event: "done", data: {} };
  }
  const { response } = streamEvents(source(), () => never.resolve());
  assert.equal(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
  const reader = response.body?.getReader();
  assert.match(new TextDecoder().decode((await reader?.read())?.value), /^:/);
  await reader?.cancel();
});

Deno.test("a silent stream shows by comments that it lives", async () => {
  const end = Promise.withResolvers<void>();
  async function* source(): AsyncGenerator<ServerSentEvent> {
    await end.promise;
    yield { event: "done", data: {} };
  }
  let tick = () => {};
  let isQuiet = false;
  const { response } = streamEvents(source(), () => {}, {
    every: (_, run) => {
      tick = run;
      return () => {
        isQuiet = true;
      };
    },
  });
  tick();
  tick();
  end.resolve();
  assert.equal(
    await response.text(),
    `: open\n\n:\n\n:\n\n${formatEvent({ event: "done", data: {} })}`,
  );
  assert.ok(isQuiet, "the heartbeat has to end with the stream");
});

Deno.test("a reader who leaves stops the source, which is read to its end all the same", async () => {
  const gone = new AbortController();
  let hasCleanedUp = false;
  async function* source(): AsyncGenerator<ServerSentEvent> {
    try {
      yield { event: "status", data: 1 };
      if (!gone.signal.aborted) {
        await new Promise((resolve) => gone.signal.addEventListener("abort", resolve));
      }
      yield { event: "status", data: 2 };
    } finally {
      await Promise.resolve();
      hasCleanedUp = true;
    }
  }
  const { response, ended } = streamEvents(source(), () => gone.abort());
  const reader = response.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  await ended;
  assert.ok(hasCleanedUp);
});

Deno.test("a source that fails breaks the stream off, so that nobody takes it for whole", async () => {
  async function* source(): AsyncGenerator<ServerSentEvent> {
    yield await Promise.resolve({ event: "status", data: 1 });
    throw new Error("lost");
  }
  const { response, ended } = streamEvents(source(), () => {});
  await assert.rejects(response.text(), /lost/);
  await ended;
});
