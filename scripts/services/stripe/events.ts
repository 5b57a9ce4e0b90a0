import Stripe from "stripe";
import { newId, unixNow } from "./ids.ts";

export type EventType = Stripe.Event.Type;

/** Event as delivered. `data.object` is the object at the time of the event. */
export interface StripeEvent {
  readonly id: string;
  readonly object: "event";
  readonly api_version: string;
  readonly created: number;
  readonly data: { readonly object: object; readonly previous_attributes?: object };
  readonly livemode: false;
  readonly pending_webhooks: number;
  readonly request: { readonly id: string | null; readonly idempotency_key: string | null };
  readonly type: EventType;
}

/** Creates an event about a copy of `object`, which later changes do not affect. */
export function createEvent(type: EventType, object: object): StripeEvent {
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
