import assert from "node:assert/strict";
import fc from "fast-check";
import Stripe from "stripe";
import type { PaymentEvent } from "../_shared/billing/payment_event.ts";
import type { AppliedEvent, PaymentStore } from "../_shared/billing/store.ts";
import { createVerifier } from "../_shared/billing/stripe.ts";
import { unavailable } from "../_shared/platform/http/problem.ts";
import { createLogger } from "../_shared/platform/logger.ts";
import { createHandler } from "./handler.ts";

const WEBHOOK_SECRET = "whsec_test_1f4c8a52e0d94b6f";
const NOW_SECONDS = 1_795_000_000;
const REPORT_ID = "6f1c1b0a-52a6-4b0e-9c53-0a5a2a3f7d11";

/** Returns an event as Stripe sends it, with members that we do not read. */
function sessionEvent(overrides: {
  readonly id?: string;
  readonly type?: string;
  readonly payment_status?: string;
  readonly metadata?: Record<string, string>;
  readonly client_reference_id?: string | null;
} = {}): Record<string, unknown> {
  return {
    id: overrides.id ?? "evt_1",
    object: "event",
    api_version: Stripe.API_VERSION,
    created: NOW_SECONDS - 3,
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type: overrides.type ?? "checkout.session.completed",
    data: {
      object: {
        id: "cs_test_a1",
        object: "checkout.session",
        amount_total: 1900,
        client_reference_id: overrides.client_reference_id === undefined
          ? REPORT_ID
          : overrides.client_reference_id,
        currency: "usd",
        customer_details: { email: "ada@example.com", name: "Ada Lovelace" },
        metadata: overrides.metadata ?? { report_id: REPORT_ID },
        payment_intent: "pi_1",
        payment_status: overrides.payment_status ?? "paid",
        status: "complete",
        total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
      },
    },
  };
}

function refundEvent(refunded: boolean): Record<string, unknown> {
  return {
    id: "evt_refund",
    object: "event",
    created: NOW_SECONDS,
    livemode: false,
    type: "charge.refunded",
    data: {
      object: {
        id: "ch_1",
        object: "charge",
        amount: 1900,
        amount_refunded: refunded ? 1900 : 500,
        billing_details: { email: "ada@example.com" },
        currency: "usd",
        metadata: { report_id: REPORT_ID },
        payment_intent: "pi_1",
        refunded,
      },
    },
  };
}

function sign(
  payload: string,
  options: { secret?: string; secondsAgo?: number } = {},
) {
  return Stripe.webhooks.generateTestHeaderStringAsync({
    payload,
    secret: options.secret ?? WEBHOOK_SECRET,
    timestamp: NOW_SECONDS - (options.secondsAgo ?? 0),
    cryptoProvider: Stripe.createSubtleCryptoProvider(),
  });
}

function setUp(apply?: (event: PaymentEvent) => Promise<AppliedEvent>) {
  const applied: PaymentEvent[] = [];
  const lines: string[] = [];
  const store: PaymentStore = {
    applyPaymentEvent: (event) => {
      applied.push(event);
      return apply?.(event) ??
        Promise.resolve({ outcome: "applied", status: "paid", differs: [] });
    },
  };
  const handler = createHandler({
    verify: createVerifier({
      webhookSecret: WEBHOOK_SECRET,
      now: () => NOW_SECONDS * 1000,
    }),
    store,
    log: createLogger({ name: "webhook", write: (line) => lines.push(line) }),
  });
  const post = (body: BodyInit, headers: Record<string, string>) =>
    handler(
      new Request("http://localhost/webhook", {
        method: "POST",
        body,
        headers: {
          "content-type": "application/json; charset=utf-8",
          ...headers,
        },
      }),
    );
  const deliver = async (event: unknown) => {
    const payload = JSON.stringify(event, null, 2);
    return await post(payload, { "stripe-signature": await sign(payload) });
  };
  return { applied, lines, handler, post, deliver };
}

