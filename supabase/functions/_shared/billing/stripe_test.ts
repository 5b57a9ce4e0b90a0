import assert from "node:assert/strict";
import type { PaymentOrder } from "./stripe.ts";
import { createPaymentGateway, type PayPage } from "./stripe.ts";

const ORDER: PaymentOrder = {
  reportId: "6f1c1b0a-52a6-4b0e-9c53-0a5a2a3f7d11",
  ownerId: "0a8f5a0e-5c0b-4a39-8d1e-6a4f5f0c1d11",
  customerId: "cus_A1",
  price: { amount: 1900, currency: "usd" },
  product: "Vision model benchmark",
  description: "2 models, 2 images, 3 runs each",
  successUrl: "https://modelpick.example/checkout/success?session_id={CHECKOUT_SESSION_ID}",
  cancelUrl: "https://modelpick.example/checkout/cancelled",
};

interface Sent {
  readonly method: string;
  readonly url: string;
  readonly key: string | null;
  readonly authorization: string | null;
  readonly form: Readonly<Record<string, string>>;
}

/** A gateway whose requests are answered by `answers`, one after the other. */
function setUp(answers: readonly (() => Response)[], apiUrl?: string, page?: PayPage) {
  const sent: Sent[] = [];
  const gateway = createPaymentGateway({
    secretKey: ["sk", "test", "wire"].join("_"),
    apiUrl,
    ...page === undefined ? {} : { page },
    fetch: async (input, init) => {
      const request = new Request(input, init);
      sent.push({
        method: request.method,
        url: request.url,
        key: request.headers.get("idempotency-key"),
        authorization: request.headers.get("authorization"),
        form: Object.fromEntries(new URLSearchParams(await request.text())),
      });
      const answer = answers[sent.length - 1];
      assert.ok(answer, "one request too many");
      return answer();
    },
  });
  return { sent, gateway };
}

const session = (overrides: Record<string, unknown> = {}) => () =>
  Response.json({
    id: "cs_test_a1",
    object: "checkout.session",
    url: "https://checkout.stripe.com/c/pay/cs_test_a1",
    status: "open",
    ...overrides,
  });

const failure = (status: number, error: Record<string, string>) => () =>
  Response.json({ error }, { status, headers: { "stripe-should-retry": "false" } });

Deno.test("createSession() requests one payment of the price with the report's id", async () => {
  const { sent, gateway } = setUp([session()]);
  assert.deepEqual(await gateway.createSession(ORDER), {
    id: "cs_test_a1",
    url: "https://checkout.stripe.com/c/pay/cs_test_a1",
  });
  const [request] = sent;
  assert.ok(request);
  assert.equal(request.method, "POST");
  assert.equal(request.url, "https://api.stripe.com/v1/checkout/sessions");
  assert.equal(request.authorization, `Bearer ${["sk", "test", "wire"].join("_")}`);
  assert.ok(request.key?.startsWith(`checkout-session/${ORDER.reportId}/`));
  assert.deepEqual(request.form, {
    mode: "payment",
    client_reference_id: ORDER.reportId,
    "metadata[report_id]": ORDER.reportId,
    "metadata[owner_id]": ORDER.ownerId,
    "payment_intent_data[metadata][report_id]": ORDER.reportId,
    "payment_intent_data[metadata][owner_id]": ORDER.ownerId,
    "line_items[0][quantity]": "1",
    "line_items[0][price_data][currency]": "usd",
    "line_items[0][price_data][unit_amount]": "1900",
    "line_items[0][price_data][product_data][name]": "Vision model benchmark",
    "line_items[0][price_data][product_data][description]": ORDER.description,
    "adaptive_pricing[enabled]": "false",
    success_url: ORDER.successUrl,
    cancel_url: ORDER.cancelUrl,
    customer: "cus_A1",
  });
});

Deno.test("the idempotency key is the same for the same order and differs by report and price", async () => {
  const { sent, gateway } = setUp([session(), session(), session(), session()]);
  await gateway.createSession(ORDER);
  await gateway.createSession({ ...ORDER });
  await gateway.createSession({ ...ORDER, reportId: crypto.randomUUID() });
  await gateway.createSession({ ...ORDER, price: { amount: 2900, currency: "usd" } });
  const keys = sent.map(({ key }) => key);
  assert.equal(keys[0], keys[1]);
  assert.equal(new Set(keys).size, 3);
});

Deno.test("createCustomer() sends the account's values under a key of the account and the attempt", async () => {
  const customer = () => Response.json({ id: "cus_A1", object: "customer" });
  const { sent, gateway } = setUp([customer, customer]);
  const values = { accountId: ORDER.ownerId, name: "Web shop", email: "ada@example.com" };
  assert.equal(await gateway.createCustomer({ ...values, attempt: 1 }), "cus_A1");
  await gateway.createCustomer({ ...values, email: null, attempt: 2 });
  assert.deepEqual(sent.map(({ url, key, form }) => ({ url, key, form })), [
    {
      url: "https://api.stripe.com/v1/customers",
      key: `customer/${ORDER.ownerId}/1`,
      form: {
        name: "Web shop",
        email: "ada@example.com",
        "metadata[account_id]": ORDER.ownerId,
      },
    },
    {
      url: "https://api.stripe.com/v1/customers",
      key: `customer/${ORDER.ownerId}/2`,
      form: { name: "Web shop", "metadata[account_id]": ORDER.ownerId },
    },
  ]);
});

