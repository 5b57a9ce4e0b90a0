import { z } from "zod";
import { createImageStore } from "../_shared/benchmark/order/image_store.ts";
import { connectDatabase } from "../_shared/platform/database.ts";
import { adminKeyOf, parseEnv, platformEnv, secretsIn } from "../_shared/platform/env.ts";
import { createLogger } from "../_shared/platform/logger.ts";
import { createAdminClient, createUserLookup } from "../_shared/platform/supabase.ts";
import { createRescoring } from "../_shared/report/rescoring.ts";
import { createReportViews } from "../_shared/report/store.ts";
import { createHandler } from "./handler.ts";

const env = parseEnv(z.object(platformEnv), Deno.env.toObject());
const supabase = createAdminClient(env.SUPABASE_URL, adminKeyOf(env));
const sql = connectDatabase(env, { name: "report" });

Deno.serve(createHandler({
  lookUpUser: createUserLookup(supabase),
  reports: createReportViews(sql),
  rescoring: createRescoring(sql),
  images: createImageStore(supabase),
  log: createLogger({ name: "report", secrets: secretsIn(env) }),
}));
