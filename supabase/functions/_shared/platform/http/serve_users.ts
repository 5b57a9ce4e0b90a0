import type { Logger } from "../logger.ts";
import {
  authenticateMember,
  describeMember,
  type Member,
  type MemberDeps,
  type Permission,
} from "./authenticate_member.ts";
import { createPipeline, type RequestContext } from "./pipeline.ts";
import { createRoutes, type Routes } from "./routes.ts";

/** Dependencies of every function for signed-in users and keys. */
export interface UserDeps extends MemberDeps {
  /** Origins of the pages that may call. */
  readonly origins: readonly string[];
  readonly log: Logger;
}

/** Argument of a handler of {@link serveUsers}. */
export type UserContext = RequestContext<Member>;

/**
 * Returns the HTTP handler of a function for members of accounts and their keys, see
 * {@link createRoutes}. The log line of a request names the account and who acts for it.
 *
 * @param permission what every request but `GET` needs, which needs `read`.
 */
export function serveUsers(
  functionName: string,
  permission: Permission,
  { origins, log, ...members }: UserDeps,
  routes: Routes<UserContext>,
): (request: Request) => Promise<Response> {
  const route = createRoutes(functionName, routes);
  return createPipeline({
    methods: ["GET", "POST"],
    origins,
    authenticate: authenticateMember(
      members,
      ({ method }) => method === "GET" ? "read" : permission,
    ),
    log,
    handle: async (context) => {
      context.note(describeMember(context.caller));
      return await route(context);
    },
  });
}
