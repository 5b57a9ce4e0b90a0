import type { PaymentEvent } from "./payment_event.ts";

/** What became of a notification. */
export interface AppliedEvent {
  /** `ignored`: recorded, but it moves nothing from where the report is. */
  readonly outcome: "applied" | "duplicate" | "ignored" | "unknown_report";
  /** The report's status afterwards; `null` when unknown. */
  readonly status: string | null;
}

/** Where notifications are recorded and take effect. */
export interface PaymentStore {
  /**
   * Records the notification and does all that follows from it, in one transaction, once.
   *
   * @throws {Problem} `database.unavailable` when nothing was done and the same call may succeed.
   */
  applyPaymentEvent(event: PaymentEvent): Promise<AppliedEvent>;
}
