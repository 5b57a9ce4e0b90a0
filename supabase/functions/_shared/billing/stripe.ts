import type Stripe from "stripe";
import { Problem, unavailable } from "../platform/http/problem.ts";
import { hashBytes } from "../platform/json/hash_json.ts";

/** Options of {@link createPaymentGateway}. */
export interface StripeOptions {
  readonly secretKey: string;
  /** Origin of the API. Default `https://api.stripe.com`. */
  readonly apiUrl?: string | undefined;
  readonly fetch?: typeof globalThis.fetch;
  /** Parts of the pay page. By default there are none of them. */
  readonly page?: PayPage;
}

/** Parts of Stripe's pay page. */
export interface PayPage {
  readonly automaticTax: boolean;
  readonly invoiceCreation: boolean;
  readonly promotionCodes: boolean;
}

/** Time for one attempt. Three attempts fit well within the 150 s that a function has to answer. */
const TIMEOUT_MS = 15_000;
const RETRIES = 2;

/**
 * Loads the SDK. It takes 35 ms on Deno 2.1.4, so it is loaded for a request that needs it and not
 * with the function.
 */
async function loadStripe() {
  return (await import("stripe")).default;
}

/** The SDK's client, and the classes of its errors. */
interface Connection {
  readonly stripe: Stripe;
  readonly errors: typeof Stripe.errors;
}

