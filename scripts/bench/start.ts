import { median } from "simple-statistics";
import { z } from "zod";
import { type StackClient, TestStack } from "../testing/stack.ts";
import { type Benchmark, interleave, type Measure, repeat } from "./harness.ts";

const PAYMENTS_PER_ROUND = 10;
const GOAL_MS = 150;

const statisticsSchema = z.object({ firstCallAt: z.number() });

/** Benchmark of the time from a payment to the first call of a model. */
export const start: Benchmark = {
  name: "start",
  summary: "time from the paid webhook to the first provider call on a warm stack",
  async *run(options) {
    await using stack = await TestStack.start({ fsync: true });
    const results = await interleave({ start: await timePayments(stack) }, options);
    yield {
      title:
        `Start: from the paid webhook to the first provider call, ${PAYMENTS_PER_ROUND} payments per round`,
      unit: "ms",
      rows: [
        results.row("start", "p50", { label: "p50", goal: { atMost: GOAL_MS } }),
        results.row("start", "slowest", { label: "slowest" }),
      ],
      notes: [
        "From the moment the simulated Stripe sends the event, through webhook, Postgres, pg_net and worker.",
      ],
    };
  },
};

async function timePayments(client: StackClient): Promise<Measure<"p50" | "slowest">> {
  const customer = await client.customer();
  await client.control("stripe", "deliveries", { hold: true });
  return async () => {
    const waits = await repeat(PAYMENTS_PER_ROUND, async () => {
      const draft = await client.draft(customer);
      const { report_id, checkout_url } = await client.checkout(customer, draft);
      await client.behave({});
      await client.pay(checkout_url);
      const paidAt = performance.timeOrigin + performance.now();
      await client.control("stripe", "deliveries/release", {});
      await client.control("stripe", "deliveries", { hold: true });
      const { status } = await client.ended(report_id);
      if (status !== "complete") throw new Error(`report ${report_id} is ${status}`);
      const { firstCallAt } = statisticsSchema.parse(await client.inspect("openrouter", "stats"));
      return firstCallAt - paidAt;
    });
    return { p50: median(waits), slowest: Math.max(...waits) };
  };
}
