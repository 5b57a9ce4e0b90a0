import { z } from "zod";
import { secretVariable, urlVariable } from "../platform/env.ts";

/** Variables to reach Stripe. */
export const stripeEnv = {
  STRIPE_SECRET_KEY: secretVariable,
  /** Default `https://api.stripe.com`. */
  STRIPE_API_URL: urlVariable.optional(),
} as const;

const flag = z.enum(["true", "false"]).default("false").transform((text) => text === "true");

/** Settings of Stripe's pay page. */
export const stripePageEnv = {
  /** Whether Stripe computes taxes. Needs Stripe Tax to be set up. */
  STRIPE_AUTOMATIC_TAX: flag,
  /** Whether Stripe writes an invoice for each payment. */
  STRIPE_INVOICE_CREATION: flag,
  /** Whether customers may enter promotion codes. */
  STRIPE_PROMOTION_CODES: flag,
} as const;

/** Variables to verify Stripe's events. */
export const stripeWebhookEnv = { STRIPE_WEBHOOK_SECRET: secretVariable } as const;

/** Price and limits of a checkout. */
export const checkoutEnv = {
  /** Price of a report in the smallest unit of the currency, unless `prices` has one. */
  REPORT_PRICE_CENTS: z.coerce.number().int().min(50).max(1_000_000).default(1900),
  /** Currency of REPORT_PRICE_CENTS: three letters of ISO 4217. */
  REPORT_CURRENCY: z.string().toLowerCase().regex(/^[a-z]{3}$/).default("usd"),
  /** Largest size of one image in bytes. */
  MAX_IMAGE_BYTES: z.coerce.number().int().positive().default(10 * 1024 * 1024),
} as const;