Deno.test("a signed event of a paid session is applied and answered with its outcome", async () => {
  const { applied, deliver } = setUp();
  const response = await deliver(sessionEvent());
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), {
    received: true,
    outcome: "applied",
  });
  assert.deepEqual(applied, [{
    id: "evt_1",
    type: "checkout.session.completed",
    created: new Date((NOW_SECONDS - 3) * 1000),
    reportId: REPORT_ID,
    sessionId: "cs_test_a1",
    paymentIntentId: "pi_1",
    isPaid: true,
    payload: {
      livemode: false,
      data: {
        object: {
          id: "cs_test_a1",
          payment_intent: "pi_1",
          payment_status: "paid",
          amount_total: 1900,
          currency: "usd",
          total_details: { amount_discount: 0, amount_tax: 0 },
        },
      },
    },
  }]);
});

for (
  const [type, paymentStatus, isPaid] of [
    ["checkout.session.completed", "paid", true],
    ["checkout.session.completed", "no_payment_required", true],
    ["checkout.session.completed", "unpaid", false],
    ["checkout.session.async_payment_succeeded", "paid", true],
    ["checkout.session.async_payment_failed", "unpaid", false],
    ["checkout.session.expired", "unpaid", false],
  ] as const
) {
  Deno.test(`${type} with payment status ${paymentStatus} counts as ${isPaid ? "paid" : "not paid"}`, async () => {
    const { applied, deliver } = setUp();
    assert.equal(
      (await deliver(sessionEvent({ type, payment_status: paymentStatus })))
        .status,
      200,
    );
    assert.deepEqual(applied.map((event) => [event.type, event.isPaid]), [[
      type,
      isPaid,
    ]]);
  });
}

Deno.test("a refund names its report by the charge's metadata and is full or partial", async () => {
  for (const refunded of [true, false]) {
    const { applied, deliver } = setUp();
    await deliver(refundEvent(refunded));
    const [event] = applied;
    assert.equal(event?.reportId, REPORT_ID);
    assert.equal(event?.paymentIntentId, "pi_1");
    assert.equal(event?.sessionId, null);
    assert.equal(event?.isPaid, false);
    assert.equal(
      (event?.payload as { data: { object: { refunded: boolean } } }).data
        .object.refunded,
      refunded,
    );
  }
});

Deno.test("nothing of a customer's name or address is kept or logged", async () => {
  const { applied, lines, deliver } = setUp();
  await deliver(sessionEvent());
  await deliver(refundEvent(true));
  assert.doesNotMatch(JSON.stringify(applied) + lines.join(""), /ada@|lovelace/i);
});

Deno.test("a log line about a report begins with its prefix", async () => {
  const { lines, deliver } = setUp();
  await deliver(sessionEvent());
  assert.ok(
    lines.some((line) => line.startsWith(`[benchmark:${REPORT_ID}] {`)),
  );
});

Deno.test("a report id that is not a UUID never reaches the database", async () => {
  const { applied, deliver } = setUp();
  await deliver(sessionEvent({ metadata: { report_id: "order-17" } }));
  await deliver(sessionEvent({ metadata: {} }));
  assert.deepEqual(applied.map((event) => event.reportId), [null, null]);
});

Deno.test("a payment link whose payer sets the reference pays for no report", async () => {
  const { applied, deliver } = setUp();
  await deliver(sessionEvent({ metadata: {}, client_reference_id: REPORT_ID }));
  assert.deepEqual(applied.map((event) => event.reportId), [null]);
});

Deno.test("an event of another type is answered 200 without a write", async () => {
  const { applied, deliver } = setUp();
  const response = await deliver({
    id: "evt_9",
    object: "event",
    type: "customer.subscription.trial_will_end",
    created: NOW_SECONDS,
    data: { object: { anything: ["at", "all"] } },
  });
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), {
    received: true,
    outcome: "ignored",
  });
  assert.equal(applied.length, 0);
});

