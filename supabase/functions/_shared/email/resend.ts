import { Resend } from "resend";
import { readRetryAfter } from "../platform/jobs/retry_after.ts";
import type { Logger } from "../platform/logger.ts";
import { type EmailMessage, type Mailer, MailError } from "./mailer.ts";

/** How Resend is reached. */
export interface ResendOptions {
  readonly apiKey: string;
  /** Unset: api.resend.com. */
  readonly baseUrl?: string | undefined;
  /** `Name <address>`, of a domain that Resend has verified. */
  readonly from: string;
  /** Longest wait for an answer, in milliseconds. */
  readonly timeoutMs: number;
}

/** Sends through Resend. */
export function createResendMailer(options: ResendOptions): Mailer {
  const { baseUrl } = options;
  const resend = new Resend(options.apiKey, baseUrl === undefined ? {} : { baseUrl });
  return {
    send: async (message: EmailMessage, idempotencyKey: string) => {
      const { error, headers } = await resend.emails.send({ from: options.from, ...message }, {
        idempotencyKey,
        signal: AbortSignal.timeout(options.timeoutMs),
      });
      if (error === null) return;
      // Another text under this key means that the e-mail went out before a change of the template.
      if (error.name === "invalid_idempotent_request") return;
      throw new MailError(
        `Resend: ${error.name}: ${error.message}`,
        error.statusCode,
        readRetryAfter(new Headers(headers ?? {}), Date.now()),
      );
    },
  };
}

/** Sends nothing and says so: for a project that has no mail service yet. */
export function createLogMailer(log: Logger): Mailer {
  return {
    send: (message, idempotencyKey) => {
      log.info("[email:mock] no mail service is set up", {
        to: message.to,
        subject: message.subject,
        idempotency_key: idempotencyKey,
      });
      return Promise.resolve();
    },
  };
}
