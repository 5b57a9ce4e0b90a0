import { z } from "zod";
import { checkoutRequestSchema } from "../_shared/benchmark/configuration.ts";
import {
  authenticateMember,
  describeMember,
  type Member,
  type MemberDeps,
  type Permission,
  requirePermission,
} from "../_shared/platform/http/authenticate_member.ts";
import { readIdempotencyKey } from "../_shared/platform/http/idempotency_key.ts";
import { readJson } from "../_shared/platform/http/body.ts";
import { readMemberBody } from "../_shared/platform/http/member_body.ts";
import { createPipeline, type RequestContext } from "../_shared/platform/http/pipeline.ts";
import { notFound, unauthenticated } from "../_shared/platform/http/problem.ts";
import { createRoutes } from "../_shared/platform/http/routes.ts";
import { json } from "../_shared/platform/http/serve_json.ts";
import type { Logger } from "../_shared/platform/logger.ts";
import { estimateOrder, openOrder, type OrderDeps } from "./open_order.ts";

/** Dependencies of the function. */
export interface CheckoutDeps extends OrderDeps, MemberDeps {
  /** Origins of the pages that may call. */
  readonly origins: readonly string[];
  readonly log: Logger;
}

/** Room for 50 long expected answers, a prompt and a schema. */
const MAX_BODY_BYTES = 2 * 1024 * 1024;

/** Null for the payer, who only knows the session. */
type Caller = Member | null;
type Context = RequestContext<Caller>;

const resultSchema = z.strictObject({ session_id: z.string().min(1).max(200) });

/**
 * Creates the handler of the function `checkout`. Members may name the account as `account_id`.
 *
 * `POST /checkout`, by an owner of the account: `{draft_id}` or `{configuration}` → `{report_id, checkout_url,
 * estimate, warnings}`. Warnings have the shape of errors. They name models that end soon, images
 * that a copy replaces and parts of the schema that are not enforced.
 *
 * An image that a chosen model does not take is refused (`model_limit`). The refusal has
 * `can_fit_images: true` if `"fit_images": true` settles it. Storage then makes a smaller or
 * converted copy that every model reads instead, and a warning (`image_fitted`) gives its format,
 * size and bytes.
 *
 * A whole configuration is stored as a draft first. The same draft with the same content gets the
 * same order and page as long as the order is open. With another content it gets a new order, and
 * the old one is closed. The header `Idempotency-Key`, up to 255 visible ASCII characters, binds a
 * request to its order; the key is refused with another body.
 *
 * `price_id` names a row of `prices`, such as a pack; by default one report is bought. If the account
 * has a credit it pays, unless `use_credit` is false: the report starts at once, `checkout_url` is its
 * page, and the answer has `credits_left`.
 *
 * `POST /checkout/estimate`, by a member or a key that may read: the same body →
 * `{estimate, credits, warnings}`. Nothing is stored, copied or paid, and Stripe is not asked. At most 60 a
 * minute and account; more are answered with 429 `request.rate_limited` and `Retry-After`.
 *
 * `POST /checkout/result`, by anybody: `{session_id}`, the id of Stripe's session that it put into the
 * success page's address → `{report_id, status, share_token}`. The token is null until the payment
 * has arrived. After a day the answer is 404: the link is in the e-mail then.
 *
 * - 400, 401, 403, 405, 413, 415 as for every function.
 * - 404 `resource.not_found`: there is no such draft, or it is another account's.
 * - 409 `checkout.already_paid`, `resource.conflict`: the key's order is no longer open.
 * - 422 `request.invalid` naming each field; `request.idempotency_conflict`; `checkout.over_budget`
 *   with `estimate`.
 * - 502, 503: Stripe, Storage, Auth or the database cannot be reached. Sending again is safe.
 */
export function createHandler(deps: CheckoutDeps): (request: Request) => Promise<Response> {
  const route = createRoutes<Context>("checkout", {
    "/": { POST: (context) => order(deps, context) },
    "/estimate": { POST: (context) => estimate(deps, context) },
    "/result": { POST: (context) => showResult(deps, context) },
  });
  const authenticate = authenticateMember(deps, () => "read");
  return createPipeline<Caller>({
    methods: ["POST"],
    origins: deps.origins,
    authenticate: (request) =>
      RESULT.test(request.url) ? Promise.resolve(null) : authenticate(request),
    log: deps.log,
    handle: async (context) => {
      if (context.caller !== null) context.note(describeMember(context.caller));
      return await route(context);
    },
  });
}

/** Path of the one route that needs no member. */
const RESULT = new URLPattern({ pathname: "*/checkout/result{/}?" });

async function order(
  deps: CheckoutDeps,
  { request, caller, log, note }: Context,
): Promise<Response> {
  const signer = signedIn(caller);
  requirePermission(signer, "pay");
  const { body, caller: member } = await readOrder(deps, { request, caller: signer, note }, "pay");
  const idempotencyKey = readIdempotencyKey(request);
  return json(await openOrder(deps, { member, body, idempotencyKey }, { log, note }));
}

async function estimate(
  deps: CheckoutDeps,
  { request, caller, note }: Context,
): Promise<Response> {
  const context = { request, caller: signedIn(caller), note };
  const { body, caller: member } = await readOrder(deps, context, "read");
  return json(await estimateOrder(deps, { member, body }));
}

function readOrder(
  deps: CheckoutDeps,
  context: Pick<RequestContext<Member>, "request" | "caller" | "note">,
  permission: Permission,
) {
  return readMemberBody(deps, context, permission, checkoutRequestSchema, MAX_BODY_BYTES);
}

async function showResult(deps: CheckoutDeps, { request, note }: Context): Promise<Response> {
  const { session_id } = await readJson(request, resultSchema, MAX_BODY_BYTES);
  const result = await deps.reports.findCheckout(session_id);
  if (result === null) throw notFound("The order");
  note({ report_id: result.report_id });
  return json(result);
}

function signedIn(caller: Caller): Member {
  if (caller === null) throw unauthenticated("auth.required", "Sign in first.");
  return caller;
}
