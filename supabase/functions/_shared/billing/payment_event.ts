import { z } from "zod";
import type { JsonObject } from "../platform/json/json_value.ts";

/**
 * A Stripe event about the payment of a report, as `apply_stripe_event` takes it. The database reads
 * amount, currency and mode from the payload.
 */
export interface PaymentEvent {
  /** Id of the event; Stripe may send the same event many times. */
  readonly id: string;
  readonly type: string;
  /** Time at which it happened. Events arrive late and in any order. */
  readonly created: Date;
  /** Null if the event names no report, or an id that is not a UUID. */
  readonly reportId: string | null;
  readonly sessionId: string | null;
  readonly paymentIntentId: string | null;
  /** True if the money has arrived: a session can complete before its payment does. */
  readonly isPaid: boolean;
  /** Part of the event that is stored, in Stripe's shape: no name, no address, no card. */
  readonly payload: JsonObject;
}

const reference = z.union([
  z.string(),
  z.object({ id: z.string() }).transform((object) => object.id),
]).nullable().default(null);

const metadata = z.record(z.string(), z.string()).nullish().transform((entries) => entries ?? {});

const sessionSchema = z.object({
  id: z.string(),
  payment_intent: reference,
  payment_status: z.string(),
  /** In the smallest unit of the currency, as all amounts. */
  amount_total: z.int().nullable().default(null),
  currency: z.string().nullable().default(null),
  total_details: z.object({ amount_discount: z.int(), amount_tax: z.int() }).nullable()
    .default(null),
  metadata,
});

const chargeSchema = z.object({
  id: z.string(),
  payment_intent: reference,
  /** True after a full refund, false after a partial one. */
  refunded: z.boolean(),
  amount: z.int(),
  /** Sum of all refunds so far. */
  amount_refunded: z.int(),
  currency: z.string(),
  metadata,
});

const disputeSchema = z.object({
  id: z.string(),
  payment_intent: reference,
  /** Such as `needs_response`, `won` or `lost`. */
  status: z.string(),
  reason: z.string(),
  amount: z.int(),
  currency: z.string(),
  metadata,
});

const SESSION_TYPES = [
  "checkout.session.completed",
  "checkout.session.async_payment_succeeded",
  "checkout.session.async_payment_failed",
  "checkout.session.expired",
] as const;

const DISPUTE_TYPES = [
  "charge.dispute.created",
  "charge.dispute.updated",
  "charge.dispute.closed",
] as const;

/** Types of the events that the webhook needs. */
export const EVENT_TYPES: string[] = [...SESSION_TYPES, "charge.refunded", ...DISPUTE_TYPES];

const envelope = { id: z.string().min(1), created: z.int(), livemode: z.boolean() };

const knownEventSchema = z.discriminatedUnion("type", [
  z.object({ ...envelope, type: z.enum(SESSION_TYPES), data: z.object({ object: sessionSchema }) }),
  z.object({
    ...envelope,
    type: z.literal("charge.refunded"),
    data: z.object({ object: chargeSchema }),
  }),
  z.object({ ...envelope, type: z.enum(DISPUTE_TYPES), data: z.object({ object: disputeSchema }) }),
]);

const KNOWN_TYPES: ReadonlySet<string> = new Set(EVENT_TYPES);

/** Id and type of any Stripe event. */
export const eventSchema = z.object({ id: z.string().min(1), type: z.string().min(1) });

/**
 * Reads a verified event. Returns null if its type has no effect on a report.
 *
 * @throws {z.ZodError} if an event of a known type lacks a field that we need.
 */
export function readPaymentEvent(verified: unknown): PaymentEvent | null {
  const { type } = eventSchema.parse(verified);
  if (!KNOWN_TYPES.has(type)) return null;
  const { id, created, livemode, data: { object: { metadata, ...object } } } = knownEventSchema
    .parse(verified);
  const session = "payment_status" in object ? object : null;
  return {
    id,
    type,
    created: new Date(created * 1000),
    // Not `client_reference_id`: anyone who pays by a payment link can set it.
    reportId: reportIdOf(metadata["report_id"]),
    sessionId: session?.id ?? null,
    paymentIntentId: object.payment_intent,
    isPaid: isPaid(type, session?.payment_status),
    payload: { livemode, data: { object } },
  };
}

/**
 * Returns true if the money has arrived. `no_payment_required` counts: a coupon may cover the
 * price.
 */
function isPaid(type: string, paymentStatus: string | undefined): boolean {
  return type === "checkout.session.async_payment_succeeded" ||
    (type === "checkout.session.completed" && paymentStatus !== "unpaid");
}

function reportIdOf(text: string | undefined): string | null {
  return z.guid().safeParse(text).data ?? null;
}
