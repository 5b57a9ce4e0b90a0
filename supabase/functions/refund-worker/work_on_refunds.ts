import type { RefundSource } from "../_shared/billing/refunds.ts";
import { errorText } from "../_shared/models/answers/parse_output.ts";
import { type Backoff, backoffMs } from "../_shared/platform/jobs/backoff.ts";
import type { PlainResult } from "../_shared/platform/jobs/job_source.ts";
import { type WorkerRun, workOnQueue } from "../_shared/platform/jobs/queue_worker.ts";
import type { WorkerLimits, WorkerSummary } from "../_shared/platform/jobs/run_worker.ts";

/** Limits of a worker that refunds payments, in milliseconds: one after the other. */
export const REFUND_LIMITS = {
  slots: 1,
  /** Three attempts of the SDK, each within 15 s. */
  jobTimeoutMs: 50_000,
  patienceMs: 5_000,
} satisfies Partial<WorkerLimits>;

/** Delay between attempts. The queue's eight lie within two hours. */
const REQUEUE: Backoff = { baseMs: 60_000, maxMs: 3_600_000 };

/** Dependencies of {@link workOnRefunds}. */
export interface RefundWorkerDeps {
  readonly source: RefundSource;
  /** Tells whether the payment of a report is still to be refunded. */
  readonly isOwed: (reportId: string) => Promise<boolean>;
  /** Refunds all that is left of a payment, once. */
  readonly refundPayment: (reportId: string, paymentIntent: string) => Promise<void>;
}

/**
 * Runs one worker that refunds the payments of failed reports through Stripe.
 *
 * The transaction that fails a report writes the job. If a worker dies between Stripe's answer and
 * its record, the next one asks Stripe again with the same idempotency key, and nothing is refunded
 * twice. The report becomes `refunded` by Stripe's event, as with a refund by hand.
 */
export function workOnRefunds(run: WorkerRun, deps: RefundWorkerDeps): Promise<WorkerSummary> {
  type Job = Awaited<ReturnType<RefundSource["exchange"]>>["jobs"][number];
  const retryLater = ({ job_id, attempt, tries }: Job, error: unknown): PlainResult => ({
    job_id,
    attempt,
    outcome: "retry",
    error_message: errorText(error),
    run_at_ms: backoffMs(tries, REQUEUE, run.random()),
  });
  return workOnQueue({
    source: deps.source,
    async handle(job) {
      const { job_id, attempt, payload: { report_id, payment_intent } } = job;
      const log = run.log.with({ report_id, job_id });
      try {
        if (await deps.isOwed(report_id)) {
          await deps.refundPayment(report_id, payment_intent);
          log.info("payment of a failed report refunded", { payment_intent });
        } else {
          log.info("nothing to refund: the payment is back already, or the report runs again");
        }
        return { job_id, attempt, outcome: "complete" };
      } catch (error) {
        const result = retryLater(job, error);
        log.error("payment of a failed report not refunded: it will be retried", {
          ...result,
          error,
        });
        return result;
      }
    },
    recover: retryLater,
    replaceResult: (result) =>
      result.outcome === "retry"
        ? { ...result, error_message: "The error of the last try could not be stored." }
        : result,
    handover: {
      laneOf: () => null,
      idOf: ({ job_id }) => job_id,
      haltsPrefetched: () => false,
      passOn: (result) => result,
      giveBack: ({ job_id, attempt }) => ({ job_id, attempt, outcome: "release" }),
    },
  }, run);
}
