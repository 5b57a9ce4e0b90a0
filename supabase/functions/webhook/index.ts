import { z } from "zod";
import { connectDatabase } from "../_shared/adapters/database.ts";
import { createReportStore } from "../_shared/adapters/report_store.ts";
import { createVerifier } from "../_shared/adapters/stripe.ts";
import { parseEnv, platformEnv, secretsIn, stripeWebhookEnv } from "../_shared/env.ts";
import { createLogger } from "../_shared/http/logger.ts";
import { createHandler } from "./handler.ts";

const env = parseEnv(
  z.object({ ...platformEnv, ...stripeWebhookEnv }),
  Deno.env.toObject(),
);

Deno.serve(createHandler({
  verify: createVerifier({ webhookSecret: env.STRIPE_WEBHOOK_SECRET }),
  store: createReportStore(
    connectDatabase(env.SUPABASE_DB_URL, { name: "webhook" }),
  ),
  log: createLogger({ name: "webhook", secrets: secretsIn(env) }),
}));
