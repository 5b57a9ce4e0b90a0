import { z } from "zod";
import { stripeWebhookEnv } from "../_shared/billing/env.ts";
import { createReportStore } from "../_shared/billing/store.ts";
import { createVerifier } from "../_shared/billing/stripe.ts";
import { connectDatabase } from "../_shared/platform/database.ts";
import { parseEnv, platformEnv, secretsIn } from "../_shared/platform/env.ts";
import { createLogger } from "../_shared/platform/logger.ts";
import { createHandler } from "./handler.ts";

const env = parseEnv(z.object({ ...platformEnv, ...stripeWebhookEnv }), Deno.env.toObject());

Deno.serve(createHandler({
  verify: createVerifier({ webhookSecret: env.STRIPE_WEBHOOK_SECRET }),
  store: createReportStore(connectDatabase(env, { name: "webhook" })),
  log: createLogger({ name: "webhook", secrets: secretsIn(env) }),
}));
