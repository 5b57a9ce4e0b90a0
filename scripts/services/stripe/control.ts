import type { Hono } from "hono";
import { z } from "zod";
import { onControl } from "../control.ts";
import type { Account } from "./account.ts";
import type { Ledger } from "./ledger.ts";
import { tamperingSchema } from "./webhooks.ts";

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
const faultSchema = z.strictObject({
  status: z.int().min(400).max(599),
  /** Value of `Retry-After`. */
  retryAfterSeconds: z.number().nonnegative().optional(),
});
export type ApiFault = z.infer<typeof faultSchema>;
const faultsSchema = z.strictObject({ faults: z.array(faultSchema) });

/** Adds the control endpoints for tests: they advance payments and disturb deliveries. */
export function addControl(app: Hono, account: Account, faults: ApiFault[]): void {
  const { sender } = account;
  const change = async (action: (ledger: Ledger) => object) => {
    const { result, attempted } = account.change(action);
    await attempted;
    return result;
  };
  onControl(
    app,
    "sessions/:id/pay",
    paySchema,
    ({ method, email }, id) => change((ledger) => ledger.pay(id, method, email)),
  );
  onControl(
    app,
    "sessions/:id/settle",
    settleSchema,
    ({ outcome }, id) => change((ledger) => ledger.settle(id, outcome)),
  );
  onControl(
    app,
    "payment_intents/:id/refund",
    refundSchema,
    ({ amount }, id) =>
      change((ledger) => ledger.createRefund({ chargeId: ledger.chargeOf(id).id, amount })),
  );
  onControl(app, "deliveries", deliverySchema, async ({ copies, hold }) => {
    if (copies !== undefined) sender.copies = copies;
    if (hold === true) sender.hold();
    if (hold === false) await sender.release();
    return { copies: sender.copies };
  });
  onControl(app, "deliveries/release", releaseSchema, async ({ order }) => {
    await sender.release(order);
    return { released: true };
  });
  onControl(app, "events/:id/send", tamperingSchema, async (tampering, id) => ({
    status: await sender.attempt(account.ledger.event(id), tampering),
  }));
  onControl(app, "faults", faultsSchema, (body) => {
    faults.push(...body.faults);
    return { faults };
  });
}
