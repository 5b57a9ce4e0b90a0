import Stripe from "stripe";
import { Problem, unavailable } from "../platform/http/problem.ts";
import { hashBytes } from "../platform/json/hash_json.ts";

/** Options of {@link createStripe}. */
export interface StripeOptions {
  readonly secretKey: string;
  /** Origin of the API. Default `https://api.stripe.com`. */
  readonly apiUrl?: string | undefined;
  readonly fetch?: typeof globalThis.fetch;
}

/** Time for one attempt. Three attempts fit well within the 150 s that a function has to answer. */
const TIMEOUT_MS = 15_000;
const RETRIES = 2;

/** Creates the SDK's client. Its retries carry the same idempotency key. */
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

/** Order that a customer is asked to pay for. */
export interface PaymentOrder {
  readonly reportId: string;
  readonly ownerId: string;
  readonly email: string | undefined;
  /** US cents. */
  readonly priceCents: number;
  /** One line for the pay page. */
  readonly description: string;
  /** Page that the customer is sent to after paying. */
  readonly successUrl: string;
  /** Page that the customer is sent to after giving up. */
  readonly cancelUrl: string;
}

/** A page on which one order can be paid, until it is paid or expires. */
export interface PaymentSession {
  readonly id: string;
  readonly url: string;
}

/** Service that takes payments. */
export type PaymentGateway = ReturnType<typeof createPaymentGateway>;

/** Creates the gateway to Stripe Checkout. */
export function createPaymentGateway(stripe: Stripe) {
  return {
    /**
     * Opens a session. The same order always gets the same session within the 24 hours that a
     * session lives.
     *
     * @throws {Problem} `payment.unavailable` if the same call may succeed in a moment.
     */
    createSession: async (order: PaymentOrder): Promise<PaymentSession> => {
      const params = sessionParams(order);
      const session = await call(async () =>
        await stripe.checkout.sessions.create(params, {
          // Stripe refuses a key that comes with other parameters. These change with the price and
          // the customer's address, so they are part of the key.
          idempotencyKey: `checkout-session/${order.reportId}/${await fingerprint(params)}`,
        })
      );
      if (session.url === null) throw new Error(`Stripe returned no URL for session ${session.id}`);
      return { id: session.id, url: session.url };
    },
    /**
     * Closes a session so that it cannot be paid. Returns false if it is no longer open, such as
     * paid.
     */
    expireSession: async (sessionId: string): Promise<boolean> => {
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
  // Also on the payment: the event of a refund carries the charge's metadata and no session.
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
  return (await hashBytes(new TextEncoder().encode(JSON.stringify(params)))).slice(0, 16);
}

/** Makes a request. Failures that pass by themselves become `payment.unavailable`. */
async function call<Result>(request: () => Promise<Result>): Promise<Result> {
  try {
    return await request();
  } catch (error) {
    const { StripeConnectionError, StripeAPIError, StripeRateLimitError } = Stripe.errors;
    const isPassing = error instanceof StripeConnectionError || error instanceof StripeAPIError ||
      error instanceof StripeRateLimitError;
    if (isPassing) throw unavailable("payment.unavailable", error);
    throw error;
  }
}

/**
 * Checks that an event is from Stripe, and parses it.
 *
 * @throws {Problem} `webhook.invalid_signature` if it is not or is too old, `request.malformed` if
 * it is not JSON.
 */
export type VerifyEvent = (payload: string, signature: string) => Promise<unknown>;

/** Largest age of a signature, as Stripe recommends. */
const TOLERANCE_SECONDS = 300;

/**
 * Creates the check of the `Stripe-Signature` header over the unchanged body. It is asynchronous
 * because WebCrypto is; the SDK's synchronous check needs Node's crypto.
 */
export function createVerifier(
  { webhookSecret, now = Date.now }: {
    /** Signing secret of the endpoint: `whsec_…`. */
    readonly webhookSecret: string;
    /** Milliseconds since 1970. Default `Date.now`. */
    readonly now?: () => number;
  },
): VerifyEvent {
  const provider = Stripe.createSubtleCryptoProvider();
  return async (payload, signature) => {
    try {
      return await Stripe.webhooks.constructEventAsync(
        payload,
        signature,
        webhookSecret,
        TOLERANCE_SECONDS,
        provider,
        now(),
      );
    } catch (cause) {
      if (cause instanceof Stripe.errors.StripeSignatureVerificationError) {
        throw new Problem(
          "webhook.invalid_signature",
          "The signature does not match the body, or is too old.",
          // Only the message: the SDK's error holds the whole body.
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
