import assert from "node:assert/strict";
import Stripe from "stripe";
import { listen, type Listening } from "../listen.ts";
import { startStripeService, type StripeService, type StripeServiceOptions } from "./server.ts";

const SECRET = "whsec_test_secret";

interface Receiver extends Listening {
  /** Events with a valid signature, in the order of arrival. */
  readonly events: Stripe.Event[];
  /** Error names of events with an invalid signature. */
  readonly refusals: string[];
  /** Statuses of the next answers in order, then 200. */
  readonly answers: number[];
}

async function startReceiver(): Promise<Receiver> {
  const events: Stripe.Event[] = [];
  const refusals: string[] = [];
  const answers: number[] = [];
  const server = await listen(async (request) => {
    try {
      events.push(
        await Stripe.webhooks.constructEventAsync(
          await request.text(),
          request.headers.get("stripe-signature") ?? "",
          SECRET,
        ),
      );
    } catch (error) {
      refusals.push(error instanceof Error ? error.constructor.name : "unknown");
      return new Response("bad signature", { status: 400 });
    }
    return new Response("ok", { status: answers.shift() ?? 200 });
  });
  return { ...server, events, refusals, answers };
}

interface Fixture {
  readonly service: StripeService;
  readonly receiver: Receiver;
  readonly stripe: Stripe;
  /** Posts to a control endpoint and returns the status. */
  control(path: string, body: object): Promise<number>;
}

async function withStripe(
  use: (fixture: Fixture) => Promise<void>,
  options: StripeServiceOptions = {},
): Promise<void> {
  const receiver = await startReceiver();
  const service = await startStripeService({
    webhook: { url: receiver.url, secret: SECRET },
    retryDelaysMs: [1, 1, 1],
    ...options,
  });
  try {
    await use({
      service,
      receiver,
      stripe: sdk(service),
      control: async (path, body) => {
        const response = await fetch(`${service.url}/_control/${path}`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
        });
        await response.body?.cancel();
        return response.status;
      },
    });
    await service.settled();
  } finally {
    await service.stop();
    await receiver.stop();
  }
}

function sdk(service: StripeService, key = "sk_test_123"): Stripe {
  const { hostname, port } = new URL(service.url);
  return new Stripe(key, { protocol: "http", host: hostname, port, maxNetworkRetries: 2 });
}

const params: Stripe.Checkout.SessionCreateParams = {
  mode: "payment",
  client_reference_id: "report-1",
  metadata: { report_id: "report-1" },
  payment_intent_data: { metadata: { report_id: "report-1" } },
  customer_email: "ada@example.com",
  success_url: "http://site.test/done?session={CHECKOUT_SESSION_ID}",
  cancel_url: "http://site.test/back",
  line_items: [{
    quantity: 1,
    price_data: { currency: "usd", unit_amount: 1900, product_data: { name: "Benchmark <b>" } },
  }],
};

const typesOf = (events: readonly { type: string }[]) => events.map((event) => event.type);

Deno.test("the SDK creates, retrieves and expands an open, unpaid session", async () => {
  await withStripe(async ({ stripe }) => {
    const created = await stripe.checkout.sessions.create(params);
    assert.match(created.id, /^cs_test_/);
    assert.equal(created.status, "open");
    assert.equal(created.payment_status, "unpaid");
    assert.equal(created.amount_total, 1900);
    assert.equal(created.payment_intent, null);
    assert.deepEqual(created.metadata, { report_id: "report-1" });
    const found = await stripe.checkout.sessions.retrieve(created.id, { expand: ["line_items"] });
    assert.equal(found.line_items?.data[0]?.description, "Benchmark <b>");
  });
});

