import Stripe from "stripe";
import { newId, unixNow } from "./ids.ts";

/** Event as delivered. `data.object` is the object at the time of the event. */
export type StripeEvent = ReturnType<typeof createEvent>;

/** Creates an event about a copy of `object`, which later changes do not affect. */
export function createEvent(type: Stripe.Event.Type, object: object) {
  return {
    id: newId("evt"),
    object: "event",
    api_version: Stripe.API_VERSION,
    created: unixNow(),
    data: { object: structuredClone(object) },
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
  };
}
