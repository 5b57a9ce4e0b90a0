import { z } from "zod";
import { emailEnv } from "../_shared/email/env.ts";
import { renderReportEmail } from "../_shared/email/report_email.tsx";
import { createLogMailer, createResendMailer } from "../_shared/email/resend.ts";
import { createEmailQueue } from "../_shared/email/store.ts";
import { connectDatabase } from "../_shared/platform/database.ts";
import { shutdownSignal, waitUntil } from "../_shared/platform/edge_runtime.ts";
import {
  parseEnv,
  platformEnv,
  secretKeysOf,
  secretsIn,
  siteEnv,
  workerEnv,
} from "../_shared/platform/env.ts";
import { createLogger } from "../_shared/platform/logger.ts";
import { systemClock } from "../_shared/platform/system_clock.ts";
import { createHandler } from "./handler.ts";
import { DEFAULT_EMAIL_LIMITS, sendReportEmails } from "./send_report_emails.ts";

const env = parseEnv(
  z.object({ ...platformEnv, ...siteEnv, ...emailEnv, ...workerEnv }),
  Deno.env.toObject(),
);
const sql = connectDatabase(env.SUPABASE_DB_URL, { name: "email-worker" });
const log = createLogger({ name: "email-worker", secrets: secretsIn(env) });
const limits = { ...DEFAULT_EMAIL_LIMITS, wallClockMs: env.WORKER_WALL_CLOCK_SECONDS * 1000 };
const mailer = env.RESEND_API_KEY === undefined ? createLogMailer(log) : createResendMailer({
  apiKey: env.RESEND_API_KEY,
  baseUrl: env.RESEND_BASE_URL,
  from: env.EMAIL_FROM,
  timeoutMs: limits.sendTimeoutMs,
});
const shutdown = shutdownSignal();

Deno.serve(createHandler({
  secretKeys: secretKeysOf(env),
  waitUntil,
  log,
  work: (requestLog) =>
    sendReportEmails({
      queue: createEmailQueue(sql, crypto.randomUUID(), limits.wallClockMs),
      mailer,
      render: renderReportEmail,
      siteUrl: env.SITE_URL,
      limits,
      clock: systemClock,
      random: Math.random,
      log: requestLog,
      shutdown,
    }),
}));
