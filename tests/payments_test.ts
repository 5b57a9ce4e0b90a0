/**
 * Stripe's events as an attacker, a slow network and a careless merchant send them, through the
 * webhook and the database. The events are signed with the secret of the stack's endpoint.
 */
import assert from "node:assert/strict";
import Stripe from "stripe";
import { PRICE } from "../scripts/testing/database.ts";
import { type Customer, TestStack } from "../scripts/testing/stack.ts";
import { waitFor } from "../scripts/testing/wait_for.ts";
import { planEnvironment } from "../scripts/stack/plan_environment.ts";

const OPERATOR = "operator@example.com";
const test = await TestStack.start({ env: { OPERATOR_EMAIL: OPERATOR } });
Deno.test.afterAll(async () => await test[Symbol.asyncDispose]());

const { env } = planEnvironment(test.stack.config, {});
const SECRET = env["STRIPE_WEBHOOK_SECRET"] ?? "";
const { hostname, port } = new URL(test.stack.localServices["stripe"] ?? "");
const stripe = new Stripe(env["STRIPE_SECRET_KEY"] ?? "", {
  host: hostname,
  port,
  protocol: "http",
});
const NOW = Math.floor(Date.now() / 1000);
let events = 0;

interface Event {
  readonly type: string;
  readonly object: Record<string, unknown>;
  /** Seconds after the start of the test. */
  readonly after?: number;
  readonly livemode?: boolean;
}

/** Sends an event. Returns the outcome. */
async function send({ type, object, after = 0, livemode = false }: Event): Promise<string> {
  const payload = JSON.stringify({
    id: `evt_payments_${++events}`,
    object: "event",
    created: NOW + after,
    livemode,
    type,
    data: { object },
  });
  const response = await fetch(`${test.stack.apiUrl}/functions/v1/webhook`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "stripe-signature": await Stripe.webhooks.generateTestHeaderStringAsync({
        payload,
        secret: SECRET,
      }),
    },
    body: payload,
  });
  assert.equal(response.status, 200);
  return (await response.json()).outcome;
}

Deno.test("parallel orders of an account, and one after a crash, are paid by its one customer", async () => {
  const owner = await test.customer();
  const drafts = await Promise.all([1, 1, 1].map(() => test.draft(owner, { images: 1 })));
  const orders = await Promise.all(drafts.map((draft) => test.checkout(owner, draft)));
  const customersOf = async (reportIds: readonly string[]) => {
    const sessions = await Promise.all(reportIds.map(async (id) => {
      const [row] = await test.sql`
        select stripe_session_id as id from public.report_orders where report_id = ${id}`;
      return await stripe.checkout.sessions.retrieve(row?.["id"]);
    }));
    return new Set(sessions.map(({ customer }) => customer));
  };
  const customers = await customersOf(orders.map(({ report_id }) => report_id));
  assert.equal(customers.size, 1);
  const readStored = async () => (await owner.client.from("stripe_customers").select("*")).data;
  const stored = await readStored();
  assert.deepEqual(stored?.map(({ account_id, customer_id }) => [account_id, customer_id]), [
    [owner.id, [...customers][0]],
  ]);

  // The function dies before Stripe's answer is recorded.
  await test
    .sql`update public.stripe_customers set customer_id = null where account_id = ${owner.id}`;
  const { report_id: next } = await test.checkout(owner, await test.draft(owner, { images: 1 }));
  assert.deepEqual(await customersOf([next]), customers);
  assert.deepEqual(await readStored(), stored);

  await stripe.customers.del(String(stored?.[0].customer_id));
  const { report_id: last } = await test.checkout(owner, await test.draft(owner, { images: 1 }));
  const [replacement] = await customersOf([last]);
  assert.ok(typeof replacement === "string" && !customers.has(replacement));
  assert.deepEqual((await readStored())?.map(({ customer_id }) => customer_id), [replacement]);
});

