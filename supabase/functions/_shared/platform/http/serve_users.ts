import type { Logger } from "../logger.ts";
import { authenticateUser, type LookUpUser, type User } from "./authenticate_user.ts";
import { createPipeline, type RequestContext } from "./pipeline.ts";
import { createRoutes, type Routes } from "./routes.ts";

/** Dependencies of every function for signed-in users. */
export interface UserDeps {
  readonly lookUpUser: LookUpUser;
  /** Origins of the pages that may call. */
  readonly origins: readonly string[];
  readonly log: Logger;
}

/** Argument of a handler of {@link serveUsers}. */
export type UserContext = RequestContext<User>;

/**
 * Returns the HTTP handler of a function for signed-in users, see {@link createRoutes}. The log line of a
 * request names the user.
 */
export function serveUsers(
  functionName: string,
  { lookUpUser, origins, log }: UserDeps,
  routes: Routes<UserContext>,
): (request: Request) => Promise<Response> {
  const route = createRoutes(functionName, routes);
  return createPipeline({
    methods: ["GET", "POST"],
    origins,
    authenticate: authenticateUser(lookUpUser),
    log,
    handle: async (context) => {
      context.note({ user_id: context.caller.id });
      return await route(context);
    },
  });
}
