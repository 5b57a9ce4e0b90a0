import { Resend } from "resend";
import { readRetryAfter } from "../platform/jobs/retry_after.ts";
import type { Logger } from "../platform/logger.ts";
import { type EmailMessage, type Mailer, MailError } from "./mailer.ts";

/** Options of {@link createResendMailer}. */
interface ResendOptions {
  readonly apiKey: string;
  /** Default: api.resend.com. */
  readonly baseUrl?: string | undefined;
  /** Sender as `Name <address>`, of a domain that Resend has verified. */
  readonly from: string;
  /** Longest wait for a response, in milliseconds. */
  readonly timeoutMs: number;
}

/** Creates a mailer that sends through Resend. */
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
      // The e-mail was sent with this key before, with another text: the template has changed since.
      if (error.name === "invalid_idempotent_request") return;
      throw new MailError(
        `Resend: ${error.name}: ${error.message}`,
        error.statusCode,
        readRetryAfter(new Headers(headers ?? {}), Date.now()),
      );
    },
  };
}

/** Creates a mailer that logs e-mails instead of sending them, for projects without a mail service. */
export function createLogMailer(log: Logger): Mailer {
  return {
    send: (message, idempotencyKey) => {
      log.info("[email:mock] e-mail logged instead of sent: set RESEND_API_KEY to send e-mails", {
        to: message.to,
        subject: message.subject,
        idempotency_key: idempotencyKey,
      });
      return Promise.resolve();
    },
  };
}
