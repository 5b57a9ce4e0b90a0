import type Stripe from "stripe";
import { ApiError, invalidRequest, missing } from "./errors.ts";
import { createEvent, type StripeEvent } from "./events.ts";
import type { CustomerParams, SessionParams } from "./forms.ts";
import { unixNow } from "./ids.ts";
import {
  createCharge,
  createCustomer,
  createPaymentIntent,
  createRefund,
  createSession,
  customerDetails,
  type StoredSession,
} from "./objects.ts";

const MINIMUM_CENTS = 50;

/** Contents of the account as plain JSON. */
export interface LedgerState {
  customers: Record<string, Stripe.Customer | Stripe.DeletedCustomer>;
  sessions: Record<string, StoredSession>;
  intents: Record<string, Stripe.PaymentIntent>;
  charges: Record<string, Stripe.Charge>;
  refunds: Record<string, Stripe.Refund>;
  /** Events, oldest first. */
  events: StripeEvent[];
}

export function emptyLedger(): LedgerState {
  return { customers: {}, sessions: {}, intents: {}, charges: {}, refunds: {}, events: [] };
}

export interface RefundRequest {
  readonly chargeId: string;
  /** Amount in the currency's smallest unit. Default: everything not refunded yet. */
  readonly amount?: number | undefined;
  readonly reason?: Stripe.Refund.Reason | undefined;
  readonly metadata?: Record<string, string>;
}

/** Contents of the account: customers, checkout sessions, payments, refunds, and the events they cause. */
export class Ledger {
  #emit: (event: StripeEvent) => void;

  constructor(readonly state: LedgerState, emit: (event: StripeEvent) => void) {
    this.#emit = emit;
  }

  createCustomer(params: CustomerParams): Stripe.Customer {
    const customer = createCustomer(params);
    this.state.customers[customer.id] = customer;
    this.#record("customer.created", customer);
    return customer;
  }

  customer(id: string): Stripe.Customer | Stripe.DeletedCustomer {
    return found("customer", id, this.state.customers[id]);
  }

  deleteCustomer(id: string): Stripe.DeletedCustomer {
    const customer = this.#customerAt(id, "id");
    const deleted = { id, object: "customer", deleted: true } as const;
    this.state.customers[id] = deleted;
    this.#record("customer.deleted", customer);
    return deleted;
  }

  createSession(params: SessionParams, pageOrigin: string): Stripe.Checkout.Session {
    if (params.customer !== undefined && params.customer_email !== undefined) {
      throw invalidRequest(
        "You may only specify one of these parameters: customer, customer_email.",
        "customer",
      );
    }
    const customer = params.customer === undefined
      ? null
      : this.#customerAt(params.customer, "customer");
    const stored = createSession(params, customer, pageOrigin);
    if ((stored.session.amount_total ?? 0) < MINIMUM_CENTS) {
      const message = "The Checkout Session's total amount due must add up to at least $0.50 usd";
      throw invalidRequest(message, undefined, "amount_too_small");
    }
    const life = (params.expires_at ?? unixNow() + 3600) - unixNow();
    if (life < 30 * 60 || life > 24 * 60 * 60) {
      const message =
        "The `expires_at` timestamp must be between 30 minutes and 24 hours from now.";
      throw invalidRequest(message, "expires_at");
    }
    this.state.sessions[stored.session.id] = stored;
    return stored.session;
  }

  session(id: string): StoredSession {
    const stored = found("checkout.session", id, this.state.sessions[id]);
    if (stored.session.status === "open" && stored.session.expires_at <= unixNow()) {
      this.#expire(stored.session);
    }
    return stored;
  }

  intent(id: string): Stripe.PaymentIntent {
    return found("payment_intent", id, this.state.intents[id]);
  }

  charge(id: string): Stripe.Charge {
    return found("charge", id, this.state.charges[id]);
  }

  event(id: string): StripeEvent {
    return found("event", id, this.state.events.find((event) => event.id === id));
  }

  expireSession(id: string): Stripe.Checkout.Session {
    const { session } = this.session(id);
    if (session.status !== "open") {
      throw invalidRequest(
        `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of \`${session.status}\`.`,
      );
    }
    this.#expire(session);
    return session;
  }

  /**
   * Pays an open session as the customer.
   *
   * `card` pays at once. `delayed` completes the session with the money outstanding until {@link
   * settle}, like a bank debit. `declined` leaves it open. Paying a complete session again changes
   * nothing, like a second click.
   */
  pay(
    id: string,
    method: "card" | "delayed" | "declined",
    email: string | null = null,
  ): Stripe.Checkout.Session {
    const stored = this.session(id);
    const { session } = stored;
    if (session.status === "complete") return session;
    if (session.status !== "open") {
      throw invalidRequest(`This Checkout Session is ${session.status}.`);
    }
    const intent = this.#intentOf(stored);
    if (method === "declined") {
      intent.status = "requires_payment_method";
      this.#record("payment_intent.payment_failed", intent);
      return session;
    }
    const payer = session.customer_details?.email ?? email;
    session.customer_details = payer === null ? null : customerDetails(payer);
    const customer = typeof session.customer === "string" && this.customer(session.customer);
    if (customer && customer.deleted !== true) customer.email ??= payer;
    session.status = "complete";
    session.url = null;
    if (method === "delayed") {
      intent.status = "processing";
      this.#record("payment_intent.processing", intent);
      this.#record("checkout.session.completed", session);
      return session;
    }
    this.#collect(session, intent);
    this.#record("checkout.session.completed", session);
    return session;
  }

