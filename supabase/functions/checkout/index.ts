import { z } from "zod";
import { connectDatabase } from "../_shared/adapters/database.ts";
import { createDraftStore } from "../_shared/adapters/draft_store.ts";
import { createImageFitter } from "../_shared/adapters/image_fitter.ts";
import { createImageStore } from "../_shared/adapters/image_store.ts";
import { createModelCatalogue } from "../_shared/adapters/model_catalogue.ts";
import { createModelSync } from "../_shared/adapters/model_sync.ts";
import { readProviderEndpoints } from "../_shared/adapters/provider_endpoints.ts";
import { createReportStore } from "../_shared/adapters/report_store.ts";
import { createPaymentGateway, createStripe } from "../_shared/adapters/stripe.ts";
import { createAdminClient, createUserLookup } from "../_shared/adapters/supabase.ts";
import {
  adminKeyOf,
  allowedOrigins,
  checkoutEnv,
  parseEnv,
  platformEnv,
  providerEnv,
  secretsIn,
  siteEnv,
  stripeEnv,
} from "../_shared/env.ts";
import { createLogger } from "../_shared/http/logger.ts";
import { createHandler } from "./handler.ts";

const env = parseEnv(
  z.object({ ...platformEnv, ...siteEnv, ...stripeEnv, ...checkoutEnv, ...providerEnv }),
  Deno.env.toObject(),
);
const sql = connectDatabase(env.SUPABASE_DB_URL, { name: "checkout" });
const log = createLogger({ name: "checkout", secrets: secretsIn(env) });
const providers = readProviderEndpoints(env);
const sync = createModelSync({ sql, endpoints: providers, log });
const supabase = createAdminClient(env.SUPABASE_URL, adminKeyOf(env));
const images = createImageStore(supabase);

Deno.serve(createHandler({
  lookUpUser: createUserLookup(supabase),
  drafts: createDraftStore(sql),
  models: createModelCatalogue(sql),
  endpoints: {
    isConfigured: (provider) => providers[provider] !== undefined,
    refreshLists: sync.refresh,
  },
  now: () => new Date(),
  images,
  fitter: createImageFitter(supabase, images),
  reports: createReportStore(sql),
  payments: createPaymentGateway(
    createStripe({
      secretKey: env.STRIPE_SECRET_KEY,
      apiUrl: env.STRIPE_API_URL,
    }),
  ),
  priceCents: env.REPORT_PRICE_CENTS,
  maxImageBytes: env.MAX_IMAGE_BYTES,
  siteUrl: env.SITE_URL,
  origins: allowedOrigins(env),
  log,
}));