Deno.test("duplicates, late events and events of unknown reports are answered 200", async () => {
  for (const outcome of ["duplicate", "ignored", "unknown_report"] as const) {
    const { deliver } = setUp(() => Promise.resolve({ outcome, status: null, differs: [] }));
    const response = await deliver(sessionEvent());
    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), { received: true, outcome });
  }
});

Deno.test("a payment that pays for no report is logged as an error that asks for a refund", async () => {
  for (
    const [applied, message] of [
      [{ outcome: "unknown_report", differs: [] }, /for unknown report: refund it manually/],
      [
        { outcome: "mismatched", differs: ["amount", "currency"] },
        /in amount, currency: refund it/,
      ],
      [{ outcome: "surplus", differs: [] }, /second payment .*: refund it manually/],
    ] as const
  ) {
    const { lines, deliver } = setUp(() =>
      Promise.resolve({ ...applied, differs: [...applied.differs], status: null })
    );
    await deliver(sessionEvent());
    assert.ok(lines.some((line) => line.includes('"level":"error"') && message.test(line)));
  }
});

Deno.test("a dispute names its payment and is logged as an error once", async () => {
  const dispute = (type: string) => ({
    id: "evt_dispute",
    object: "event",
    created: NOW_SECONDS,
    livemode: false,
    type: `charge.dispute.${type}`,
    data: {
      object: {
        id: "dp_1",
        object: "dispute",
        amount: 1900,
        charge: "ch_1",
        currency: "usd",
        evidence: { customer_email_address: "ada@example.com" },
        metadata: {},
        payment_intent: "pi_1",
        reason: "fraudulent",
        status: "needs_response",
      },
    },
  });
  for (
    const [type, outcome, errors] of [
      ["created", "ignored", 1],
      ["created", "duplicate", 0],
      ["updated", "ignored", 0],
      ["closed", "ignored", 0],
    ] as const
  ) {
    const { applied, lines, deliver } = setUp(() =>
      Promise.resolve({ outcome, status: null, differs: [] })
    );
    assert.equal((await deliver(dispute(type))).status, 200);
    const [event] = applied;
    assert.deepEqual([event?.paymentIntentId, event?.sessionId, event?.isPaid], [
      "pi_1",
      null,
      false,
    ]);
    assert.equal(lines.filter((line) => line.includes('"level":"error"')).length, errors);
    assert.doesNotMatch(JSON.stringify(applied) + lines.join(""), /ada@/);
  }
});

Deno.test("a forged, foreign, stale, missing or garbled signature is answered 400 and nothing is written", async () => {
  const { applied, post } = setUp();
  const payload = JSON.stringify(sessionEvent());
  const genuine = await sign(payload);
  const attempts: [body: string, headers: Record<string, string>][] = [
    [payload.replace("1900", "1"), { "stripe-signature": genuine }],
    [payload + " ", { "stripe-signature": genuine }],
    [payload, {
      "stripe-signature": await sign(payload, { secret: "whsec_another" }),
    }],
    [payload, { "stripe-signature": await sign(payload, { secondsAgo: 301 }) }],
    [payload, { "stripe-signature": genuine.replace(/v1=./, "v1=") }],
    [payload, { "stripe-signature": genuine.replace("v1=", "v0=") }],
    [payload, { "stripe-signature": "t=,v1=" }],
    [payload, {}],
    ["", { "stripe-signature": genuine }],
  ];
  for (const [body, headers] of attempts) {
    const response = await post(body, headers);
    assert.equal(response.status, 400);
    const problem = await response.json();
    assert.equal(problem.code, "webhook.invalid_signature");
    assert.equal(
      response.headers.get("content-type"),
      "application/problem+json",
    );
  }
  assert.equal(applied.length, 0);
});

