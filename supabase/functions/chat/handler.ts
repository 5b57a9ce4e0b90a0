import { z } from "zod";
import { takeTurn } from "../_shared/chat/take_turn.ts";
import type { TurnDeps } from "../_shared/chat/turn.ts";
import { authenticateUser, type LookUpUser } from "../_shared/platform/http/authenticate_user.ts";
import { Problem } from "../_shared/platform/http/problem.ts";
import { serveJson } from "../_shared/platform/http/serve_json.ts";
import { streamEvents } from "../_shared/platform/http/sse.ts";
import type { Logger } from "../_shared/platform/logger.ts";

/** What the chat works with. */
export interface ChatDeps extends TurnDeps {
  readonly lookUpUser: LookUpUser;
  /** Keeps the isolate alive until an answer has ended, also where nobody reads it any more. */
  readonly waitUntil: (work: Promise<unknown>) => void;
  /** Of one user. */
  readonly maxQuestionsPerMinute: number;
  /** Origins of the pages that may call. */
  readonly origins: readonly string[];
  readonly log: Logger;
}

/** A question of 4,000 characters, all of them escaped. */
const MAX_BODY_BYTES = 64 * 1024;

const requestSchema = z.strictObject({
  conversation_id: z.guid().optional(),
  question: z.string().trim().min(1).max(4000)
    .refine((text) => !text.includes("\0"), "No text can hold the character U+0000."),
});

/**
 * `POST /chat`, signed in: `{conversation_id?, question}` → Server-Sent Events, in this order:
 * `status` (`understanding`, `looking_up`, `response`) with the ids, `sql`, `rows`, `delta` …,
 * `follow_ups`, and as the last either `done` or `error`, a problem document with `failed_step`.
 * After a repair `status` begins again. The head is sent before a model is asked; a caller that goes
 * away stops what is under way.
 *
 * - 400, 401, 403, 405, 413, 415, 422 as for every function.
 * - 404 `resource.not_found`: no such conversation, or another's.
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
      if ("retryAfterSeconds" in begun) throw rateLimited(begun.retryAfterSeconds);
      note({ conversation_id: begun.conversationId });
      const gone = new AbortController();
      const stop = () => gone.abort();
      // Beside the body's cancelling: which of the two comes, and when, is the runtime's affair. That Deno
      // aborts the signal at the end of a whole answer too does no harm, for then there is nothing to stop.
      if (request.signal.aborted) stop();
      request.signal.addEventListener("abort", stop, { once: true });
      const events = takeTurn(deps, {
        userId: caller.id,
        question: body.question,
        begun,
        arrivedAt,
        requestId,
        instance: new URL(request.url).pathname,
        log: log.with({ user_id: caller.id, conversation_id: begun.conversationId }),
      }, gone.signal);
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
