import type Stripe from "stripe";
import type { CustomerParams, SessionParams } from "./forms.ts";
import { newId, unixNow } from "./ids.ts";

const SESSION_LIFE_SECONDS = 24 * 60 * 60;

type Words<Text extends string> = Text extends `${infer First} ${infer Rest}` ? First | Words<Rest>
  : Text;
type NullFields<Text extends string> = Record<Words<Text>, null>;

/** Returns an object whose named fields are null. The names are separated by a space. */
function nulls<Text extends string>(names: Text) {
  return Object.fromEntries(names.split(" ").map((name) => [name, null])) as NullFields<Text>;
}

/** Session with the parameters that its object does not show. */
export interface StoredSession {
  session: Stripe.Checkout.Session;
  lineItems: Stripe.LineItem[];
  payment: SessionParams["payment_intent_data"];
}

export function createCustomer(params: CustomerParams): Stripe.Customer {
  return {
    id: newId("cus", 14),
    object: "customer",
    ...nulls("address currency customer_account default_source phone shipping test_clock"),
    balance: 0,
    created: unixNow(),
    delinquent: false,
    description: params.description ?? null,
    discount: null,
    email: params.email ?? null,
    invoice_prefix: newId("x", 8).slice(2).toUpperCase(),
    invoice_settings: nulls("custom_fields default_payment_method footer rendering_options"),
    livemode: false,
    metadata: params.metadata,
    name: params.name ?? null,
    next_invoice_sequence: 1,
    preferred_locales: [],
    tax_exempt: "none",
  };
}

/** @param customer who pays, if the session is for a customer. */
export function createSession(
  params: SessionParams,
  customer: Stripe.Customer | null,
  pageOrigin: string,
): StoredSession {
  const id = newId("cs_test", 58);
  const lineItems = params.line_items.map(createLineItem);
  const total = lineItems.reduce((sum, item) => sum + item.amount_total, 0);
  const email = customer?.email ?? params.customer_email;
  const session: Stripe.Checkout.Session = {
    id,
    object: "checkout.session",
    ...nulls("after_expiration allowed_payment_method_types"),
    ...nulls("billing_address_collection client_secret collected_information consent"),
    ...nulls("consent_collection currency_conversion customer_account"),
    ...nulls("integration_identifier invoice locale managed_payments origin_context"),
    ...nulls(
      "payment_intent payment_link payment_method_configuration_details permissions recovered_from",
    ),
    ...nulls("saved_payment_method_options setup_intent shipping_address_collection shipping_cost"),
    ...nulls("subscription wallet_options"),
    adaptive_pricing: { enabled: false },
    allow_promotion_codes: params.allow_promotion_codes,
    amount_subtotal: total,
    amount_total: total,
    automatic_tax: {
      enabled: params.automatic_tax.enabled,
      liability: null,
      provider: null,
      status: null,
    },
    cancel_url: params.cancel_url ?? null,
    client_reference_id: params.client_reference_id ?? null,
    created: unixNow(),
    currency: lineItems[0]?.currency ?? null,
    custom_fields: [],
    custom_text: nulls("after_submit shipping_address submit terms_of_service_acceptance"),
    customer: customer?.id ?? null,
    customer_creation: customer === null ? "if_required" : null,
    customer_details: email === undefined ? null : customerDetails(email),
    customer_email: params.customer_email ?? null,
    discounts: [],
    expires_at: params.expires_at ?? unixNow() + SESSION_LIFE_SECONDS,
    invoice_creation: {
      enabled: params.invoice_creation.enabled,
      invoice_data: {
        ...nulls("account_tax_ids custom_fields description footer issuer rendering_options"),
        metadata: {},
      },
    },
    livemode: false,
    metadata: params.metadata,
    mode: params.mode,
    payment_method_collection: "if_required",
    payment_method_options: { card: { request_three_d_secure: "automatic" } },
    payment_method_types: params.payment_method_types,
    payment_status: "unpaid",
    shipping_options: [],
    status: "open",
    submit_type: params.submit_type ?? null,
    success_url: params.success_url,
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    ui_mode: "hosted_page",
    url: `${pageOrigin}/c/pay/${id}`,
  };
  return { session, lineItems, payment: params.payment_intent_data };
}

