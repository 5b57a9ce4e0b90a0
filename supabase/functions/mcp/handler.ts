import { authenticateUser, type LookUpUser } from "../_shared/platform/http/authenticate_user.ts";
import { createPipeline } from "../_shared/platform/http/pipeline.ts";
import type { Logger } from "../_shared/platform/logger.ts";
import type { ToolDeps } from "./serve_tools.ts";

/** Dependencies of the function. */
export interface McpDeps extends ToolDeps {
  readonly lookUpUser: LookUpUser;
  /** Origins of the pages that may call. */
  readonly origins: readonly string[];
  readonly log: Logger;
}

/**
 * Creates the handler of `POST /mcp`: the tools of a signed-in user, over the Model Context Protocol's
 * streamable HTTP. There are no sessions, so any isolate answers any request. Revision 2026-07-28 and
 * those of 2025 are spoken. A tool's failure is a result with `isError`, whose text is a problem document.
 *
 * - 401 with `WWW-Authenticate`, 403 `request.origin_not_allowed`, 405 also for `GET`: problem documents.
 * - Anything else that is wrong with the HTTP request: an error of JSON-RPC with status 400, 406, 413 or
 *   415.
 */
export function createHandler(deps: McpDeps): (request: Request) => Promise<Response> {
  return createPipeline({
    methods: ["POST"],
    origins: deps.origins,
    // The one place that decides whose data a request may read.
    authenticate: authenticateUser(deps.lookUpUser),
    log: deps.log,
    handle: async ({ request, requestId, caller, log, note }) => {
      note({ user_id: caller.id });
      // The SDK takes 30 ms to evaluate on Deno 2.1.4, and whoever is refused does not need it.
      const { serveTools } = await import("./serve_tools.ts");
      const instance = new URL(request.url).pathname;
      return await serveTools(deps, request, { userId: caller.id, requestId, instance, log });
    },
  });
}
