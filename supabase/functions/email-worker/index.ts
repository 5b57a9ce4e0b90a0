import { z } from "zod";
import { connectDatabase } from "../_shared/adapters/database.ts";
import { shutdownSignal, waitUntil } from "../_shared/adapters/edge_runtime.ts";
import { createEmailQueue } from "../_shared/adapters/email_queue.ts";
import { createLogMailer, createResendMailer } from "../_shared/adapters/resend.ts";
import { systemClock } from "../_shared/adapters/system_clock.ts";
import { renderReportEmail } from "../_shared/email/report_email.tsx";
import { DEFAULT_EMAIL_LIMITS, sendReportEmails } from "../_shared/email/send_report_emails.ts";
import {
  emailEnv,
  parseEnv,
  platformEnv,
  secretKeysOf,
  secretsIn,
  siteEnv,
  workerEnv,
} from "../_shared/env.ts";
import { createLogger } from "../_shared/http/logger.ts";
import { createHandler } from "./handler.ts";

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
