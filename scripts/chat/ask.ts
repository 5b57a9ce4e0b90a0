import { EventSourceParserStream } from "eventsource-parser/stream";
import { z } from "zod";
import type { ChatEvent } from "../../supabase/functions/_shared/chat/events.ts";

/** Who asks, and where. */
export interface ChatCaller {
  /** Origin of the API. */
  readonly apiUrl: string;
  readonly publishableKey: string;
  readonly accessToken: string;
}

/** A question, in a new conversation where none is named. */
export interface Asking {
  readonly question: string;
  readonly conversationId?: string | undefined;
  readonly signal?: AbortSignal;
}

/** The chat answered with a problem instead of a stream. */
export class ChatRefusal extends Error {
  override readonly name = "ChatRefusal";
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly headers: Headers,
  ) {
    super(detail);
  }
}

const problemSchema = z.object({ code: z.string().default("unknown"), detail: z.string() });
const NAMES: ReadonlySet<string> = new Set<ChatEvent["event"]>([
  "status",
  "sql",
  "rows",
  "delta",
  "follow_ups",
  "done",
  "error",
]);

/**
 * Asks the chat and tells of its events as they come.
 *
 * @throws {ChatRefusal} when there is no stream; {TypeError} when the connection breaks.
 */
export async function* ask(caller: ChatCaller, asking: Asking): AsyncGenerator<ChatEvent> {
  const response = await fetch(`${caller.apiUrl}/functions/v1/chat`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      apikey: caller.publishableKey,
      authorization: `Bearer ${caller.accessToken}`,
    },
    body: JSON.stringify({ question: asking.question, conversation_id: asking.conversationId }),
    signal: asking.signal ?? null,
  });
  if (response.body === null || !response.ok) throw await readRefusal(response);
  const events = response.body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream());
  for await (const { event, data } of events) {
    // What a later version may tell besides is nothing to stumble over.
    if (isKnown(event)) yield { event, data: JSON.parse(data) } as ChatEvent;
  }
}

function isKnown(name: string | undefined): name is ChatEvent["event"] {
  return name !== undefined && NAMES.has(name);
}

async function readRefusal(response: Response): Promise<ChatRefusal> {
  const text = await response.text();
  const problem = problemSchema.safeParse(parseJson(text));
  const { code, detail } = problem.success ? problem.data : { code: "unknown", detail: text };
  return new ChatRefusal(response.status, code, detail, response.headers);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
