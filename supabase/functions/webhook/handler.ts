import {
  eventSchema,
  type PaymentEvent,
  readPaymentEvent,
} from "../_shared/billing/payment_event.ts";
import type { AppliedEvent, PaymentStore } from "../_shared/billing/store.ts";
import type { VerifyEvent } from "../_shared/billing/stripe.ts";
import { readText } from "../_shared/platform/http/body.ts";
import { createPipeline, type RequestContext } from "../_shared/platform/http/pipeline.ts";
import { Problem } from "../_shared/platform/http/problem.ts";
import { json } from "../_shared/platform/http/serve_json.ts";
import type { Logger } from "../_shared/platform/logger.ts";

/** Dependencies of the function. */
export interface WebhookDeps {
  readonly verify: VerifyEvent;
  readonly store: PaymentStore;
  readonly log: Logger;
}

/** Ten times Stripe's largest event. */
const MAX_BODY_BYTES = 512 * 1024;

/**
 * `POST /webhook`: takes Stripe's events and answers `{received: true, outcome}`.
 *
 * - 400: the signature is wrong or old. Nothing was written.
 * - 500: the event is genuine but was not recorded. Stripe sends it again for three days.
 * - 200: all other events, also of unknown types or reports, late or repeated ones, since sending
 *   them again would change nothing.
 *
 * The database applies all effects in one transaction (`apply_stripe_event`), once for each event
 * id. After a crash before its commit nothing is written, and Stripe sends the event again. After a
 * crash behind it everything is, the worker's start included, and the repetition has no effect.
 */
export function createHandler(deps: WebhookDeps): (request: Request) => Promise<Response> {
  return createPipeline({
    methods: ["POST"],
    // Stripe calls from a server: no page may.
    origins: [],
    // The signature authenticates the call, and it needs the body.
    authenticate: () => Promise.resolve(null),
    log: deps.log,
    handle: async ({ request, log, note }) => {
      const payload = await readText(request, MAX_BODY_BYTES);
      const signature = request.headers.get("stripe-signature") ?? "";
      const event = await deps.verify(payload, signature);
      try {
        const { outcome } = await applyEvent(event, deps.store, { log, note });
        return json({ received: true, outcome });
      } catch (cause) {
        throw new Problem("webhook.not_recorded", "The event was not recorded. Send it again.", {
          cause,
        });
      }
    },
  });
}

/** Applies a verified event, and logs payments that somebody has to refund. */
async function applyEvent(
  verified: unknown,
  store: PaymentStore,
  { log, note }: Pick<RequestContext<null>, "log" | "note">,
): Promise<Pick<AppliedEvent, "outcome">> {
  const event = readPaymentEvent(verified);
  if (event === null) {
    const { id, type } = eventSchema.parse(verified);
    log.info("event ignored: its type has no effect on reports", {
      event_id: id,
      event_type: type,
    });
    return { outcome: "ignored" };
  }
  note({ report_id: event.reportId });
  const applied = await store.applyPaymentEvent(event);
  const trouble = describeTrouble(event, applied);
  log[trouble === null ? "info" : "error"](trouble ?? "event recorded", {
    report_id: event.reportId,
    event_id: event.id,
    event_type: event.type,
    session_id: event.sessionId,
    payment_intent: event.paymentIntentId,
    ...applied,
  });
  return applied;
}

/** Returns what the operator has to do about an event; null for nothing. */
function describeTrouble(
  { type, isPaid, reportId }: PaymentEvent,
  { outcome, differs }: AppliedEvent,
): string | null {
  if (type === "charge.dispute.created" && outcome !== "duplicate") {
    return "payment disputed: answer it in Stripe's dashboard";
  }
  if (!isPaid) return null;
  switch (outcome) {
    case "unknown_report":
      // A payment that names no report may be for another product of the same account.
      return reportId === null ? null : "payment received for unknown report: refund it manually";
    case "mismatched":
      return `payment differs from its order in ${differs.join(", ")}: refund it manually`;
    case "surplus":
      return "second payment received for a paid report: refund it manually";
    default:
      return null;
  }
}
