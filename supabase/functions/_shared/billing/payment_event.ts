import { z } from "zod";
import type { JsonObject } from "../platform/json/json_value.ts";

/** A Stripe event about the payment of a report, as `apply_stripe_event` takes it. */
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
  amount_total: z.number().nullable().default(null),
  currency: z.string().nullable().default(null),
  metadata,
});

const chargeSchema = z.object({
  id: z.string(),
  payment_intent: reference,
  /** True after a full refund, false after a partial one. */
  refunded: z.boolean(),
  amount: z.number(),
  amount_refunded: z.number(),
  currency: z.string(),
  metadata,
});

const SESSION_TYPES = [
  "checkout.session.completed",
  "checkout.session.async_payment_succeeded",
  "checkout.session.async_payment_failed",
  "checkout.session.expired",
] as const;

const envelope = { id: z.string().min(1), created: z.number().int(), livemode: z.boolean() };

const knownEventSchema = z.discriminatedUnion("type", [
  z.object({ ...envelope, type: z.enum(SESSION_TYPES), data: z.object({ object: sessionSchema }) }),
  z.object({
    ...envelope,
    type: z.literal("charge.refunded"),
    data: z.object({ object: chargeSchema }),
  }),
]);

const KNOWN_TYPES: ReadonlySet<string> = new Set([...SESSION_TYPES, "charge.refunded"]);

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