interface Order {
  readonly id: string;
  readonly owner: Customer;
  readonly session: string;
  readonly intent: string;
}

/** Opens an order with one run of each of two models. */
async function openOrder(): Promise<Order> {
  const owner = await test.customer();
  const draft = await test.draft(owner, { images: 1, runsPerModel: 1 });
  const { report_id: id } = await test.checkout(owner, draft);
  const [{ session }] = await test.sql<[{ session: string }]>`
    select stripe_session_id as session from public.report_orders where report_id = ${id}`;
  return { id, owner, session, intent: `pi_${id}` };
}

/** Returns the event that an order's session was paid, with changes to the session. */
function paid(order: Order, changes: Record<string, unknown> = {}): Event {
  return {
    type: "checkout.session.completed",
    object: {
      id: order.session,
      object: "checkout.session",
      payment_intent: order.intent,
      payment_status: "paid",
      amount_total: PRICE.amount,
      currency: PRICE.currency,
      metadata: { report_id: order.id },
      ...changes,
    },
  };
}

function unpaid(order: Order, type: string, changes: Record<string, unknown> = {}): Event {
  return { ...paid(order, { payment_status: "unpaid", ...changes }), type };
}

/** Returns the event that so much of an order's payment was refunded in all. */
function refunded(order: Order, amount: number, intent: string = order.intent): Event {
  return {
    type: "charge.refunded",
    object: {
      id: `ch_${order.id}`,
      object: "charge",
      payment_intent: intent,
      refunded: amount === PRICE.amount,
      amount: PRICE.amount,
      amount_refunded: amount,
      currency: PRICE.currency,
      metadata: { report_id: order.id },
    },
  };
}

function disputed(order: Order, type: string, status: string, after: number): Event {
  return {
    type: `charge.dispute.${type}`,
    after,
    object: {
      id: `dp_${order.id}`,
      object: "dispute",
      payment_intent: order.intent,
      charge: `ch_${order.id}`,
      amount: PRICE.amount,
      currency: PRICE.currency,
      reason: "fraudulent",
      status,
    },
  };
}

async function statusOf({ id }: Order): Promise<string> {
  return (await test.report(id)).status;
}

/** Returns the payment of a report as its owner, or a visitor with its link, reads it. */
async function readPayment({ id, owner }: Order, as: "owner" | "visitor"): Promise<unknown> {
  const { data } = await owner.client.auth.getSession();
  const { share_token } = await test.report(id);
  const response = await fetch(
    `${test.stack.apiUrl}/functions/v1/report${as === "owner" ? `?report_id=${id}` : ""}`,
    {
      headers: as === "owner"
        ? { authorization: `Bearer ${data.session?.access_token}` }
        : { "x-share-token": share_token ?? "" },
    },
  );
  assert.equal(response.status, 200);
  return (await response.json()).payment;
}

/** Returns the row of a payment in the operator's view. */
async function readBooks(session: string) {
  const [row, ...more] = await test.sql`
    select outcome, report_id, amount::int as amount, currency, livemode,
      refunded_amount::int as refunded_amount, dispute_status
    from public.report_payments where session_id = ${session}`;
  assert.deepEqual(more, []);
  return row;
}

/** Returns the subjects of the e-mails to an address that hold a text, the oldest first. */
async function mailsTo(address: string, text: string): Promise<string[]> {
  const found: { subject: string; name: string }[] = [];
  for await (const { name } of Deno.readDir(test.outbox)) {
    if (!name.endsWith(".json")) continue;
    const { message } = JSON.parse(await Deno.readTextFile(`${test.outbox}/${name}`));
    const { to, subject, text: body } = message;
    if (to.includes(address) && body.includes(text)) found.push({ subject, name });
  }
  return found.sort((one, other) => one.name < other.name ? -1 : 1).map(({ subject }) => subject);
}