Deno.test("the payment page accepts a payment, calls the webhook and then redirects the customer", async () => {
  await withStripe(async ({ stripe, receiver }) => {
    const session = await stripe.checkout.sessions.create(params);
    assert.ok(session.url);
    const page = await (await fetch(session.url)).text();
    assert.match(page, /\$19\.00/);
    assert.match(page, /Benchmark &lt;b&gt;/);
    const answer = await fetch(session.url, {
      method: "POST",
      body: new URLSearchParams({ action: "pay" }),
      redirect: "manual",
    });
    await answer.body?.cancel();
    assert.equal(answer.status, 303);
    assert.equal(answer.headers.get("location"), `http://site.test/done?session=${session.id}`);

    const completed = receiver.events.find((event) => event.type === "checkout.session.completed");
    assert.ok(completed?.type === "checkout.session.completed");
    assert.equal(completed.data.object.payment_status, "paid");
    assert.equal(completed.data.object.client_reference_id, "report-1");
    assert.equal(completed.api_version, Stripe.API_VERSION);
    const intent = await stripe.paymentIntents.retrieve(
      String(completed.data.object.payment_intent),
    );
    assert.equal(intent.status, "succeeded");
    assert.deepEqual(intent.metadata, { report_id: "report-1" });
  });
});

Deno.test("cancelling and a declined card leave the session open to be paid", async () => {
  await withStripe(async ({ stripe, receiver }) => {
    const session = await stripe.checkout.sessions.create(params);
    const act = async (action: string) => {
      const answer = await fetch(session.url ?? "", {
        method: "POST",
        body: new URLSearchParams({ action }),
        redirect: "manual",
      });
      await answer.body?.cancel();
      return answer;
    };
    assert.equal((await act("cancel")).headers.get("location"), "http://site.test/back");
    assert.equal((await act("declined")).status, 402);
    assert.equal((await stripe.checkout.sessions.retrieve(session.id)).status, "open");
    assert.equal((await act("pay")).status, 303);
    assert.equal((await act("pay")).status, 303, "a second click is no second payment");
    const types = typesOf(receiver.events);
    assert.equal(types.filter((type) => type === "checkout.session.completed").length, 1);
    assert.equal(types.filter((type) => type === "charge.succeeded").length, 1);
  });
});

Deno.test("a customer pays, and may not be named beside an address", async () => {
  await withStripe(async ({ stripe, receiver, control }) => {
    const { customer_email: _, ...ofCustomer } = params;
    const customer = await stripe.customers.create({
      name: "Web shop",
      email: "ada@example.com",
      metadata: { account_id: "account-1" },
    }, { idempotencyKey: "customer/account-1" });
    assert.match(customer.id, /^cus_/);
    const session = await stripe.checkout.sessions.create({ ...ofCustomer, customer: customer.id });
    assert.deepEqual(
      [session.customer, session.customer_email, session.customer_details?.email],
      [customer.id, null, "ada@example.com"],
    );
    await control(`sessions/${session.id}/pay`, {});
    const paid = receiver.events.find(({ type }) => type === "charge.succeeded");
    assert.ok(paid?.type === "charge.succeeded");
    assert.equal(paid.data.object.customer, customer.id);
    await assert.rejects(
      stripe.checkout.sessions.create({ ...params, customer: customer.id }),
      { param: "customer" },
    );
    assert.equal((await stripe.customers.del(customer.id)).deleted, true);
    assert.equal((await stripe.customers.retrieve(customer.id)).deleted, true);
    for (const gone of [customer.id, "cus_none"]) {
      await assert.rejects(
        stripe.checkout.sessions.create({ ...ofCustomer, customer: gone }),
        { code: "resource_missing", param: "customer", statusCode: 400 },
      );
    }
  });
});

Deno.test("a customer without an address gets the one that is entered on the pay page", async () => {
  await withStripe(async ({ stripe, control }) => {
    const { customer_email: _, ...ofCustomer } = params;
    const { id } = await stripe.customers.create({ name: "Web shop" });
    const session = await stripe.checkout.sessions.create({ ...ofCustomer, customer: id });
    await control(`sessions/${session.id}/pay`, { email: "ben@example.com" });
    const customer = await stripe.customers.retrieve(id);
    assert.equal(customer.deleted === true ? null : customer.email, "ben@example.com");
  });
});

