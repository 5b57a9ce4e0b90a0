import { z } from "zod";
import { createDraftStore } from "../_shared/benchmark/order/draft_store.ts";
import { createImageFitter } from "../_shared/benchmark/order/image_fitter.ts";
import { createImageStore } from "../_shared/benchmark/order/image_store.ts";
import { createOrphanImages } from "../_shared/benchmark/order/orphan_images.ts";
import { createModelCatalogue } from "../_shared/benchmark/order/model_catalogue.ts";
import { checkoutEnv, stripeEnv, stripePageEnv } from "../_shared/billing/env.ts";
import { createReportStore } from "../_shared/billing/store.ts";
import { createPaymentGateway } from "../_shared/billing/stripe.ts";
import { providerEnv, readProviderEndpoints } from "../_shared/models/provider_env.ts";
import { createModelSync } from "../_shared/models/catalogue/model_sync.ts";
import { connectMembers } from "../_shared/platform/account_access.ts";
import { connectDatabase } from "../_shared/platform/database.ts";
import { waitUntil } from "../_shared/platform/edge_runtime.ts";
import {
  adminKeyOf,
  allowedOrigins,
  memberEnv,
  parseEnv,
  platformEnv,
  secretKeysOf,
  secretsIn,
  siteEnv,
} from "../_shared/platform/env.ts";
import { withSweep } from "../_shared/platform/http/serve_sweep.ts";
import { createLogger } from "../_shared/platform/logger.ts";
import { createStorage } from "../_shared/platform/storage.ts";
import { createTokenDigestReader } from "../_shared/platform/worker_token.ts";
import { createHandler } from "./handler.ts";

/** An image is uploaded before its draft is saved, perhaps by somebody who goes on the next day. */
const UNUSED_IMAGE_SECONDS = 86_400;

const env = parseEnv(
  z.object({
    ...platformEnv,
    ...memberEnv,
    ...siteEnv,
    ...stripeEnv,
    ...stripePageEnv,
    ...checkoutEnv,
    ...providerEnv,
  }),
  Deno.env.toObject(),
);
const sql = connectDatabase(env, { name: "checkout" });
const log = createLogger({ name: "checkout", secrets: secretsIn(env) });
const providers = readProviderEndpoints(env);
const sync = createModelSync({ sql, endpoints: providers, log });
const storage = createStorage(env.SUPABASE_URL, adminKeyOf(env));
const images = createImageStore(storage);

const serve = createHandler({
  ...connectMembers(env, sql),
  drafts: createDraftStore(sql),
  models: createModelCatalogue(sql),
  endpoints: {
    isConfigured: (provider) => providers[provider] !== undefined,
    refreshLists: sync.refresh,
  },
  now: () => new Date(),
  images,
  fitter: createImageFitter(storage, images),
  reports: createReportStore(sql),
  payments: createPaymentGateway({
    secretKey: env.STRIPE_SECRET_KEY,
    apiUrl: env.STRIPE_API_URL,
    page: {
      automaticTax: env.STRIPE_AUTOMATIC_TAX,
      invoiceCreation: env.STRIPE_INVOICE_CREATION,
      promotionCodes: env.STRIPE_PROMOTION_CODES,
    },
  }),
  price: { amount: env.REPORT_PRICE_CENTS, currency: env.REPORT_CURRENCY },
  maxImageBytes: env.MAX_IMAGE_BYTES,
  siteUrl: env.SITE_URL,
  origins: allowedOrigins(env),
  log,
});

Deno.serve(withSweep({
  name: "checkout",
  orphans: createOrphanImages(sql, storage),
  youngSeconds: UNUSED_IMAGE_SECONDS,
  secretKeys: secretKeysOf(env),
  readTokenDigest: createTokenDigestReader(sql),
  waitUntil,
  log,
}, serve));
