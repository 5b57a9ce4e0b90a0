import { z } from "zod";
import { listen, type Listening, type ListenOptions } from "../listen.ts";
import { runProcess } from "../run_process.ts";
import { Account, type AccountOptions } from "./account.ts";
import type { ApiFault } from "./control.ts";
import { createApp } from "./app.ts";
import type { StripeEvent } from "./events.ts";
import { type Delivery, webhookSchema } from "./webhooks.ts";

export interface StripeServiceOptions extends ListenOptions, AccountOptions {
  /** Only key that is accepted. If unset, any `sk_test_…` or `rk_test_…` is. */
  readonly secretKey?: string;
}

export interface StripeService extends Listening {
  /** Returns every event so far, oldest first. */
  events(): readonly StripeEvent[];
  deliveries(): readonly Delivery[];
  /** Resolves when no delivery is running or waiting for a retry. */
  settled(): Promise<void>;
}

/**
 * Starts a simulated Stripe on 127.0.0.1. The official SDK reaches it with `{protocol: "http",
 * host, port}`.
 *
 * API under `/v1`: checkout sessions (create, retrieve, expire), payment intents (retrieve), refunds
 * (create) and events (list), with idempotency keys and Stripe's errors. A session's `url` is a
 * payment page. Signed events go to the webhook until it answers 2xx.
 *
 * Control for tests by POST under `/_control`, all JSON: `/sessions/:id/pay {method?, email?}`,
 * `/sessions/:id/settle {outcome}`, `/payment_intents/:id/refund {amount?}`, `/deliveries {copies?,
 * hold?}`, `/deliveries/release {order?}`, `/events/:id/send {secret?, ageSeconds?, tamperBody?}`,
 * `/faults {faults: [{status, retryAfterSeconds?}]}`.
 *
 * @throws {Error} with the code `EADDRINUSE` if the port is taken.
 */
export async function startStripeService(
  options: StripeServiceOptions = {},
): Promise<StripeService> {
  const faults: ApiFault[] = [];
  const account = new Account(options);
  let origin = "";
  const { secretKey } = options;
  const app = createApp({ account, faults, secretKey, pageOrigin: () => origin });
  const server = await listen(app.fetch, options);
  origin = server.url;
  return {
    url: server.url,
    events: () => account.ledger.state.events,
    deliveries: () => account.sender.deliveries,
    settled: () => account.sender.settled(),
    async stop() {
      await server.stop();
      await account.sender.stop();
    },
  };
}

if (import.meta.main) {
  const options = z.strictObject({
    webhook: webhookSchema.exactOptional(),
    secretKey: z.string().exactOptional(),
    retryDelaysMs: z.array(z.number().nonnegative()).exactOptional(),
    stateFile: z.string().exactOptional(),
  });
  await runProcess(options, startStripeService);
}
