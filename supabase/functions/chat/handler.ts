import { z } from "zod";
import { answerQuestion } from "../_shared/chat/answer_question.ts";
import type { TurnDeps } from "../_shared/chat/turn.ts";
import { authenticateUser, type LookUpUser } from "../_shared/platform/http/authenticate_user.ts";
import { Problem } from "../_shared/platform/http/problem.ts";
import { serveJson } from "../_shared/platform/http/serve_json.ts";
import { streamEvents } from "../_shared/platform/http/sse.ts";
import type { Logger } from "../_shared/platform/logger.ts";

/** Dependencies of the chat. */
export interface ChatDeps extends TurnDeps {
  readonly lookUpUser: LookUpUser;
  /** Keeps the isolate alive until an answer has ended, also if nobody reads it any more. */
  readonly waitUntil: (work: Promise<unknown>) => void;
  /** Limit of one user. */
  readonly maxQuestionsPerMinute: number;
  /** Origins of the pages that may call. */
  readonly origins: readonly string[];
  readonly log: Logger;
}

/** Fits a question of 4,000 characters that are all escaped. */
const MAX_BODY_BYTES = 64 * 1024;

const requestSchema = z.strictObject({
  conversation_id: z.guid().optional(),
  question: z.string().trim().min(1).max(4000)
    .refine((text) => !text.includes("\0"), "Text must not contain U+0000."),
});

/**
 * Creates the handler of `POST /chat`, which answers a signed-in user's question about their data.
 *
 * `{conversation_id?, question}` → Server-Sent Events, in this order: `status` (`understanding`,
 * `looking_up`, `response`) with the ids, `sql`, `rows`, `delta` …, `follow_ups`, and last either
 * `done` or `error`, a problem document with `failed_step`. If a statement fails, `status` starts
 * again, at most twice. The head is sent before a model is asked. If the caller disconnects, the work is
 * stopped.
 *
 * - 400, 401, 403, 405, 413, 415, 422 as for every function.
 * - 404 `resource.not_found`: the conversation does not exist or is another user's.
 * - 429 `request.rate_limited` with `Retry-After`.
 * - 503 `auth.unavailable`, `database.unavailable`.
 */
export function createHandler(deps: ChatDeps): (request: Request) => Promise<Response> {
  return serveJson({
    methods: ["POST"],
    origins: deps.origins,
    authenticate: authenticateUser(deps.lookUpUser),
    schema: requestSchema,
    maxBodyBytes: MAX_BODY_BYTES,
    log: deps.log,
    handle: async ({ request, requestId, caller, body, log, note }) => {
      const arrivedAt = deps.now();
      note({ user_id: caller.id });
      const begun = await deps.store.begin(
        caller.id,
        body.conversation_id ?? null,
        body.question,
        deps.maxQuestionsPerMinute,
      );
      if ("retry_after_seconds" in begun) throw rateLimited(begun.retry_after_seconds);
      note({ conversation_id: begun.conversation_id });
      const left = new AbortController();
      const stop = () => left.abort();
      // Depending on the runtime, a caller that disconnects aborts this signal, cancels the body, or both.
      // Deno also aborts it after a complete answer, when there is nothing left to stop.
      if (request.signal.aborted) stop();
      request.signal.addEventListener("abort", stop, { once: true });
      const events = answerQuestion(deps, {
        userId: caller.id,
        question: body.question,
        begun,
        arrivedAt,
        requestId,
        instance: new URL(request.url).pathname,
        log: log.with({ user_id: caller.id, conversation_id: begun.conversation_id }),
      }, left.signal);
      const { response, ended } = streamEvents(events, stop);
      deps.waitUntil(ended.finally(() => request.signal.removeEventListener("abort", stop)));
      return response;
    },
  });
}

function rateLimited(seconds: number): Problem {
  return new Problem("request.rate_limited", `Ask again in ${seconds} s.`, {
    headers: { "retry-after": String(seconds) },
    members: { retry_after_seconds: seconds },
  });
}
