/** An e-mail, ready to be sent to one person. */
export interface EmailMessage {
  readonly to: string;
  readonly subject: string;
  readonly html: string;
  readonly text: string;
}

/** Sends e-mails. */
export interface Mailer {
  /**
   * Sends the message, or does nothing where one was sent with this key in the last 24 hours.
   *
   * @throws {MailError} when it was not taken.
   */
  send(message: EmailMessage, idempotencyKey: string): Promise<void>;
}

/** An e-mail was not taken. */
export class MailError extends Error {
  override readonly name = "MailError";

  constructor(
    message: string,
    /** HTTP status; null where no answer came. */
    readonly status: number | null,
    /** Milliseconds the service asks to wait, or null. */
    readonly retryAfterMs: number | null,
  ) {
    super(message);
  }
}