Deno.test("a session for a customer that Stripe does not know is no error, any other missing thing is", async () => {
  const missing = (param: string) =>
    failure(400, { type: "invalid_request_error", code: "resource_missing", param, message: "No" });
  const { gateway } = setUp([missing("customer"), missing("line_items[0][price]")]);
  assert.equal(await gateway.createSession(ORDER), "unknown_customer");
  await assert.rejects(gateway.createSession(ORDER), { code: "resource_missing" });
});

Deno.test("a key is live only if it says so", () => {
  for (
    const [prefix, isLive] of [["sk_live", true], ["rk_live", true], ["sk_test", false]] as const
  ) {
    assert.equal(createPaymentGateway({ secretKey: `${prefix}_wire` }).isLive, isLive);
  }
});

Deno.test("a repeated call carries the idempotency key of the first", async () => {
  const busy = () =>
    new Response(null, { status: 503, headers: { "stripe-should-retry": "true" } });
  const { sent, gateway } = setUp([busy, session()]);
  assert.notEqual(await gateway.createSession(ORDER), "unknown_customer");
  assert.equal(sent.length, 2);
  assert.equal(sent[0]?.key, sent[1]?.key);
});

Deno.test("another origin is called with its own protocol and port", async () => {
  const { sent, gateway } = setUp([session(), session()], "http://127.0.0.1:54333");
  await gateway.createSession(ORDER);
  assert.equal(sent[0]?.url, "http://127.0.0.1:54333/v1/checkout/sessions");
  const secure = setUp([session()], "https://proxy.example");
  await secure.gateway.createSession(ORDER);
  assert.match(secure.sent[0]?.url ?? "", /^https:\/\/proxy\.example(:443)?\/v1\//);
});

Deno.test("a passing failure is payment.unavailable, any other is thrown", async () => {
  for (
    const answer of [
      failure(500, { type: "api_error", message: "oops" }),
      failure(429, { type: "invalid_request_error", message: "slow down" }),
    ]
  ) {
    const { gateway } = setUp([answer]);
    await assert.rejects(gateway.createSession(ORDER), { code: "payment.unavailable" });
  }
  for (
    const answer of [
      failure(400, { type: "invalid_request_error", message: "unit_amount" }),
      failure(401, { type: "invalid_request_error", message: "key" }),
    ]
  ) {
    const { gateway } = setUp([answer]);
    await assert.rejects(
      gateway.createSession(ORDER),
      (error: Error) => error.name !== "Problem",
    );
  }
});

Deno.test("expireSession() returns true only if the session was still open", async () => {
  const { sent, gateway } = setUp([
    session({ status: "expired", url: null }),
    failure(400, { type: "invalid_request_error", message: "Only open sessions can be expired." }),
  ]);
  assert.equal(await gateway.expireSession("cs_test_a1"), true);
  assert.equal(await gateway.expireSession("cs_test_a1"), false);
  assert.equal(sent[0]?.url, "https://api.stripe.com/v1/checkout/sessions/cs_test_a1/expire");
});

Deno.test("the settings of the pay page reach Stripe, and none is asked for unless it is set", async () => {
  const page = { automaticTax: true, invoiceCreation: true, promotionCodes: true };
  const { sent, gateway } = setUp([session()], undefined, page);
  await gateway.createSession(ORDER);
  const form = sent[0]?.form ?? {};
  assert.equal(form["automatic_tax[enabled]"], "true");
  assert.equal(form["invoice_creation[enabled]"], "true");
  assert.equal(form["invoice_creation[invoice_data][metadata][report_id]"], ORDER.reportId);
  assert.equal(form["allow_promotion_codes"], "true");
});

Deno.test("refundPayment() refunds what is left of a payment, with a key of the report", async () => {
  const { sent, gateway } = setUp([
    () => Response.json({ id: "re_1", object: "refund", status: "succeeded" }),
    failure(400, {
      type: "invalid_request_error",
      code: "charge_already_refunded",
      message: "Charge ch_1 has already been refunded.",
    }),
    failure(400, { type: "invalid_request_error", message: "No such payment_intent" }),
  ]);
  const refund = () => gateway.refundPayment(ORDER.reportId, "pi_1");
  await refund();
  assert.deepEqual([sent[0]?.url, sent[0]?.key, sent[0]?.form], [
    "https://api.stripe.com/v1/refunds",
    `refund/${ORDER.reportId}`,
    { payment_intent: "pi_1", "metadata[report_id]": ORDER.reportId },
  ]);
  await refund();
  await assert.rejects(refund(), /No such payment_intent/);
});
