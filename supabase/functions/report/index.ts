import { z } from "zod";
import { createImageStore } from "../_shared/benchmark/order/image_store.ts";
import { connectMembers } from "../_shared/platform/account_access.ts";
import { connectDatabase } from "../_shared/platform/database.ts";
import {
  adminKeyOf,
  memberEnv,
  parseEnv,
  platformEnv,
  secretsIn,
} from "../_shared/platform/env.ts";
import { createLogger } from "../_shared/platform/logger.ts";
import { createStorage } from "../_shared/platform/storage.ts";
import { createRescoring } from "../_shared/report/rescoring.ts";
import { createReportViews } from "../_shared/report/store.ts";
import { createHandler } from "./handler.ts";

const env = parseEnv(z.object({ ...platformEnv, ...memberEnv }), Deno.env.toObject());
const sql = connectDatabase(env, { name: "report" });
const storage = createStorage(env.SUPABASE_URL, adminKeyOf(env));

Deno.serve(createHandler({
  ...connectMembers(env, sql),
  reports: createReportViews(sql),
  rescoring: createRescoring(sql),
  images: createImageStore(storage),
  log: createLogger({ name: "report", secrets: secretsIn(env) }),
}));
