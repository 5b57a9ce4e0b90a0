import {
  authenticateMember,
  describeMember,
  type MemberDeps,
} from "../_shared/platform/http/authenticate_member.ts";
import { createPipeline } from "../_shared/platform/http/pipeline.ts";
import type { Logger } from "../_shared/platform/logger.ts";
import type { ToolDeps } from "./serve_tools.ts";

/** Dependencies of the function. */
export interface McpDeps extends ToolDeps, MemberDeps {
  /** Origins of the pages that may call. */
  readonly origins: readonly string[];
  readonly log: Logger;
}

/**
 * Creates the handler of `POST /mcp`: tools for an account's members and keys, over the Model Context
 * Protocol's streamable HTTP. There are no sessions, so any isolate answers any request. Revision
 * 2026-07-28 and those of 2025 are spoken. A tool's failure is a result with `isError`, whose text is a
 * problem document.
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
    authenticate: authenticateMember(deps, () => "read"),
    log: deps.log,
    handle: async ({ request, requestId, caller, log, note }) => {
      note(describeMember(caller));
      // The SDK takes 30 ms to evaluate on Deno 2.1.4, and whoever is refused does not need it.
      const { serveTools } = await import("./serve_tools.ts");
      const instance = new URL(request.url).pathname;
      return await serveTools(deps, request, { member: caller, requestId, instance, log });
    },
  });
}
