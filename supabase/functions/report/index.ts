import { z } from "zod";
import { connectDatabase } from "../_shared/adapters/database.ts";
import { createImageStore } from "../_shared/adapters/image_store.ts";
import { createReportViews } from "../_shared/adapters/report_views.ts";
import { createRescoring } from "../_shared/adapters/rescoring.ts";
import { createAdminClient, createUserLookup } from "../_shared/adapters/supabase.ts";
import { adminKeyOf, parseEnv, platformEnv, secretsIn } from "../_shared/env.ts";
import { createLogger } from "../_shared/http/logger.ts";
import { createHandler } from "./handler.ts";

const env = parseEnv(z.object(platformEnv), Deno.env.toObject());
const supabase = createAdminClient(env.SUPABASE_URL, adminKeyOf(env));
const sql = connectDatabase(env.SUPABASE_DB_URL, { name: "report" });

Deno.serve(createHandler({
  lookUpUser: createUserLookup(supabase),
  reports: createReportViews(sql),
  rescoring: createRescoring(sql),
  images: createImageStore(supabase),
  log: createLogger({ name: "report", secrets: secretsIn(env) }),
}));
