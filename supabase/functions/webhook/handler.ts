import { notificationSchema, readPaymentEvent } from "../_shared/billing/payment_event.ts";
import type { VerifyNotification } from "../_shared/billing/payment_gateway.ts";
import type { PaymentStore } from "../_shared/billing/payment_store.ts";
import { readText } from "../_shared/platform/http/body.ts";
import { createPipeline, type RequestContext } from "../_shared/platform/http/pipeline.ts";
import { Problem } from "../_shared/platform/http/problem.ts";
import { json } from "../_shared/platform/http/serve_json.ts";
import type { Logger } from "../_shared/platform/logger.ts";

/** What the webhook works with. */
export interface WebhookDeps {
  readonly verify: VerifyNotification;
  readonly store: PaymentStore;
  readonly log: Logger;
}

/** Stripe's largest notifications are a tenth of this. */
const MAX_BODY_BYTES = 512 * 1024;

/**
 * `POST /webhook`: takes Stripe's notifications and answers `{received: true, outcome}`.
 *
 * - 400 when the signature is wrong or old: nothing was written.
 * - 500 when the notification is genuine but could not be recorded: Stripe sends it again, for
 *   three days.
 * - 200 otherwise, also for what is unknown, late, repeated or none of our business, because
 *   sending it again would change nothing.
 *
 * All effects are in one transaction of the database (`apply_stripe_event`), keyed by the event's
 * id. So a
 * crash before its commit leaves nothing and Stripe sends again; one after it leaves everything,
 * the worker's start included, and the repetition finds the id and does nothing.
 */
export function createHandler(
  deps: WebhookDeps,
): (request: Request) => Promise<Response> {
  return createPipeline({
    methods: ["POST"],
    // Called by a machine: no page has any business here.
    origins: [],
    // The signature is the authentication, and it needs the body.
    authenticate: () => Promise.resolve(null),
    log: deps.log,
    handle: async ({ request, log, note }) => {
      const payload = await readText(request, MAX_BODY_BYTES);
      const signature = request.headers.get("stripe-signature") ?? "";
      const notification = await deps.verify(payload, signature);
      const { outcome } = await act(notification, deps.store, { log, note });
      return json({ received: true, outcome });
    },
  });
}

async function act(
  notification: unknown,
  store: PaymentStore,
  { log, note }: Pick<RequestContext<null>, "log" | "note">,
): Promise<{ readonly outcome: string }> {
  try {
    const event = readPaymentEvent(notification);
    if (event === null) {
      const { id, type } = notificationSchema.parse(notification);
      log.info("notification of no concern", {
        event_id: id,
        event_type: type,
      });
      return { outcome: "ignored" };
    }
    note({ report_id: event.reportId });
    const applied = await store.applyPaymentEvent(event);
    const fields = {
      report_id: event.reportId,
      event_id: event.id,
      event_type: event.type,
      ...applied,
    };
    if (
      event.isPaid && event.reportId !== null &&
      applied.outcome === "unknown_report"
    ) {
      // The money is in and the order is gone: somebody has to give it back.
      log.error("payment for a report that is not there", fields);
    } else {
      log.info("notification recorded", fields);
    }
    return applied;
  } catch (cause) {
    throw new Problem(
      "webhook.not_recorded",
      "The event was not recorded. Send it again.",
      {
        cause,
      },
    );
  }
}
