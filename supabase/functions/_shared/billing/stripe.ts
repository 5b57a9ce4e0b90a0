import Stripe from "stripe";
import { Problem, unavailable } from "../platform/http/problem.ts";
import type { PaymentGateway, PaymentOrder, VerifyNotification } from "./payment_gateway.ts";

/** How Stripe is reached. */
export interface StripeOptions {
  readonly secretKey: string;
  /** Origin of the API. Unset: api.stripe.com. */
  readonly apiUrl?: string | undefined;
  readonly fetch?: typeof globalThis.fetch;
}

/** Of one attempt; three of them fit well within the 150 s a function may take to answer. */
const TIMEOUT_MS = 15_000;
const RETRIES = 2;

/** Makes the SDK's client. Its retries carry the same idempotency key. */
export function createStripe(options: StripeOptions): Stripe {
  return new Stripe(options.secretKey, {
    httpClient: Stripe.createFetchHttpClient(options.fetch),
    timeout: TIMEOUT_MS,
    maxNetworkRetries: RETRIES,
    telemetry: false,
    ...(options.apiUrl === undefined ? {} : addressOf(options.apiUrl)),
  });
}

function addressOf(apiUrl: string): { host: string; port: string; protocol: "http" | "https" } {
  const url = new URL(apiUrl);
  const protocol = url.protocol === "http:" ? "http" : "https";
  return {
    host: url.hostname,
    port: url.port === "" ? (protocol === "http" ? "80" : "443") : url.port,
    protocol,
  };
}

/** Takes payments through Stripe Checkout. */
export function createPaymentGateway(stripe: Stripe): PaymentGateway {
  return {
    createSession: async (order) => {
      const params = sessionParams(order);
      const session = await call(async () =>
        await stripe.checkout.sessions.create(params, {
          // Stripe refuses a key that comes with other parameters. They change with the price or
          // the customer's address, so they are part of the key; the report alone is what it is
          // about.
          idempotencyKey: `checkout-session/${order.reportId}/${await fingerprint(params)}`,
        })
      );
      if (session.url === null) throw new Error(`Stripe gave session ${session.id} no page`);
      return { id: session.id, url: session.url };
    },
    expireSession: async (sessionId) => {
      try {
        await call(() => stripe.checkout.sessions.expire(sessionId));
        return true;
      } catch (error) {
        if (error instanceof Stripe.errors.StripeInvalidRequestError) return false;
        throw error;
      }
    },
  };
}

function sessionParams(order: PaymentOrder): Stripe.Checkout.SessionCreateParams {
  // On the payment too: a refund's notification carries the charge's metadata and no session.
  const metadata = { report_id: order.reportId, owner_id: order.ownerId };
  return {
    mode: "payment",
    client_reference_id: order.reportId,
    metadata,
    payment_intent_data: { metadata },
    line_items: [{
      quantity: 1,
      price_data: {
        currency: "usd",
        unit_amount: order.priceCents,
        product_data: { name: "Vision model benchmark", description: order.description },
      },
    }],
    success_url: order.successUrl,
    cancel_url: order.cancelUrl,
    ...(order.email === undefined ? {} : { customer_email: order.email }),
  };
}

async function fingerprint(params: Stripe.Checkout.SessionCreateParams): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(params));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function call<Result>(request: () => Promise<Result>): Promise<Result> {
  try {
    return await request();
  } catch (error) {
    const { StripeConnectionError, StripeAPIError, StripeRateLimitError } = Stripe.errors;
    const passes = error instanceof StripeConnectionError || error instanceof StripeAPIError ||
      error instanceof StripeRateLimitError;
    if (passes) throw unavailable("payment.unavailable", error);
    throw error;
  }
}

/** How {@link createVerifier} checks. */
export interface VerifierOptions {
  /** `whsec_…` of the endpoint. */
  readonly webhookSecret: string;
  /** How old a signature may be. Default 300 s, Stripe's own. */
  readonly toleranceSeconds?: number;
  /** Milliseconds since 1970. Default the clock. */
  readonly now?: () => number;
}

/**
 * Verifies the `Stripe-Signature` header over the body as it came, with WebCrypto: the synchronous
 * way needs Node's.
 */
export function createVerifier(options: VerifierOptions): VerifyNotification {
  const provider = Stripe.createSubtleCryptoProvider();
  const now = options.now ?? Date.now;
  return async (payload, signature) => {
    try {
      const event = await Stripe.webhooks.constructEventAsync(
        payload,
        signature,
        options.webhookSecret,
        options.toleranceSeconds ?? 300,
        provider,
        now(),
      );
      return event;
    } catch (cause) {
      if (cause instanceof Stripe.errors.StripeSignatureVerificationError) {
        throw new Problem(
          "webhook.invalid_signature",
          "The signature does not match the body, or is too old.",
          // The SDK's error holds the whole body: its message is enough.
          { cause: cause.message },
        );
      }
      if (cause instanceof SyntaxError) {
        throw new Problem("request.malformed", "The body is not JSON.", { cause });
      }
      throw cause;
    }
  };
}
