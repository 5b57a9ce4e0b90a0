/** What a customer is asked to pay for. */
export interface PaymentOrder {
  readonly reportId: string;
  readonly ownerId: string;
  readonly email: string | undefined;
  /** US cents. */
  readonly priceCents: number;
  /** One line for the pay page. */
  readonly description: string;
  /** Where the customer is sent after paying and after giving up. */
  readonly successUrl: string;
  readonly cancelUrl: string;
}

/** A page on which one order can be paid, until it is paid or expires. */
export interface PaymentSession {
  readonly id: string;
  readonly url: string;
}

/** Whoever takes the money. */
export interface PaymentGateway {
  /**
   * Opens a session. The same order gets the same session however often it is asked for, within the
   * 24 hours that a session lives.
   *
   * @throws {Problem} `payment.unavailable` when the same call may succeed in a moment.
   */
  createSession(order: PaymentOrder): Promise<PaymentSession>;
  /**
   * Closes a session so that it cannot be paid; `false` when it is no longer open, paid for
   * instance.
   */
  expireSession(sessionId: string): Promise<boolean>;
}

/**
 * Checks that a notification is from whoever takes the money, and parses it.
 *
 * @throws {Problem} `webhook.invalid_signature` when it is not, or is too old.
 */
export type VerifyNotification = (payload: string, signature: string) => Promise<unknown>;