export function customerDetails(email: string): Stripe.Checkout.Session.CustomerDetails {
  return {
    ...nulls("address business_name individual_name name phone"),
    email,
    tax_exempt: "none",
    tax_ids: [],
  };
}

function createLineItem(item: SessionParams["line_items"][number]): Stripe.LineItem {
  const { currency, unit_amount, product_data } = item.price_data;
  const amount = unit_amount * item.quantity;
  return {
    id: newId("li"),
    object: "item",
    adjustable_quantity: null,
    amount_discount: 0,
    amount_subtotal: amount,
    amount_tax: 0,
    amount_total: amount,
    currency,
    description: product_data.name,
    metadata: {},
    price: null,
    quantity: item.quantity,
  };
}

export function createPaymentIntent(stored: StoredSession): Stripe.PaymentIntent {
  const { session } = stored;
  const id = newId("pi");
  return {
    id,
    object: "payment_intent",
    ...nulls("allowed_payment_method_types application application_fee_amount"),
    ...nulls("automatic_payment_methods canceled_at cancellation_reason customer_account"),
    ...nulls("excluded_payment_method_types last_payment_error latest_charge managed_payments"),
    ...nulls("next_action on_behalf_of payment_method_configuration_details payment_record"),
    ...nulls("processing receipt_email review setup_future_usage shipping source"),
    ...nulls("statement_descriptor statement_descriptor_suffix transfer_data transfer_group"),
    amount: session.amount_total ?? 0,
    amount_capturable: 0,
    amount_received: 0,
    capture_method: "automatic_async",
    client_secret: `${id}_secret_${newId("x").slice(2)}`,
    confirmation_method: "automatic",
    created: unixNow(),
    currency: session.currency ?? "usd",
    customer: session.customer,
    description: stored.payment.description ?? null,
    livemode: false,
    metadata: stored.payment.metadata,
    payment_method: newId("pm"),
    payment_method_options: {},
    payment_method_types: session.payment_method_types,
    status: "requires_payment_method",
  };
}

export function createCharge(intent: Stripe.PaymentIntent, email: string | null): Stripe.Charge {
  return {
    id: newId("ch"),
    object: "charge",
    ...nulls("application application_fee application_fee_amount"),
    ...nulls("failure_balance_transaction failure_code failure_message on_behalf_of outcome"),
    ...nulls("receipt_email receipt_number receipt_url review shipping source source_transfer"),
    ...nulls("statement_descriptor statement_descriptor_suffix transfer_data transfer_group"),
    amount: intent.amount,
    amount_captured: intent.amount,
    amount_refunded: 0,
    balance_transaction: newId("txn"),
    billing_details: { address: null, email, name: null, phone: null, tax_id: null },
    calculated_statement_descriptor: "MODELPICK",
    captured: true,
    created: unixNow(),
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    disputed: false,
    fraud_details: {},
    livemode: false,
    metadata: intent.metadata,
    paid: true,
    payment_intent: intent.id,
    payment_method: typeof intent.payment_method === "string" ? intent.payment_method : null,
    payment_method_details: { type: "card" },
    refunded: false,
    status: "succeeded",
  };
}

export function createRefund(
  charge: Stripe.Charge,
  amount: number,
  reason: Stripe.Refund.Reason | null,
  metadata: Record<string, string>,
): Stripe.Refund {
  return {
    id: newId("re"),
    object: "refund",
    ...nulls("customer customer_account receipt_number source_transfer_reversal transfer_reversal"),
    amount,
    balance_transaction: newId("txn"),
    charge: charge.id,
    created: unixNow(),
    currency: charge.currency,
    metadata,
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason,
    status: "succeeded",
  };
}