/** Returns the level at which the webhook logged the last event that was sent. */
async function lastLevel(): Promise<string> {
  const file = `${test.stack.config.stackDir}/logs/functions/webhook.log`;
  const line = await waitFor(
    "the event's log line",
    async () =>
      (await Deno.readTextFile(file)).split("\n")
        .find((line) => line.includes(`"evt_payments_${events}"`)),
  );
  return /"level":"(\w+)"/.exec(line)?.[1] ?? "";
}

Deno.test("a payment of another amount, currency, mode or session pays for nothing and is an error to the operator", async () => {
  const attacks: [what: string, change: (order: Order) => Event][] = [
    ["amount", (order) => paid(order, { amount_total: PRICE.amount - 1 })],
    ["amount", (order) => paid(order, { amount_total: PRICE.amount + 1 })],
    ["amount", (order) => paid(order, { amount_total: null })],
    ["amount", (order) => paid(order, { amount_total: 0, payment_status: "no_payment_required" })],
    ["currency", (order) => paid(order, { currency: "jpy" })],
    ["livemode", (order) => ({ ...paid(order), livemode: true })],
    ["session", (order) => paid(order, { id: `cs_other_${order.id}` })],
    ["amount, currency", (order) => paid(order, { amount_total: 1, currency: "jpy" })],
  ];
  for (const [what, change] of attacks) {
    const order = await openOrder();
    const event = change(order);
    assert.equal(await send(event), "mismatched", what);
    assert.equal(await statusOf(order), "awaiting_payment", what);
    assert.equal(await lastLevel(), "error");
    const books = await readBooks(String(event.object["id"]));
    assert.equal(books?.["outcome"], "mismatched");
    assert.equal(await send(event), "ignored", "the books hold it once");
    assert.equal(await send(paid(order)), "applied", "the order can still be paid");
  }
});

Deno.test("a test payment does not pay for a live order, nor a live one for a test order", async () => {
  for (const isLive of [true, false]) {
    const order = await openOrder();
    await test
      .sql`update public.report_orders set livemode = ${isLive} where report_id = ${order.id}`;
    assert.equal(await send({ ...paid(order), livemode: !isLive }), "mismatched");
    assert.equal(await statusOf(order), "awaiting_payment");
    const expiry = unpaid(order, "checkout.session.expired");
    assert.equal(await send({ ...expiry, livemode: !isLive }), "ignored");
    assert.equal(await send({ ...paid(order), livemode: isLive }), "applied");
    assert.equal(await send({ ...refunded(order, PRICE.amount), livemode: !isLive }), "ignored");
    assert.notEqual(await statusOf(order), "refunded");
  }
});

Deno.test("taxes and discounts of the order's own session are no mismatch", async () => {
  for (
    const [total, details] of [
      [2261, { amount_discount: 0, amount_tax: 361 }],
      [1900, { amount_discount: 0, amount_tax: 303 }],
      [1500, { amount_discount: 400, amount_tax: 0 }],
      [0, { amount_discount: 1900, amount_tax: 0 }],
    ] as const
  ) {
    const order = await openOrder();
    const event = paid(order, { amount_total: total, total_details: details });
    assert.equal(await send(event), "applied", `${total}`);
    assert.equal((await readBooks(order.session))?.["amount"], total);
  }
});

Deno.test("a session of one order that names another one pays for neither", async () => {
  const [one, other] = [await openOrder(), await openOrder()];
  const crossed = paid(one, { metadata: { report_id: other.id } });
  assert.equal(await send(crossed), "mismatched");
  assert.deepEqual([await statusOf(one), await statusOf(other)], [
    "awaiting_payment",
    "awaiting_payment",
  ]);
  const expiry = unpaid(one, "checkout.session.expired", { id: `cs_other_${one.id}` });
  assert.equal(await send(expiry), "ignored", "the end of another session is not the order's");
  const nameless = paid(other, { metadata: null, client_reference_id: null });
  assert.equal(await send(nameless), "applied", "the order's own session needs no name");
  const link = paid(one, { id: "cs_link", metadata: {}, client_reference_id: one.id });
  assert.equal(await send(link), "unknown_report");
  assert.equal(await statusOf(one), "awaiting_payment");
});

