import { checkoutRequestSchema } from "../_shared/benchmark/config.ts";
import { authenticateUser, type LookUpUser } from "../_shared/platform/http/authenticate_user.ts";
import { readIdempotencyKey } from "../_shared/platform/http/idempotency_key.ts";
import { json, serveJson } from "../_shared/platform/http/serve_json.ts";
import type { Logger } from "../_shared/platform/logger.ts";
import { openOrder, type OrderDeps } from "./open_order.ts";

/** What the checkout works with. */
export interface CheckoutDeps extends OrderDeps {
  readonly lookUpUser: LookUpUser;
  /** Origins of the pages that may call. */
  readonly origins: readonly string[];
  readonly log: Logger;
}

/** 50 expected answers of some length, a prompt and a schema. */
const MAX_BODY_BYTES = 2 * 1024 * 1024;

/**
 * `POST /checkout`, signed in: `{draft_id}` or `{configuration}` → `{report_id, checkout_url,
 * estimate, warnings}`. Warnings are of the shape of errors and say what of the schema is not enforced.
 *
 * An image that a chosen model does not take is refused (`model_limit`); `can_fit_images` is true in the
 * refusal if sending `"fit_images": true` settles it. Storage then makes a smaller or converted copy,
 * which every model reads instead, and a warning (`image_fitted`) gives its format, size and bytes.
 *
 * A whole configuration is stored as a draft first. The same draft with the same content gets the
 * same order and page for as long as it is open; with another content it gets a new order, and the
 * old one is closed. The header `Idempotency-Key`, up to 255 visible ASCII characters, binds a
 * request to its order; with another body it is refused.
 *
 * - 400, 401, 403, 405, 413, 415 as for every function.
 * - 404 `resource.not_found`: no such draft, or another's.
 * - 409 `checkout.already_paid`, `resource.conflict`: the key's order has gone on.
 * - 422 `request.invalid` naming each field; `request.idempotency_conflict`; `checkout.over_budget`
 *   with `estimate`.
 * - 502, 503: Stripe, Storage, Auth or the database cannot be reached; sending again is harmless.
 */
export function createHandler(
  deps: CheckoutDeps,
): (request: Request) => Promise<Response> {
  return serveJson({
    methods: ["POST"],
    origins: deps.origins,
    authenticate: authenticateUser(deps.lookUpUser),
    schema: checkoutRequestSchema,
    maxBodyBytes: MAX_BODY_BYTES,
    log: deps.log,
    handle: async ({ request, caller, body, log, note }) => {
      note({ user_id: caller.id });
      const idempotencyKey = readIdempotencyKey(request);
      return json(await openOrder(deps, { user: caller, body, idempotencyKey }, { log, note }));
    },
  });
}
