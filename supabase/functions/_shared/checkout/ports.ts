import type { ConfigSnapshot } from "../benchmark/config.ts";
import type { PaymentSession } from "../payments/payment_gateway.ts";

/** A report about to be opened. */
export interface NewReport {
  readonly ownerId: string;
  readonly draftId: string;
  readonly config: ConfigSnapshot;
  /** SHA-256 of the configuration in canonical JSON, in hexadecimal. */
  readonly configHash: string;
  /** Predicted USD for all runs. */
  readonly estimateUsd: number;
  readonly idempotencyKey: string | null;
  /** SHA-256 of the request that came with the key, in hexadecimal. */
  readonly requestHash: string | null;
}

/** A report that was opened, or found open. */
export interface OpenedReport {
  readonly reportId: string;
  readonly status: string;
  readonly isNew: boolean;
  /** Where it is paid; `null` until a session is known. */
  readonly session: PaymentSession | null;
  /** Orders of the same draft with another configuration, closed by this one. */
  readonly superseded: readonly {
    readonly reportId: string;
    readonly sessionId: string;
  }[];
}

/** Where reports are opened. */
export interface ReportStore {
  /**
   * Opens a report, or finds the one that is open for the same draft and configuration or was
   * opened with the same key; `"conflict"` when the key came with another request.
   */
  openReport(report: NewReport): Promise<OpenedReport | "conflict">;
  /** Notes the session that a report is paid in. */
  awaitPayment(reportId: string, session: PaymentSession): Promise<void>;
}