Deno.test("a second payment is an error to the operator, and its refund leaves the report alone", async () => {
  const order = await openOrder();
  assert.equal(await send(paid(order)), "applied");
  const second = { id: `cs_second_${order.id}`, payment_intent: `pi_second_${order.id}` };
  assert.equal(await send(paid(order, second)), "surplus");
  assert.equal(await lastLevel(), "error");
  assert.equal(await send(paid(order, second)), "ignored", "it was recorded before");
  const surplus = { outcome: "surplus", report_id: order.id, amount: PRICE.amount };
  const { outcome, report_id, amount } = await readBooks(second.id) ?? {};
  assert.deepEqual({ outcome, report_id, amount }, surplus);

  assert.equal(await send(refunded(order, PRICE.amount, second.payment_intent)), "ignored");
  assert.equal((await test.ended(order.id)).status, "complete");
  assert.equal((await readBooks(second.id))?.["refunded_amount"], PRICE.amount);
  assert.equal((await readBooks(order.session))?.["refunded_amount"], 0);
});

Deno.test("copies, repetitions and any order of arrival end the same", async () => {
  const order = await openOrder();
  const outcomes = await Promise.all(Array.from({ length: 10 }, () => send(paid(order))));
  assert.deepEqual(outcomes.toSorted(), ["applied", ...Array(9).fill("ignored")]);
  assert.equal((await test.ended(order.id)).status, "complete");
  assert.deepEqual(await test.runs(order.id), { complete: 2 });

  const early = await openOrder();
  assert.equal(await send(unpaid(early, "checkout.session.completed")), "ignored");
  assert.equal(
    await send({ ...paid(early), type: "checkout.session.async_payment_succeeded" }),
    "applied",
  );
  assert.equal(await send(unpaid(early, "checkout.session.expired")), "ignored");

  const revived = await openOrder();
  assert.equal(await send(unpaid(revived, "checkout.session.async_payment_failed")), "applied");
  assert.equal(await statusOf(revived), "expired");
  assert.equal(await send(paid(revived)), "applied");

  const returned = await openOrder();
  assert.equal(await send(refunded(returned, PRICE.amount)), "ignored");
  assert.equal(await send(paid(returned)), "applied");
  assert.equal(await statusOf(returned), "refunded");
  assert.deepEqual(await test.runs(returned.id), {});
});

Deno.test("a report stays until all of its payment is refunded, in whatever parts and order", async () => {
  const order = await openOrder();
  assert.equal(await send(refunded(order, 100)), "ignored", "before its payment");
  assert.equal(await send(paid(order)), "applied");
  assert.equal((await test.ended(order.id)).status, "complete");
  assert.equal(await send(refunded(order, 1_000)), "ignored");
  assert.equal(await send(refunded(order, 600)), "ignored", "a late event of an earlier refund");
  const payment = {
    paid_amount: PRICE.amount,
    refunded_amount: 1_000,
    currency: PRICE.currency,
    disputed_amount: null,
    dispute_status: null,
  };
  assert.deepEqual(await readPayment(order, "owner"), payment);
  assert.equal(await readPayment(order, "visitor"), null);
  assert.equal(await statusOf(order), "complete");
  assert.equal(await send(refunded(order, PRICE.amount)), "applied");
  assert.equal(await statusOf(order), "refunded");
  assert.deepEqual(await readPayment(order, "owner"), {
    ...payment,
    refunded_amount: PRICE.amount,
  });
});

