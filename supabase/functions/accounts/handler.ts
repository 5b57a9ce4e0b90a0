import { z } from "zod";
import type { AccountStore } from "../_shared/accounts/store.ts";
import { ROLES, SCOPES } from "../_shared/platform/http/authenticate_member.ts";
import { notFound } from "../_shared/platform/http/problem.ts";
import { readQuery } from "../_shared/platform/http/read_query.ts";
import { json } from "../_shared/platform/http/serve_json.ts";
import {
  serveUsers,
  type UserContext,
  type UserDeps,
} from "../_shared/platform/http/serve_users.ts";

/** Dependencies of the function. */
export interface AccountsDeps extends UserDeps {
  readonly accountStore: AccountStore;
}

const MAX_BODY_BYTES = 16 * 1024;

const invitationSchema = z.strictObject({
  email: z.email().max(320),
  role: z.enum(ROLES).default("member"),
});
const roleSchema = z.strictObject({ role: z.enum(ROLES) });
const keySchema = z.strictObject({
  name: z.string().trim().min(1).max(200),
  scopes: z.array(z.enum(SCOPES)).min(1),
  expires_at: z.iso.datetime({ offset: true }).nullable().default(null),
});
const ceiling = z.number().nonnegative().nullable();
const budgetsSchema = z.strictObject({
  prompts_usd_per_month: ceiling,
  reviews_usd_per_day: ceiling,
});
const auditQuery = z.strictObject({
  before: z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER).nullable().default(null),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

/**
 * Manages the people, keys and budgets of an account, for its admins and for programs with a key of the
 * scope `admin`. Admins may also call the RPCs that do the same. `x-account-id` or `account_id` names the account.
 *
 * - `GET /accounts`: `{account, budgets, members, invitations, keys}`, as far as the caller may see them.
 * - `GET /accounts/audit?before=&limit=`: `{entries}` of the audit log, the newest first.
 * - `POST /accounts/invitations`: `{email, role?}` → the invitation with its `token`, which is shown once.
 *   The address gets an e-mail with a link.
 * - `POST /accounts/invitations/<id>/revoke` → 204, as all that end something.
 * - `POST /accounts/members/<user id>`: `{role}`; `…/<user id>/remove`.
 * - `POST /accounts/keys`: `{name, scopes, expires_at?}` → the key, which is shown once;
 *   `…/<id>/revoke`.
 * - `POST /accounts/budgets`: `{prompts_usd_per_month, reviews_usd_per_day}`, null for no ceiling.
 *
 * - 404 `resource.not_found`: no such invitation, member or key of the account.
 * - 409 `resource.conflict`: the last owner, a personal account, or a member who is invited again.
 * - 429 `request.rate_limited`: more than 50 invitations on one day.
 */
export function createHandler(deps: AccountsDeps): (request: Request) => Promise<Response> {
  const { accountStore: store } = deps;
  return serveUsers("accounts", "admin", deps, {
    "/": { GET: async ({ caller }) => json(await store.describe(caller)) },
    "/audit": {
      GET: async ({ request, caller }) => {
        const { before, limit } = readQuery(request, auditQuery);
        return json({ entries: await store.listAudit(caller, before, limit) });
      },
    },
    "/budgets": {
      POST: async ({ request, readBody }) => {
        const { body: budgets, caller } = await readBody(request, budgetsSchema, MAX_BODY_BYTES);
        return json(await store.setBudgets(caller, budgets));
      },
    },
    "/invitations": {
      POST: async ({ request, readBody }) => {
        const { body, caller } = await readBody(request, invitationSchema, MAX_BODY_BYTES);
        return json(await store.invite(caller, body.email, body.role), 201);
      },
    },
    "/invitations/:id/revoke": {
      POST: ofId(({ caller }, id) => done(store.revokeInvitation(caller, id))),
    },
    "/members/:id": {
      POST: ofId(async ({ request, readBody }, id) => {
        const { body, caller } = await readBody(request, roleSchema, MAX_BODY_BYTES);
        return json(await store.setRole(caller, id, body.role));
      }),
    },
    "/members/:id/remove": {
      POST: ofId(({ caller }, id) => done(store.removeMember(caller, id))),
    },
    "/keys": {
      POST: async ({ request, readBody }) => {
        const { body, caller } = await readBody(request, keySchema, MAX_BODY_BYTES);
        return json(await store.createKey(caller, body.name, body.scopes, body.expires_at), 201);
      },
    },
    "/keys/:id/revoke": {
      POST: ofId(({ caller }, id) => done(store.revokeKey(caller, id))),
    },
  });
}

async function done(work: Promise<unknown>): Promise<Response> {
  await work;
  return new Response(null, { status: 204 });
}

/** Wraps a handler of one thing, whose id stands in the path. */
function ofId(
  handle: (context: UserContext, id: string) => Promise<Response>,
): (context: UserContext, text?: string) => Promise<Response> {
  return async (context, text) => {
    const id = z.guid().safeParse(text);
    if (!id.success) throw notFound("The address");
    return await handle(context, id.data);
  };
}