Deno.test("a signature that is almost five minutes old is accepted", async () => {
  const { post } = setUp();
  const payload = JSON.stringify(sessionEvent());
  const response = await post(payload, {
    "stripe-signature": await sign(payload, { secondsAgo: 300 }),
  });
  assert.equal(response.status, 200);
});

Deno.test("one changed character anywhere in a signed body is refused", async () => {
  const payload = JSON.stringify(sessionEvent());
  const signature = await sign(payload);
  await fc.assert(
    fc.asyncProperty(
      fc.nat(payload.length - 1),
      fc.constantFrom("x", "0", " ", "\u00e9", "\ufeff"),
      async (at, character) => {
        fc.pre(payload[at] !== character);
        const { applied, post } = setUp();
        const tampered = payload.slice(0, at) + character +
          payload.slice(at + 1);
        const response = await post(tampered, {
          "stripe-signature": signature,
        });
        await response.body?.cancel();
        assert.equal(response.status, 400);
        assert.equal(applied.length, 0);
      },
    ),
    { numRuns: 50 },
  );
});

Deno.test("a byte order mark before a signed body is part of the signed text", async () => {
  const { post } = setUp();
  const payload = JSON.stringify(sessionEvent());
  const response = await post("\ufeff" + payload, {
    "stripe-signature": await sign(payload),
  });
  assert.equal(response.status, 400);
});

Deno.test("a signed body that is not JSON or not UTF-8 is answered 400", async () => {
  const { post } = setUp();
  const signature = await sign("{not json");
  const notJson = await post("{not json", { "stripe-signature": signature });
  assert.equal(notJson.status, 400);
  assert.equal((await notJson.json()).code, "request.malformed");
  const notText = await post(new Uint8Array([0xff, 0xfe, 0xfd]), {
    "stripe-signature": signature,
  });
  assert.equal(notText.status, 400);
});

Deno.test("a body above the size limit is answered 413 before its signature is checked", async () => {
  const { applied, post } = setUp();
  const response = await post("x".repeat(600 * 1024), {
    "stripe-signature": "t=1,v1=00",
  });
  assert.equal(response.status, 413);
  assert.equal(applied.length, 0);
});

Deno.test("a database failure is answered 500 without its cause, so that Stripe sends again", async () => {
  for (
    const failure of [
      unavailable("database.unavailable", new Error("ECONNREFUSED 10.0.0.7")),
      new Error("deadlock on 10.0.0.7"),
    ]
  ) {
    const { lines, deliver } = setUp(() => Promise.reject(failure));
    const response = await deliver(sessionEvent());
    assert.equal(response.status, 500);
    const body = await response.text();
    assert.equal(JSON.parse(body).code, "webhook.not_recorded");
    assert.doesNotMatch(body, /10\.0\.0\.7/);
    assert.match(lines.join("\n"), /10\.0\.0\.7/);
  }
});

Deno.test("a genuine event that lacks a needed field is answered 500, so that Stripe sends again", async () => {
  const { applied, deliver } = setUp();
  const response = await deliver({
    id: "evt_2",
    type: "checkout.session.completed",
    created: NOW_SECONDS,
    livemode: false,
    data: { object: { id: "cs_1" } },
  });
  assert.equal(response.status, 500);
  assert.equal(applied.length, 0);
});

Deno.test("a call from a page or with another method is refused", async () => {
  const { applied, handler, post } = setUp();
  const get = await handler(new Request("http://localhost/webhook"));
  assert.equal(get.status, 405);
  assert.match(get.headers.get("allow") ?? "", /POST/);
  const payload = JSON.stringify(sessionEvent());
  const fromPage = await post(payload, {
    origin: "https://evil.example",
    "stripe-signature": await sign(payload),
  });
  assert.equal(fromPage.status, 403);
  assert.equal(fromPage.headers.get("access-control-allow-origin"), null);
  assert.equal(applied.length, 0);
});
