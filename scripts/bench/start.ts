import { median } from "simple-statistics";
import { z } from "zod";
import { loadConfig } from "../stack/config.ts";
import { freeStackPorts } from "../stack/free_ports.ts";
import { startStack } from "../stack/stack.ts";
import { StackClient } from "../testing/stack.ts";
import { type Benchmark, type BenchmarkOptions } from "./harness.ts";

const PAYMENTS_PER_ROUND = 10;
const GOAL_MS = 150;

const statisticsSchema = z.object({ firstCallAt: z.number() });

/** Benchmark of the time from a payment to the first call of a model. */
export const start: Benchmark = {
  name: "start",
  summary: "time from the paid webhook to the first provider call on a warm stack",
  async *run(options) {
    await using stack = await startWarmStack();
    yield await measurePayments(stack.client, options);
  },
};

async function measurePayments(client: StackClient, { rounds, progress }: BenchmarkOptions) {
  const customer = await client.customer();
  await client.control("stripe", "deliveries", { hold: true });
  const p50: number[] = [];
  const slowest: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    progress(round === 0 ? "warming up" : `round ${round} of ${rounds}`);
    const waits: number[] = [];
    for (let payment = 0; payment < PAYMENTS_PER_ROUND; payment++) {
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
      waits.push(firstCallAt - paidAt);
    }
    if (round === 0) continue;
    p50.push(median(waits));
    slowest.push(Math.max(...waits));
  }
  return {
    title:
      `Start: from the paid webhook to the first provider call, ${PAYMENTS_PER_ROUND} payments per round`,
    unit: "ms",
    rows: [
      { label: "p50", values: p50, goal: { atMost: GOAL_MS } },
      { label: "slowest", values: slowest },
    ],
    notes: [
      "From the moment the simulated Stripe sends the event, through webhook, Postgres, pg_net and worker.",
    ],
  };
}

/** Starts the stack as `deno task start` does, with all outside services simulated. */
async function startWarmStack(): Promise<AsyncDisposable & { readonly client: StackClient }> {
  const stackDir = await Deno.makeTempDir({ prefix: "modelpick-bench-" });
  const stack = await startStack(
    await loadConfig({
      stackDir,
      ports: freeStackPorts(),
      env: { DEBUG_MOCK_OPENROUTER: "true" },
    }),
  );
  await stack.warm();
  const client = new StackClient({
    apiUrl: stack.apiUrl,
    dbUrl: stack.dbUrl,
    publishableKey: stack.keys.publishable,
    secretKey: stack.keys.secret,
    localServices: stack.localServices,
  });
  await client.teach();
  return {
    client,
    async [Symbol.asyncDispose]() {
      await client.close();
      await stack.stop();
      await Deno.remove(stackDir, { recursive: true });
    },
  };
}
