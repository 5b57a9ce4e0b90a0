import { z } from "zod";
import { emailEnv } from "../_shared/email/env.ts";
import { renderInvitationEmail } from "../_shared/email/invitation_email.tsx";
import { renderEmail } from "../_shared/email/render_email.tsx";
import { createLogMailer, createResendMailer } from "../_shared/email/resend.ts";
import {
  createEmailSource,
  loadNotice,
  loadParked,
  openInvitation,
} from "../_shared/email/store.ts";
import { platformEnv, siteEnv, workerEnv } from "../_shared/platform/env.ts";
import { serveQueueWorker } from "../_shared/platform/jobs/serve_queue_worker.ts";
import { EMAIL_LIMITS, workOnEmails } from "./work_on_emails.ts";

serveQueueWorker({
  name: "email-worker",
  env: z.object({ ...platformEnv, ...siteEnv, ...emailEnv, ...workerEnv }),
  limits: EMAIL_LIMITS,
  compose({ env, sql, log }) {
    const mailer = env.RESEND_API_KEY === undefined ? createLogMailer(log) : createResendMailer({
      apiKey: env.RESEND_API_KEY,
      baseUrl: env.RESEND_BASE_URL,
      from: env.EMAIL_FROM,
      timeoutMs: EMAIL_LIMITS.jobTimeoutMs,
    });
    return (run) =>
      workOnEmails(run, {
        source: createEmailSource(sql, run),
        loadNotice: (reportId) => loadNotice(sql, reportId),
        loadParked: (provider) => loadParked(sql, provider),
        openInvitation: (id, tokenHash) => openInvitation(sql, id, tokenHash),
        mailer,
        render: renderEmail,
        renderInvitation: renderInvitationEmail,
        siteUrl: env.SITE_URL,
        operatorEmail: env.OPERATOR_EMAIL,
      });
  },
});