  /** Decides whether the outstanding money of a `delayed` payment arrives. */
  settle(id: string, outcome: "succeeded" | "failed"): Stripe.Checkout.Session {
    const stored = this.session(id);
    const { session } = stored;
    if (session.status !== "complete" || session.payment_status !== "unpaid") {
      throw invalidRequest("This Checkout Session awaits no payment.");
    }
    const intent = this.#intentOf(stored);
    if (outcome === "failed") {
      intent.status = "requires_payment_method";
      this.#record("payment_intent.payment_failed", intent);
      this.#record("checkout.session.async_payment_failed", session);
      return session;
    }
    this.#collect(session, intent);
    this.#record("checkout.session.async_payment_succeeded", session);
    return session;
  }

  createRefund(request: RefundRequest): Stripe.Refund {
    const charge = this.charge(request.chargeId);
    const left = charge.amount - charge.amount_refunded;
    const amount = request.amount ?? left;
    if (left === 0) {
      const message = `Charge ${charge.id} has already been refunded.`;
      throw invalidRequest(message, undefined, "charge_already_refunded");
    }
    if (amount > left) {
      const reason = `is greater than unrefunded amount on charge (${left})`;
      throw invalidRequest(`Refund amount (${amount}) ${reason}`, "amount");
    }
    const refund = createRefund(charge, amount, request.reason ?? null, request.metadata ?? {});
    this.state.refunds[refund.id] = refund;
    charge.amount_refunded += amount;
    charge.refunded = charge.amount_refunded === charge.amount;
    this.#record("refund.created", refund);
    this.#record("charge.refunded", charge);
    return refund;
  }

  /** Returns the charge that paid an intent. */
  chargeOf(intentId: string): Stripe.Charge {
    const { latest_charge } = this.intent(intentId);
    if (typeof latest_charge !== "string") {
      const message =
        `This PaymentIntent (${intentId}) does not have a successful charge to refund.`;
      throw invalidRequest(message, "payment_intent", "payment_intent_unexpected_state");
    }
    return this.charge(latest_charge);
  }

  /** Returns a customer that a parameter names and that was not deleted. */
  #customerAt(id: string, param: string): Stripe.Customer {
    const customer = this.state.customers[id];
    if (customer !== undefined && customer.deleted !== true) return customer;
    throw invalidRequest(`No such customer: '${id}'`, param, "resource_missing");
  }

  #intentOf(stored: StoredSession): Stripe.PaymentIntent {
    const { payment_intent } = stored.session;
    if (typeof payment_intent === "string") return this.intent(payment_intent);
    const intent = createPaymentIntent(stored);
    this.state.intents[intent.id] = intent;
    stored.session.payment_intent = intent.id;
    this.#record("payment_intent.created", intent);
    return intent;
  }

  #collect(session: Stripe.Checkout.Session, intent: Stripe.PaymentIntent): void {
    const charge = createCharge(intent, session.customer_details?.email ?? null);
    this.state.charges[charge.id] = charge;
    intent.status = "succeeded";
    intent.amount_received = intent.amount;
    intent.latest_charge = charge.id;
    session.payment_status = "paid";
    this.#record("payment_intent.succeeded", intent);
    this.#record("charge.succeeded", charge);
  }

  #expire(session: Stripe.Checkout.Session): void {
    session.status = "expired";
    session.url = null;
    this.#record("checkout.session.expired", session);
  }

  #record(type: Stripe.Event.Type, object: object): void {
    const event = createEvent(type, object);
    this.state.events.push(event);
    this.#emit(event);
  }
}

function found<Item>(kind: string, id: string, item: Item | undefined): Item {
  if (item === undefined) throw missing(kind, id);
  return item;
}

/** Refuses a key that does not belong to a test account. */
export function checkKey(authorization: string | undefined, secretKey: string | undefined): void {
  const key = /^Bearer (.+)$/.exec(authorization ?? "")?.[1] ?? basicUser(authorization);
  if (key === undefined) {
    const help = "You need to provide your API key in the Authorization header, using Bearer auth.";
    const message = `You did not provide an API key. ${help}`;
    throw new ApiError(401, "invalid_request_error", message);
  }
  const accepted = secretKey === undefined ? /^(sk|rk)_test_/.test(key) : key === secretKey;
  if (!accepted) {
    const masked = `${key.slice(0, 8)}${"*".repeat(8)}${key.slice(-4)}`;
    throw new ApiError(401, "invalid_request_error", `Invalid API Key provided: ${masked}`);
  }
}

function basicUser(authorization: string | undefined): string | undefined {
  const encoded = /^Basic (.+)$/.exec(authorization ?? "")?.[1];
  return encoded === undefined ? undefined : atob(encoded).split(":")[0];
}
