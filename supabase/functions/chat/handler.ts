import { type AskDeps, askQuestion, questionSchema } from "../_shared/chat/ask_question.ts";
import type { MemberDeps } from "../_shared/platform/http/authenticate_member.ts";
import { serveMemberJson } from "../_shared/platform/http/serve_users.ts";
import { streamEvents } from "../_shared/platform/http/sse.ts";
import type { Logger } from "../_shared/platform/logger.ts";

/** Dependencies of the chat. */
export interface ChatDeps extends AskDeps, MemberDeps {
  /** Keeps the isolate alive until an answer has ended, also if nobody reads it any more. */
  readonly waitUntil: (work: Promise<unknown>) => void;
  /** Origins of the pages that may call. */
  readonly origins: readonly string[];
  readonly log: Logger;
}

/** Fits a question of 4,000 characters that are all escaped. */
const MAX_BODY_BYTES = 64 * 1024;

/**
 * Creates the handler of `POST /chat`, which answers a member's question about their account's data.
 *
 * `{conversation_id?, question, account_id?}` → Server-Sent Events, in this order: `status` (`understanding`,
 * `looking_up`, `response`) with the ids, `sql`, `rows`, `delta` …, `follow_ups`, and last either
 * `done` or `error`, a problem document with `failed_step`. If a statement fails, `status` starts
 * again, at most twice. The head is sent before a model is asked. If the caller disconnects, the work is
 * stopped.
 *
 * - 400, 401, 403, 405, 413, 415, 422 as for every function.
 * - 404 `resource.not_found`: the conversation does not exist or is another account's.
 * - 429 `request.rate_limited` and `chat.budget_reached` with `Retry-After`.
 * - 503 `auth.unavailable`, `database.unavailable`, `chat.price_unknown`.
 */
export function createHandler(deps: ChatDeps): (request: Request) => Promise<Response> {
  return serveMemberJson({
    methods: ["POST"],
    origins: deps.origins,
    members: deps,
    permission: "run",
    schema: questionSchema,
    maxBodyBytes: MAX_BODY_BYTES,
    log: deps.log,
    handle: async ({ request, requestId, caller, body, log, note }) => {
      const left = new AbortController();
      const stop = () => left.abort();
      // Depending on the runtime, a caller that disconnects aborts this signal, cancels the body, or both.
      // Deno also aborts it after a complete answer, when there is nothing left to stop.
      if (request.signal.aborted) stop();
      request.signal.addEventListener("abort", stop, { once: true });
      const { conversationId, events } = await askQuestion(deps, {
        asker: caller,
        conversationId: body.conversation_id ?? null,
        question: body.question,
        requestId,
        instance: new URL(request.url).pathname,
        log,
      }, left.signal);
      note({ conversation_id: conversationId });
      const { response, ended } = streamEvents(events, stop);
      deps.waitUntil(ended.finally(() => request.signal.removeEventListener("abort", stop)));
      return response;
    },
  });
}
