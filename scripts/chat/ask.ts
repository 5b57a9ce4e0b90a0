import { EventSourceParserStream } from "eventsource-parser/stream";
import { z } from "zod";
import type { ChatEvent } from "../../supabase/functions/_shared/chat/events.ts";
import { parseJson } from "../../supabase/functions/_shared/platform/json/lossless_json.ts";
import { tryParseJson } from "../support/try_parse_json.ts";

/** User who asks, and the API that is asked. */
export interface ChatCaller {
  /** Origin of the API. */
  readonly apiUrl: string;
  readonly publishableKey: string;
  readonly accessToken: string;
  /** Account to ask about. Default: the user's own, or that of the key. */
  readonly accountId?: string | undefined;
}

/** Question, in a new conversation if none is given. */
export interface Asking {
  readonly question: string;
  readonly conversationId?: string | undefined;
  readonly signal?: AbortSignal;
}

/** Error thrown when the chat answers with a problem document instead of a stream. */
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
 * Asks the chat and yields its events as they arrive.
 *
 * @throws {ChatRefusal} if there is no stream; {TypeError} if the connection breaks
 */
export async function* ask(caller: ChatCaller, asking: Asking): AsyncGenerator<ChatEvent> {
  const response = await fetch(`${caller.apiUrl}/functions/v1/chat`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      apikey: caller.publishableKey,
      authorization: `Bearer ${caller.accessToken}`,
      ...caller.accountId === undefined ? {} : { "x-account-id": caller.accountId },
    },
    body: JSON.stringify({ question: asking.question, conversation_id: asking.conversationId }),
    signal: asking.signal ?? null,
  });
  if (response.body === null || !response.ok) throw await readRefusal(response);
  const events = response.body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream());
  for await (const { event, data } of events) {
    // Ignores events that a later version may add.
    if (isKnown(event)) yield { event, data: parseJson(data) } as ChatEvent;
  }
}

function isKnown(name: string | undefined): name is ChatEvent["event"] {
  return name !== undefined && NAMES.has(name);
}

async function readRefusal(response: Response): Promise<ChatRefusal> {
  const text = await response.text();
  const problem = problemSchema.safeParse(tryParseJson(text));
  const { code, detail } = problem.success ? problem.data : { code: "unknown", detail: text };
  return new ChatRefusal(response.status, code, detail, response.headers);
}
