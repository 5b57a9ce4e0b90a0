import assert from "node:assert/strict";
import Stripe from "stripe";
import { startStripeService } from "../services/stripe/server.ts";
import { startStripeRelay } from "./relay_stripe_events.ts";

const SECRET = "whsec_relay";

Deno.test("an account's events reach a webhook once each, signed, and again only after a refusal", async () => {
  const service = await startStripeService();
  const { hostname, port } = new URL(service.url);
  const stripe = new Stripe("sk_test_relay", { host: hostname, port, protocol: "http" });
  const session = await stripe.checkout.sessions.create({
    mode: "payment",
    success_url: "https://example.com/done",
    line_items: [{
      quantity: 1,
      price_data: { currency: "usd", unit_amount: 1900, product_data: { name: "Benchmark" } },
    }],
  });
  const seen: string[] = [];
  const arrived = Promise.withResolvers<void>();
  const webhook = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const event = await stripe.webhooks.constructEventAsync(
        await request.text(),
        request.headers.get("stripe-signature") ?? "",
        SECRET,
      );
      seen.push(`${event.type} ${event.id}`);
      if (seen.length === 3) arrived.resolve();
      // The first answer is an error. Stripe would retry, and so does the relay.
      return new Response(null, { status: seen.length === 1 ? 500 : 200 });
    },
  );
  const relay = startStripeRelay({
    stripe,
    webhookUrl: `http://127.0.0.1:${webhook.addr.port}`,
    webhookSecret: SECRET,
    intervalMs: 20,
  }, () => {});
  try {
    await pay(session.url);
    const other = await stripe.checkout.sessions.create({
      mode: "payment",
      success_url: "https://example.com/done",
      line_items: [{
        quantity: 1,
        price_data: { currency: "usd", unit_amount: 500, product_data: { name: "Benchmark" } },
      }],
    });
    await pay(other.url);
    await arrived.promise;
    assert.ok(seen.every((text) => text.startsWith("checkout.session.completed evt_")));
    assert.equal(new Set(seen).size, 2);
  } finally {
    await relay.stop();
    await webhook.shutdown();
    await service.stop();
  }
});

async function pay(url: string | null): Promise<void> {
  const response = await fetch(url ?? "", {
    method: "POST",
    body: new URLSearchParams({ action: "pay", email: "customer@example.com" }),
    redirect: "manual",
  });
  await response.body?.cancel();
}