Deno.test("an idempotency key repeats the answer and refuses other parameters", async () => {
  await withStripe(async ({ stripe }) => {
    const idempotencyKey = "checkout/report-1";
    const first = await stripe.checkout.sessions.create(params, { idempotencyKey });
    const again = await stripe.checkout.sessions.create(params, { idempotencyKey });
    assert.equal(again.id, first.id);
    await assert.rejects(
      stripe.checkout.sessions.create({ ...params, client_reference_id: "x" }, { idempotencyKey }),
      (error) => error instanceof Stripe.errors.StripeIdempotencyError,
    );
  });
});

Deno.test("failures of the API are retried by the SDK under one idempotency key", async () => {
  await withStripe(async ({ stripe, control }) => {
    await control("faults", { faults: [{ status: 500 }, { status: 503, retryAfterSeconds: 0 }] });
    assert.match((await stripe.checkout.sessions.create(params)).id, /^cs_test_/);
    await control("faults", { faults: [{ status: 402 }] });
    await assert.rejects(stripe.checkout.sessions.create(params), { statusCode: 402 });
  });
});

Deno.test("wrong parameters and keys get the errors that the SDK maps to classes", async () => {
  await withStripe(async ({ stripe, service }) => {
    await assert.rejects(
      stripe.checkout.sessions.create({ ...params, line_items: [] }),
      (error) =>
        error instanceof Stripe.errors.StripeInvalidRequestError && error.param === "line_items",
    );
    await assert.rejects(stripe.checkout.sessions.retrieve("cs_test_none"), {
      code: "resource_missing",
    });
    await assert.rejects(
      sdk(service, "sk_live_1").checkout.sessions.create(params),
      (error) => error instanceof Stripe.errors.StripeAuthenticationError,
    );
    await assert.rejects(
      stripe.checkout.sessions.create({ ...params, expires_at: 1 }),
      { param: "expires_at" },
    );
  });
});

Deno.test("an expired session says so and accepts no payment", async () => {
  await withStripe(async ({ stripe, receiver, service }) => {
    const session = await stripe.checkout.sessions.create(params);
    assert.equal((await stripe.checkout.sessions.expire(session.id)).status, "expired");
    await service.settled();
    assert.deepEqual(typesOf(receiver.events), ["checkout.session.expired"]);
    const page = await fetch(session.url ?? "");
    await page.body?.cancel();
    assert.equal(page.status, 410);
    await assert.rejects(
      stripe.checkout.sessions.expire(session.id),
      (error) => error instanceof Stripe.errors.StripeInvalidRequestError,
    );
  });
});

Deno.test("a delayed payment completes unpaid and settles later, either way", async () => {
  await withStripe(async ({ stripe, receiver, control }) => {
    const outcomes = [
      ["succeeded", "checkout.session.async_payment_succeeded", "paid"],
      ["failed", "checkout.session.async_payment_failed", "unpaid"],
    ] as const;
    for (const [outcome, type, status] of outcomes) {
      receiver.events.length = 0;
      const session = await stripe.checkout.sessions.create(params);
      await control(`sessions/${session.id}/pay`, { method: "delayed" });
      const completed = receiver.events.find((event) =>
        event.type === "checkout.session.completed"
      );
      assert.ok(completed?.type === "checkout.session.completed");
      assert.equal(completed.data.object.payment_status, "unpaid");
      await control(`sessions/${session.id}/settle`, { outcome });
      assert.ok(typesOf(receiver.events).includes(type));
      const found = await stripe.checkout.sessions.retrieve(session.id);
      assert.equal(found.payment_status, status);
    }
  });
});

