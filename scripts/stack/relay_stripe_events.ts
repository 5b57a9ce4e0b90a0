import Stripe from "stripe";
import { pause } from "../support/pause.ts";
import type { Log, Service } from "./types.ts";

/** What {@link startStripeRelay} reads from and delivers to. */
export interface StripeRelayOptions {
  readonly stripe: Stripe;
  readonly webhookUrl: string;
  /** Signs what is delivered. */
  readonly webhookSecret: string;
  /** Between two looks; default 2,000 ms. */
  readonly intervalMs?: number;
}

/** What the webhook acts on. */
const EVENT_TYPES = [
  "checkout.session.completed",
  "checkout.session.async_payment_succeeded",
  "checkout.session.async_payment_failed",
  "checkout.session.expired",
  "charge.refunded",
];

/** How far back the first look goes: a stack that was away a while hears what it missed. */
const LOOK_BACK_SECONDS = 3_600;

/**
 * Brings a real Stripe account's events to a webhook that the internet cannot reach: reads them from
 * the API, signs each and delivers it until it is taken. What is delivered again after a restart the
 * webhook knows by its id.
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
      await look().catch((error) => log("stripe", `events are not to be had: ${error}`));
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
