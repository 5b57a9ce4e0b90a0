/** An e-mail to one recipient. */
export interface EmailMessage {
  readonly to: string;
  readonly subject: string;
  readonly html: string;
  readonly text: string;
}

/** The parts of an e-mail. */
export type RenderedEmail = Omit<EmailMessage, "to">;

/** Service that sends e-mails. */
export interface Mailer {
  /**
   * Sends the message, or does nothing if one was sent with this key in the last 24 hours.
   *
   * @throws {MailError} if the service did not accept the message.
   */
  send(message: EmailMessage, idempotencyKey: string): Promise<void>;
}

/** Error of a mail service that did not accept an e-mail. */
export class MailError extends Error {
  override readonly name = "MailError";

  constructor(
    message: string,
    /** HTTP status; null if no response came. */
    readonly status: number | null,
    /** Wait that the service asks for, in milliseconds; null if it asks for none. */
    readonly retryAfterMs: number | null,
  ) {
    super(message);
  }
}
