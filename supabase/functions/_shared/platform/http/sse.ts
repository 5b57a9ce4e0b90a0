import { writeJson } from "../json/lossless_json.ts";
/** One event of a stream, before it is written. */
export interface ServerSentEvent {
  readonly event: string;
  /** Written as JSON. */
  readonly data: unknown;
}

/** Options of {@link streamEvents}. */
export interface EventStreamOptions {
  /** Runs `tick` at an interval in milliseconds. Returns a function that stops it. */
  readonly every?: (ms: number, tick: () => void) => () => void;
}

/** Pause in milliseconds after which a comment is sent, so that no proxy takes the stream for dead. */
const HEARTBEAT_MS = 15_000;
const encoder = new TextEncoder();

/**
 * Answers with events (`text/event-stream`) as they come. The head is sent at once, before there is
 * any.
 *
 * `stop` is called when the reader has gone away: it has to make the events end. They are read to
 * their end in any case, so that their `finally` runs; what they throw ends the stream.
 *
 * @returns the response, and a promise of the end of the events, which never rejects.
 */
export function streamEvents(
  events: AsyncIterable<ServerSentEvent>,
  stop: (reason: unknown) => void,
  options: EventStreamOptions = {},
): { readonly response: Response; readonly ended: Promise<void> } {
  const ended = Promise.withResolvers<void>();
  const every = options.every ?? everyMs;
  let isOpen = true;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const write = (text: string) => {
        if (isOpen) controller.enqueue(encoder.encode(text));
      };
      // Some proxies pass a body's head on with its first byte only.
      write(": open\n\n");
      const quiet = every(HEARTBEAT_MS, () => write(":\n\n"));
      const pump = async () => {
        try {
          for await (const event of events) write(formatEvent(event));
          if (isOpen) controller.close();
        } catch (error) {
          if (isOpen) controller.error(error);
        } finally {
          isOpen = false;
          quiet();
          ended.resolve();
        }
      };
      void pump();
    },
    cancel(reason) {
      isOpen = false;
      stop(reason);
    },
  });
  const response = new Response(body, {
    headers: {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store, no-transform",
      // Asks nginx and its kind not to gather what should arrive piece by piece.
      "x-accel-buffering": "no",
    },
  });
  return { response, ended: ended.promise };
}

/** Writes an event for the wire. JSON has no line breaks of its own, so one `data:` line holds it. */
export function formatEvent({ event, data }: ServerSentEvent): string {
  return `event: ${event}\ndata: ${writeJson(data)}\n\n`;
}

function everyMs(ms: number, tick: () => void): () => void {
  const timer = setInterval(tick, ms);
  return () => clearInterval(timer);
}