Deno.test("refunds cannot exceed the charge, and each has its event", async () => {
  await withStripe(async ({ stripe, receiver, control, service }) => {
    const session = await stripe.checkout.sessions.create(params);
    await control(`sessions/${session.id}/pay`, {});
    const { payment_intent } = await stripe.checkout.sessions.retrieve(session.id);
    assert.ok(typeof payment_intent === "string");
    await stripe.refunds.create({ payment_intent, amount: 900 });
    await assert.rejects(stripe.refunds.create({ payment_intent, amount: 1001 }), {
      param: "amount",
    });
    await control(`payment_intents/${payment_intent}/refund`, {});
    await assert.rejects(stripe.refunds.create({ payment_intent }), {
      code: "charge_already_refunded",
    });
    await service.settled();
    const refunded = receiver.events.flatMap((event) =>
      event.type === "charge.refunded" ? [event.data.object] : []
    );
    assert.deepEqual(
      refunded.map((charge) => [charge.amount_refunded, charge.refunded]).toSorted(),
      [[1900, true], [900, false]],
    );
    assert.deepEqual(refunded[0]?.metadata, { report_id: "report-1" });
  });
});

Deno.test("an event is sent until the receiver accepts it", async () => {
  await withStripe(async ({ stripe, receiver, service }) => {
    receiver.answers.push(500, 503);
    const session = await stripe.checkout.sessions.create(params);
    await stripe.checkout.sessions.expire(session.id);
    await service.settled();
    assert.equal(receiver.events.length, 3);
    assert.equal(new Set(receiver.events.map((event) => event.id)).size, 1);
    const [delivery] = service.deliveries();
    assert.deepEqual(delivery?.attempts, [500, 503, 200]);
    assert.equal(delivery?.delivered, true);
  });
});

Deno.test("events can be duplicated, held back and released in reverse order", async () => {
  await withStripe(async ({ stripe, receiver, control, service }) => {
    await control("deliveries", { copies: 3 });
    const session = await stripe.checkout.sessions.create(params);
    await stripe.checkout.sessions.expire(session.id);
    await service.settled();
    assert.equal(receiver.events.length, 3);

    await control("deliveries", { copies: 1, hold: true });
    receiver.events.length = 0;
    const paid = await stripe.checkout.sessions.create(params);
    await control(`sessions/${paid.id}/pay`, {});
    const { payment_intent } = await stripe.checkout.sessions.retrieve(paid.id);
    await control(`payment_intents/${payment_intent}/refund`, {});
    assert.equal(receiver.events.length, 0);
    await control("deliveries/release", { order: "reversed" });
    const types = typesOf(receiver.events);
    assert.equal(types[0], "charge.refunded");
    assert.ok(types.indexOf("checkout.session.completed") > types.indexOf("charge.refunded"));
  });
});

Deno.test("forged, stale and altered deliveries fail the SDK's check", async () => {
  await withStripe(async ({ stripe, receiver, control, service }) => {
    const session = await stripe.checkout.sessions.create(params);
    await stripe.checkout.sessions.expire(session.id);
    await service.settled();
    const [event] = service.events();
    for (
      const tampering of [{ secret: "whsec_other" }, { ageSeconds: 301 }, { tamperBody: true }]
    ) {
      const answer = await control(`events/${event?.id}/send`, tampering);
      assert.equal(answer, 200);
    }
    assert.equal(receiver.events.length, 1);
    assert.deepEqual(
      receiver.refusals,
      Array<string>(3).fill("StripeSignatureVerificationError"),
    );
  });
});

Deno.test("the account survives a restart and sends undelivered events again", async () => {
  const directory = await Deno.makeTempDir();
  const stateFile = `${directory}/stripe.json`;
  try {
    let sessionId = "";
    let eventId: string | undefined;
    await withStripe(async ({ stripe, service, control }) => {
      await control("deliveries", { hold: true });
      const session = await stripe.checkout.sessions.create(params, { idempotencyKey: "one" });
      sessionId = session.id;
      await stripe.checkout.sessions.expire(session.id);
      eventId = service.events()[0]?.id;
    }, { stateFile });
    await withStripe(async ({ stripe, service, receiver }) => {
      await service.settled();
      assert.deepEqual(receiver.events.map((event) => event.id), [eventId]);
      const again = await stripe.checkout.sessions.create(params, { idempotencyKey: "one" });
      assert.equal(again.id, sessionId);
      assert.equal((await stripe.checkout.sessions.retrieve(sessionId)).status, "expired");
    }, { stateFile });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
