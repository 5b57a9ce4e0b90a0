import type { ReportNotice } from "./report_notice.ts";

/** A `report_email` job under this worker's lease. */
export interface EmailJob {
  readonly jobId: number;
  /** Number of this claim, from 1. */
  readonly attempt: number;
  readonly reportId: string;
}

/** The queue of e-mails as one worker sees it. Each call is one transaction. */
export interface EmailQueue {
  /** `false`: another worker is at it. */
  register(): Promise<boolean>;
  claim(want: number): Promise<readonly EmailJob[]>;
  /** `false`: the lease was somebody else's by then. */
  complete(job: EmailJob): Promise<boolean>;
  /** Gives the job back to be tried again, or up after its last attempt. */
  retry(job: EmailJob, delaySeconds: number, error: string): Promise<boolean>;
  /** Prolongs every lease of this worker. */
  renew(): Promise<void>;
  /** Gives all leases back, leaves, and with `chain` has a successor started where work is left. */
  release(chain: boolean): Promise<void>;
  /** What the e-mail is made from; null where the report is gone. */
  loadNotice(reportId: string): Promise<ReportNotice | null>;
}
