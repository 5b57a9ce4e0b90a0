import Stripe from "stripe";
import { EVENT_TYPES } from "../../supabase/functions/_shared/billing/payment_event.ts";
import { pause } from "../support/pause.ts";
import type { Log, Service } from "./service.ts";

/** Options of {@link startStripeRelay}. */
export interface StripeRelayOptions {
  readonly stripe: Stripe;
  readonly webhookUrl: string;
  /** Secret that deliveries are signed with. */
  readonly webhookSecret: string;
  /** Time between two polls, in milliseconds. Default 2,000. */
  readonly intervalMs?: number;
}

/** Period in seconds that the first poll covers, so that events during a restart are delivered. */
const LOOK_BACK_SECONDS = 3_600;

/**
 * Delivers the events of a real Stripe account to a webhook that the internet cannot reach. Reads
 * events from the API, signs each one and repeats it until the webhook accepts it. The webhook
 * recognises repeated events by their id.
 */
export function startStripeRelay(options: StripeRelayOptions, log: Log): Service {
  const { stripe, webhookUrl, webhookSecret, intervalMs = 2_000 } = options;
  const taken = new Set<string>();
  const ended = new AbortController();

  const deliver = async (event: Stripe.Event) => {
    const payload = JSON.stringify(event);
    const signature = await stripe.webhooks.generateTestHeaderStringAsync({
      payload,
      secret: webhookSecret,
    });
    const response = await fetch(webhookUrl, {
      method: "POST",
      headers: { "content-type": "application/json", "stripe-signature": signature },
      body: payload,
      signal: ended.signal,
    });
    await response.body?.cancel();
    if (response.ok) taken.add(event.id);
    log("stripe", `${event.type} ${event.id}: ${response.status}`);
  };
  const look = async () => {
    const events = await stripe.events.list({
      types: EVENT_TYPES,
      created: { gte: Math.floor(Date.now() / 1000) - LOOK_BACK_SECONDS },
      limit: 100,
    }).autoPagingToArray({ limit: 1_000 });
    for (const event of events.toReversed()) if (!taken.has(event.id)) await deliver(event);
  };
  const running = (async () => {
    while (!ended.signal.aborted) {
      await look().catch((error) =>
        log("stripe", `cannot read events from Stripe, trying again: ${error}`)
      );
      await pause(intervalMs, ended.signal);
    }
  })();
  return {
    name: "stripe relay",
    stop: async () => {
      ended.abort();
      await running;
    },
  };
}