Deno.test("owner and operator see a dispute in its newest status, and the report goes on", async () => {
  const order = await openOrder();
  await send(paid(order));
  assert.equal(await send(disputed(order, "created", "needs_response", 10)), "ignored");
  assert.equal(await lastLevel(), "error");
  assert.equal((await readBooks(order.session))?.["dispute_status"], "needs_response");
  const findings = await test.sql`
    select state, finding from private.diagnose() where subject = 'payments' and finding like '%dispute%'`;
  assert.deepEqual([...findings], [{ state: "failed", finding: "1 disputes wait for an answer" }]);

  await send(disputed(order, "closed", "lost", 30));
  await send(disputed(order, "updated", "under_review", 20));
  assert.equal((await test.ended(order.id)).status, "complete");
  assert.equal((await readBooks(order.session))?.["dispute_status"], "lost");
  assert.deepEqual(await readPayment(order, "owner"), {
    paid_amount: PRICE.amount,
    refunded_amount: 0,
    currency: PRICE.currency,
    disputed_amount: PRICE.amount,
    dispute_status: "lost",
  });
  assert.equal(await readPayment(order, "visitor"), null);
});

Deno.test("an order whose price changed before its payment is replaced, not charged at the old price", async () => {
  const owner = await test.customer();
  const draft = await test.draft(owner, { images: 1, runsPerModel: 1 });
  const first = await test.checkout(owner, draft);
  assert.equal((await test.checkout(owner, draft)).report_id, first.report_id);
  await test
    .sql`update public.report_orders set price_amount = 1800 where report_id = ${first.report_id}`;
  const second = await test.checkout(owner, draft);
  assert.notEqual(second.report_id, first.report_id);
  assert.equal((await test.report(first.report_id)).status, "expired");
});

Deno.test("a report that nobody can run is refunded by itself, once, and its customer is told once", async () => {
  await test.behave({ rates: { retired: 1 } });
  const owner = await test.customer();
  const id = await test.order(owner, { images: 1, runsPerModel: 1 });
  await waitFor("the refund", async () => (await test.report(id)).status === "refunded");
  await test.behave({});
  const { error, share_token } = await test.report(id);
  assert.match(error ?? "", /^No call of any model was completed\./);
  const [order] = await test.sql<[{ paid: number; refunded: number }]>`
    select paid_amount::int as paid, refunded_amount::int as refunded
    from public.report_orders where report_id = ${id}`;
  assert.deepEqual({ ...order }, { paid: PRICE.amount, refunded: PRICE.amount });
  const { data } = await owner.client.auth.getUser();
  const told = () => mailsTo(data.user?.email ?? "", `/report/${share_token}`);
  const drained = async () => (await test.sql`select from private.job_queue`).length === 0;
  await waitFor("the queue to be empty", drained);
  // A worker that comes late finds the payment refunded.
  await test.sql`insert into private.job_queue (kind, payload, dedupe_key)
    values ('report_refund', ${
    test.sql.json({ report_id: id, payment_intent: "pi_late" })
  }, ${id})`;
  await test.call("refund-worker", {});
  await waitFor("the queue to be empty again", drained);
  assert.deepEqual((await told()).toSorted(), [
    "We Received Your Order",
    "Your Benchmark Could Not Be Finished",
  ]);
  const refunds = await test.sql`select amount::int as amount from private.stripe_events
    where report_id = ${id} and type = 'charge.refunded'`;
  assert.deepEqual([...refunds].map(({ amount }) => amount), [PRICE.amount]);
});

Deno.test("while the account is refused an order waits, its operator is told once, and it goes on at his word", async () => {
  await test.behave({ rates: { payment_required: 1 } });
  const orders = [
    await test.order(await test.customer(), { images: 1, runsPerModel: 1 }),
    await test.order(await test.customer(), { images: 1, runsPerModel: 1 }),
  ];
  for (const id of orders) {
    const { share_token } = await test.report(id);
    await waitFor("the report to pause", async () => {
      const response = await fetch(`${test.stack.apiUrl}/functions/v1/report`, {
        headers: { "x-share-token": share_token ?? "" },
      });
      const { report } = await response.json();
      // The second one is ordered while the account is refused, and has not begun.
      return ["paid", "running"].includes(report.status) && report.paused_since !== null;
    });
  }
  const told = () => mailsTo(OPERATOR, "openrouter");
  await waitFor("the e-mail to the operator", async () => (await told()).length > 0);
  await test.behave({});
  for (const id of orders) await test.sql`select public.resume_report(${id})`;
  for (const id of orders) assert.equal((await test.ended(id)).status, "complete");
  assert.deepEqual(await told(), ["openrouter Refuses Your Account"]);
});