/** Creates the SDK's client. Its retries carry the same idempotency key. */
async function connect(options: StripeOptions): Promise<Connection> {
  const Stripe = await loadStripe();
  const stripe = new Stripe(options.secretKey, {
    httpClient: Stripe.createFetchHttpClient(options.fetch),
    timeout: TIMEOUT_MS,
    maxNetworkRetries: RETRIES,
    telemetry: false,
    ...(options.apiUrl === undefined ? {} : addressOf(options.apiUrl)),
  });
  return { stripe, errors: Stripe.errors };
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

/** Price before discounts and taxes. */
export interface Price {
  /** In the smallest unit of the currency, such as cents or yen. */
  readonly amount: number;
  /** Three lower-case letters of ISO 4217. */
  readonly currency: string;
}

/** Order that a customer is asked to pay for. */
export interface PaymentOrder {
  readonly reportId: string;
  readonly ownerId: string;
  /** Customer who pays: Stripe's id. */
  readonly customerId: string;
  readonly price: Price;
  /** What is bought. */
  readonly product: string;
  /** One line for the pay page. */
  readonly description: string;
  /** Page that the customer is sent to after paying. */
  readonly successUrl: string;
  /** Page that the customer is sent to after giving up. */
  readonly cancelUrl: string;
}

/** Customer to create for an account. */
export interface NewCustomer {
  readonly accountId: string;
  readonly name: string;
  readonly email: string | null;
  /** Number of this customer among those of the account; part of the idempotency key. */
  readonly attempt: number;
}

/** A page on which one order can be paid, until it is paid or expires. */
export interface PaymentSession {
  readonly id: string;
  readonly url: string;
}

/** Service that takes payments. */
export type PaymentGateway = ReturnType<typeof createPaymentGateway>;

/** Creates the gateway to Stripe Checkout. */
export function createPaymentGateway(options: StripeOptions) {
  let connection: Promise<Connection> | undefined;
  const connected = () => connection ??= connect(options);
  return {
    /** True if the key asks for real money, false for a test key. */
    isLive: /^[sr]k_live_/.test(options.secretKey),
    /**
     * Creates a customer, and returns its id. The same values always get the same customer within the 24
     * hours for which Stripe remembers a key.
     *
     * @throws {Problem} `payment.unavailable` if the same call may succeed in a moment.
     */
    createCustomer: async (customer: NewCustomer): Promise<string> => {
      const { accountId, name, email, attempt } = customer;
      const { id } = await call(await connected(), (stripe) =>
        stripe.customers.create({
          name,
          ...email === null ? {} : { email },
          metadata: { account_id: accountId },
        }, { idempotencyKey: `customer/${accountId}/${attempt}` }));
      return id;
    },
    /**
     * Opens a session. The same order always gets the same session within the 24 hours that a
     * session lives. Returns `"unknown_customer"` if Stripe has no such customer, or no longer.
     *
     * @throws {Problem} `payment.unavailable` if the same call may succeed in a moment.
     */
    createSession: async (order: PaymentOrder): Promise<PaymentSession | "unknown_customer"> => {
      const params = sessionParams(order, options.page);
      const open = await connected();
      const session = await call(
        open,
        async (stripe) =>
          await stripe.checkout.sessions.create(params, {
            // Stripe refuses a key that comes with other parameters. These change with the price and
            // the customer, so they are part of the key.
            idempotencyKey: `checkout-session/${order.reportId}/${await fingerprint(params)}`,
          }),
      ).catch((error: unknown) => {
        const isLost = error instanceof open.errors.StripeInvalidRequestError &&
          error.code === "resource_missing" && error.param === "customer";
        if (isLost) return null;
        throw error;
      });
      if (session === null) return "unknown_customer";
      if (session.url === null) throw new Error(`Stripe returned no URL for session ${session.id}`);
      return { id: session.id, url: session.url };
    },
    /**
     * Closes a session so that it cannot be paid. Returns false if it is no longer open, such as
     * paid.
     */
    expireSession: async (sessionId: string): Promise<boolean> => {
      const open = await connected();
      try {
        await call(open, (stripe) => stripe.checkout.sessions.expire(sessionId));
        return true;
      } catch (error) {
        if (error instanceof open.errors.StripeInvalidRequestError) return false;
        throw error;
      }
    },
    /**
     * Refunds all that is left of a report's payment. However often it is called, it is refunded
     * once: Stripe remembers the key for a day, and after that refuses a charge that is refunded.
     *
     * @throws {Problem} `payment.unavailable` if the same call may succeed in a moment.
     */
    refundPayment: async (reportId: string, paymentIntent: string): Promise<void> => {
      const open = await connected();
      try {
        await call(open, (stripe) =>
          stripe.refunds.create(
            { payment_intent: paymentIntent, metadata: { report_id: reportId } },
            { idempotencyKey: `refund/${reportId}` },
          ));
      } catch (error) {
        const { StripeInvalidRequestError } = open.errors;
        const isDone = error instanceof StripeInvalidRequestError &&
          error.code === "charge_already_refunded";
        if (!isDone) throw error;
      }
    },
  };
}

function sessionParams(
  order: PaymentOrder,
  page: PayPage | undefined,
): Stripe.Checkout.SessionCreateParams {
  // Also on the payment: the event of a refund carries the charge's metadata and no session.
  const metadata = { report_id: order.reportId, owner_id: order.ownerId };
  return {
    mode: "payment",
    client_reference_id: order.reportId,
    customer: order.customerId,
    metadata,
    payment_intent_data: { metadata },
    line_items: [{
      quantity: 1,
      price_data: {
        currency: order.price.currency,
        unit_amount: order.price.amount,
        product_data: { name: order.product, description: order.description },
      },
    }],
    // The payment is compared with the price, so it has to be in the same currency.
    adaptive_pricing: { enabled: false },
    success_url: order.successUrl,
    cancel_url: order.cancelUrl,
    ...page?.automaticTax === true
      // Stripe computes taxes from the customer's address, which it asks for.
      ? { automatic_tax: { enabled: true }, customer_update: { address: "auto" } }
      : {},
    ...page?.invoiceCreation === true
      ? { invoice_creation: { enabled: true, invoice_data: { metadata } } }
      : {},
    ...page?.promotionCodes === true ? { allow_promotion_codes: true } : {},
  };
}

async function fingerprint(params: Stripe.Checkout.SessionCreateParams): Promise<string> {
  return (await hashBytes(new TextEncoder().encode(JSON.stringify(params)))).slice(0, 16);
}

/** Makes a request. Failures that pass by themselves become `payment.unavailable`. */
async function call<Result>(
  { stripe, errors }: Connection,
  request: (stripe: Stripe) => Promise<Result>,
): Promise<Result> {
  try {
    return await request(stripe);
  } catch (error) {
    const { StripeConnectionError, StripeAPIError, StripeRateLimitError } = errors;
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
  return async (payload, signature) => {
    const Stripe = await loadStripe();
    try {
      return await Stripe.webhooks.constructEventAsync(
        payload,
        signature,
        webhookSecret,
        TOLERANCE_SECONDS,
        Stripe.createSubtleCryptoProvider(),
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
