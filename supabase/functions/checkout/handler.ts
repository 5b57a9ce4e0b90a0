import { checkoutRequestSchema } from "../_shared/benchmark/configuration.ts";
import type { MemberDeps } from "../_shared/platform/http/authenticate_member.ts";
import { readIdempotencyKey } from "../_shared/platform/http/idempotency_key.ts";
import { json } from "../_shared/platform/http/serve_json.ts";
import { serveMemberJson } from "../_shared/platform/http/serve_users.ts";
import type { Logger } from "../_shared/platform/logger.ts";
import { openOrder, type OrderDeps } from "./open_order.ts";

/** Dependencies of the function. */
export interface CheckoutDeps extends OrderDeps, MemberDeps {
  /** Origins of the pages that may call. */
  readonly origins: readonly string[];
  readonly log: Logger;
}

/** Room for 50 long expected answers, a prompt and a schema. */
const MAX_BODY_BYTES = 2 * 1024 * 1024;

/**
 * `POST /checkout`, by an owner of the account: `{draft_id, account_id?}` or `{configuration, account_id?}` → `{report_id, checkout_url,
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
 * - 400, 401, 403, 405, 413, 415 as for every function.
 * - 404 `resource.not_found`: there is no such draft, or it is another account's.
 * - 409 `checkout.already_paid`, `resource.conflict`: the key's order is no longer open.
 * - 422 `request.invalid` naming each field; `request.idempotency_conflict`; `checkout.over_budget`
 *   with `estimate`.
 * - 502, 503: Stripe, Storage, Auth or the database cannot be reached. Sending again is safe.
 */
export function createHandler(deps: CheckoutDeps): (request: Request) => Promise<Response> {
  return serveMemberJson({
    methods: ["POST"],
    origins: deps.origins,
    members: deps,
    permission: "pay",
    schema: checkoutRequestSchema,
    maxBodyBytes: MAX_BODY_BYTES,
    log: deps.log,
    handle: async ({ request, caller, body, log, note }) => {
      const idempotencyKey = readIdempotencyKey(request);
      return json(await openOrder(deps, { member: caller, body, idempotencyKey }, { log, note }));
    },
  });
}
