import { Hono } from "hono";
import { z } from "zod";
import type { Account } from "./account.ts";
import type { ApiFault } from "./api.ts";

const paySchema = z.strictObject({
  method: z.enum(["card", "delayed", "declined"]).default("card"),
  email: z.email().nullable().default(null),
});
const settleSchema = z.strictObject({ outcome: z.enum(["succeeded", "failed"]) });
const refundSchema = z.strictObject({ amount: z.int().positive().optional() });
const deliverySchema = z.strictObject({
  copies: z.int().min(1).max(50).optional(),
  hold: z.boolean().optional(),
});
const releaseSchema = z.strictObject({ order: z.enum(["created", "reversed"]).default("created") });
const sendSchema = z.strictObject({
  secret: z.string().optional(),
  ageSeconds: z.int().optional(),
  tamperBody: z.boolean().optional(),
});
const webhookSchema = z.strictObject({ url: z.url(), secret: z.string().startsWith("whsec_") });
const faultsSchema = z.strictObject({
  faults: z.array(z.strictObject({
    status: z.int().min(400).max(599),
    retryAfterSeconds: z.number().nonnegative().optional(),
  })),
});

/** Returns the control endpoints for tests: they advance payments and disturb deliveries. */
export function createControl(account: Account, faults: ApiFault[]): Hono {
  const control = new Hono();
  const { sender } = account;

  control.post("/sessions/:id/pay", async (context) => {
    const { method, email } = paySchema.parse(await context.req.json());
    const id = context.req.param("id");
    const { result, attempted } = account.change((ledger) => ledger.pay(id, method, email));
    await attempted;
    return context.json(result);
  });
  control.post("/sessions/:id/settle", async (context) => {
    const { outcome } = settleSchema.parse(await context.req.json());
    const id = context.req.param("id");
    const { result, attempted } = account.change((ledger) => ledger.settle(id, outcome));
    await attempted;
    return context.json(result);
  });
  control.post("/sessions/:id/expire", async (context) => {
    const id = context.req.param("id");
    const { result, attempted } = account.change((ledger) => ledger.expireSession(id));
    await attempted;
    return context.json(result);
  });
  control.post("/payment_intents/:id/refund", async (context) => {
    const { amount } = refundSchema.parse(await context.req.json());
    const intent = context.req.param("id");
    const { result, attempted } = account.change((ledger) =>
      ledger.createRefund({ chargeId: ledger.chargeOf(intent).id, amount })
    );
    await attempted;
    return context.json(result);
  });

  control.get("/events", (context) => context.json(account.ledger.state.events));
  control.get("/deliveries", (context) => context.json(sender.deliveries));
  control.post("/deliveries", async (context) => {
    const { copies, hold } = deliverySchema.parse(await context.req.json());
    if (copies !== undefined) sender.copies = copies;
    if (hold === true) sender.hold();
    if (hold === false) await sender.release();
    return context.json({ copies: sender.copies });
  });
  control.post("/deliveries/release", async (context) => {
    const { order } = releaseSchema.parse(await context.req.json());
    await sender.release(order);
    return context.json({ released: true });
  });
  control.post("/events/:id/send", async (context) => {
    const tampering = sendSchema.parse(await context.req.json());
    const event = account.ledger.event(context.req.param("id"));
    return context.json({ status: await sender.attempt(event, tampering) });
  });
  control.post("/webhook", async (context) => {
    sender.endpoint = webhookSchema.parse(await context.req.json());
    return context.json({ url: sender.endpoint.url });
  });
  control.post("/faults", async (context) => {
    faults.push(...faultsSchema.parse(await context.req.json()).faults);
    return context.json({ faults });
  });
  return control;
}
