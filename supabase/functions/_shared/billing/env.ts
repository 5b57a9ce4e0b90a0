import { z } from "zod";
import { secretVariable, urlVariable } from "../platform/env.ts";

/** What Stripe is reached with. */
export const stripeEnv = {
  STRIPE_SECRET_KEY: secretVariable,
  /** Unset: api.stripe.com. */
  STRIPE_API_URL: urlVariable.optional(),
} as const;

/** What Stripe's events are verified with. */
export const stripeWebhookEnv = {
  STRIPE_WEBHOOK_SECRET: secretVariable,
} as const;

/** What a checkout sells and accepts. */
export const checkoutEnv = {
  /** US cents. Stripe takes no less than 50. */
  REPORT_PRICE_CENTS: z.coerce.number().int().min(50).max(1_000_000).default(1900),
  /** Of one image. */
  MAX_IMAGE_BYTES: z.coerce.number().int().positive().default(10 * 1024 * 1024),
} as const;
