import Stripe from "stripe";
import { z } from "zod";
import { pause } from "../../support/pause.ts";
import type { StripeEvent } from "./events.ts";
import { unixNow } from "./ids.ts";

/** Address of the receiver, and the secret `whsec_…` that it shares. */
export const webhookSchema = z.strictObject({ url: z.url(), secret: z.string() });
export type WebhookEndpoint = z.infer<typeof webhookSchema>;

export interface Delivery {
  readonly eventId: string;
  /** Statuses of the responses, null where there was none. */
  attempts: (number | null)[];
  /** `true` once the endpoint answered 2xx. */
  delivered: boolean;
}

/** Differences of one delivery from a genuine one. */
export const tamperingSchema = z.strictObject({
  /** Secret to sign with instead of the endpoint's. */
  secret: z.string().optional(),
  /** Age of the signature in seconds. */
  ageSeconds: z.int().optional(),
  /** `true` changes the body after signing it. */
  tamperBody: z.boolean().optional(),
});

const ANSWER_WITHIN_MS = 10_000;

/** Sends signed events to the endpoint and retries until it accepts them. */
export class WebhookSender {
  readonly deliveries: Delivery[] = [];
  /** Number of copies of each event that are sent at once. More than 1 tests duplicates. */
  copies = 1;
  #held: StripeEvent[] | undefined;
  #stopping = new AbortController();
  #pending = new Set<Promise<void>>();

  constructor(
    readonly endpoint: WebhookEndpoint | undefined,
    readonly retryDelaysMs: readonly number[],
    /** Called when a delivery has succeeded. */
    readonly onDelivered: () => void = () => {},
  ) {}

  /** Ids of events that are still being delivered or held back. */
  undelivered(): string[] {
    const pending = this.deliveries.filter((delivery) => !delivery.delivered);
    const held = this.#held ?? [];
    return [...new Set([...pending.map(({ eventId }) => eventId), ...held.map(({ id }) => id)])];
  }

  /** Starts the delivery of an event. The promise settles after the first attempt. */
  async send(event: StripeEvent): Promise<void> {
    if (this.#held !== undefined) this.#held.push(event);
    else await Promise.all(Array.from({ length: this.copies }, () => this.#start(event)));
  }

  /** Holds events back until {@link release}. */
  hold(): void {
    this.#held ??= [];
  }

  /** Sends the held events one after the other, each after the answer to the previous one. */
  async release(order: "created" | "reversed" = "created"): Promise<void> {
    const events = this.#held ?? [];
    this.#held = undefined;
    if (order === "reversed") events.reverse();
    for (const event of events) await this.send(event);
  }

  /** Sends one attempt, genuine or not. Resolves to the receiver's status, null without an answer. */
  async attempt(
    event: StripeEvent,
    tampering: z.infer<typeof tamperingSchema> = {},
  ): Promise<number | null> {
    if (this.endpoint === undefined) return null;
    const payload = JSON.stringify(event, null, 2);
    const signature = await Stripe.webhooks.generateTestHeaderStringAsync({
      payload,
      secret: tampering.secret ?? this.endpoint.secret,
      timestamp: unixNow() - (tampering.ageSeconds ?? 0),
    });
    const body = tampering.tamperBody === true
      ? payload.replace('"livemode": false', '"livemode": true')
      : payload;
    try {
      const response = await fetch(this.endpoint.url, {
        method: "POST",
        headers: {
          "content-type": "application/json; charset=utf-8",
          "user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
          "stripe-signature": signature,
        },
        body,
        signal: AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
      });
      await response.body?.cancel();
      return response.status;
    } catch {
      return null;
    }
  }

  /** Resolves when no delivery is running or waiting for its next attempt. */
  async settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.settled();
  }

  #start(event: StripeEvent): Promise<void> {
    const { promise: first, resolve } = Promise.withResolvers<void>();
    const delivery: Delivery = { eventId: event.id, attempts: [], delivered: false };
    this.deliveries.push(delivery);
    const work = this.#deliver(event, delivery, resolve)
      .finally(() => this.#pending.delete(work));
    this.#pending.add(work);
    return first;
  }

  async #deliver(event: StripeEvent, delivery: Delivery, attempted: () => void): Promise<void> {
    for (const delay of [0, ...this.retryDelaysMs]) {
      await pause(delay, this.#stopping.signal);
      if (this.#stopping.signal.aborted || this.endpoint === undefined) break;
      const status = await this.attempt(event);
      delivery.attempts.push(status);
      delivery.delivered = status !== null && status >= 200 && status < 300;
      attempted();
      if (delivery.delivered) {
        this.onDelivered();
        break;
      }
    }
    attempted();
  }
}
