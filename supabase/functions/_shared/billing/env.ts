import { z } from "zod";
import { secretVariable, urlVariable } from "../platform/env.ts";

/** Variables to reach Stripe. */
export const stripeEnv = {
  STRIPE_SECRET_KEY: secretVariable,
  /** Default `https://api.stripe.com`. */
  STRIPE_API_URL: urlVariable.optional(),
} as const;

/** Variables to verify Stripe's events. */
export const stripeWebhookEnv = { STRIPE_WEBHOOK_SECRET: secretVariable } as const;

/** Price and limits of a checkout. */
export const checkoutEnv = {
  /** US cents. Stripe takes at least 50. */
  REPORT_PRICE_CENTS: z.coerce.number().int().min(50).max(1_000_000).default(1900),
  /** Largest size of one image in bytes. */
  MAX_IMAGE_BYTES: z.coerce.number().int().positive().default(10 * 1024 * 1024),
} as const;