/** Calls the function checkout as a customer. */
async function ask(owner: Customer, path: string, body: Record<string, unknown>) {
  const { data } = await owner.client.auth.getSession();
  const response = await fetch(`${test.stack.apiUrl}/functions/v1/checkout${path}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${data.session?.access_token}`,
      "content-type": "application/json",
    },
    body: JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

Deno.test("an estimate costs nothing, leaves nothing behind and is asked for once a second at most", async () => {
  const owner = await test.customer();
  const draft_id = await test.draft(owner, { images: 2, runsPerModel: 2 });
  const { status, body } = await ask(owner, "/estimate", { draft_id });
  assert.equal(status, 200);
  assert.deepEqual(
    [body.estimate.price_cents, body.estimate.currency, body.estimate.calls, body.credits],
    [PRICE.amount, PRICE.currency, 8, 0],
  );
  const left = await test.sql`select from public.reports where owner_id = ${owner.id}`;
  assert.equal(left.length, 0);
  await test.sql`update private.askings set asked_at = array_fill(now(), array[60])
    where asker_id = ${owner.id} and kind = 'estimate'`;
  const refused = await ask(owner, "/estimate", { draft_id });
  assert.deepEqual([refused.status, refused.body.code], [429, "request.rate_limited"]);
  assert.ok(Number(refused.headers.get("retry-after")) > 0);
});

Deno.test("a pack pays for the next orders of its account, each once, and its refund takes the rest back", async () => {
  await test.sql`insert into public.prices (id, name, reports, amount, currency)
    values ('three', 'Three reports', 3, 4900, 'usd')`;
  const owner = await test.customer();
  const order = { images: 1, runsPerModel: 1 };
  const first = await ask(owner, "", {
    draft_id: await test.draft(owner, order),
    price_id: "three",
  });
  assert.equal(first.body.estimate.price_cents, 4900);
  await test.pay(first.body.checkout_url);
  assert.equal((await test.ended(first.body.report_id)).status, "complete");

  const draft_id = await test.draft(owner, order);
  assert.equal((await ask(owner, "/estimate", { draft_id })).body.credits, 2);
  const clicks = await Promise.all([1, 2, 3].map(() => ask(owner, "", { draft_id })));
  assert.deepEqual([...new Set(clicks.map(({ body }) => body.report_id))].length, 1);
  assert.deepEqual(clicks.map(({ body }) => body.credits_left), [1, 1, 1]);
  const [second] = clicks;
  const report = await test.ended(second?.body.report_id);
  assert.equal(report.status, "complete");
  assert.equal(
    new URL(second?.body.checkout_url).pathname,
    `/report/${report.share_token}`,
    "what the page leads to is the live report",
  );
  const { data: entries } = await owner.client.from("credit_entries").select("change, reason")
    .order("id");
  assert.deepEqual(entries, [{ change: 2, reason: "bought" }, { change: -1, reason: "spent" }]);

  const [{ intent }] = await test.sql<[{ intent: string }]>`
    select stripe_payment_intent_id as intent from public.report_orders
    where report_id = ${first.body.report_id}`;
  await test.control("stripe", `payment_intents/${intent}/refund`, {});
  await waitFor(
    "the refund",
    async () => (await test.report(first.body.report_id)).status === "refunded",
  );
  const third = await ask(owner, "/estimate", { draft_id });
  assert.equal(third.body.credits, 0);
  await test.sql`delete from public.prices`;
});
