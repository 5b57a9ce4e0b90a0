import type { z } from "zod";
import type { Logger } from "../logger.ts";
import {
  authenticateMember,
  describeMember,
  type Member,
  type MemberDeps,
  type Permission,
} from "./authenticate_member.ts";
import { type MemberBody, readMemberBody } from "./member_body.ts";
import { createPipeline, type PipelineOptions, type RequestContext } from "./pipeline.ts";
import { createRoutes, type Routes } from "./routes.ts";

/** Dependencies of every function for signed-in users and keys. */
export interface UserDeps extends MemberDeps {
  /** Origins of the pages that may call. */
  readonly origins: readonly string[];
  readonly log: Logger;
}

/** Argument of a handler of {@link serveUsers}. */
export interface UserContext extends RequestContext<Member> {
  /** Reads the JSON body of the request, which may name the account, see {@link readMemberBody}. */
  readonly readBody: <Schema extends z.ZodType>(
    request: Request,
    schema: Schema,
    maxBytes: number,
  ) => Promise<MemberBody<z.output<Schema>>>;
}

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
      return await route({
        ...context,
        readBody: (request, schema, maxBytes) =>
          readMemberBody(members, { ...context, request }, permission, schema, maxBytes),
      });
    },
  });
}

/** Options of {@link serveMemberJson}. */
export interface MemberJsonOptions<Schema extends z.ZodType>
  extends Omit<PipelineOptions<Member>, "authenticate" | "handle"> {
  readonly members: MemberDeps;
  /** What every request needs. */
  readonly permission: Permission;
  /** Shape of the body besides `account_id`. */
  readonly schema: Schema;
  readonly maxBodyBytes: number;
  readonly handle: (
    context: RequestContext<Member> & { readonly body: z.output<Schema> },
  ) => Promise<Response>;
}

/** Returns the HTTP handler of a function that answers members' JSON. */
export function serveMemberJson<Schema extends z.ZodType>(
  options: MemberJsonOptions<Schema>,
): (request: Request) => Promise<Response> {
  const { members, permission, schema, maxBodyBytes, handle, ...pipeline } = options;
  return createPipeline({
    ...pipeline,
    authenticate: authenticateMember(members, () => permission),
    handle: async (context) => {
      context.note(describeMember(context.caller));
      const read = await readMemberBody(members, context, permission, schema, maxBodyBytes);
      return await handle({ ...context, ...read });
    },
  });
}
