import type { EmailJob, EmailQueue } from "../_shared/email/store.ts";
import { type Mailer, MailError } from "../_shared/email/mailer.ts";
import type { RenderedEmail, ReportEmailProps } from "../_shared/email/report_email.tsx";
import { reasonForSilence } from "../_shared/email/report_notice.ts";
import { errorText } from "../_shared/models/answers/parse_output.ts";
import { type Clock, pause } from "../_shared/platform/clock.ts";
import { type Backoff, backoffMs } from "../_shared/platform/jobs/backoff.ts";
import type { Logger } from "../_shared/platform/logger.ts";

/** Limits of one e-mail worker. Times are in milliseconds. */
interface EmailLimits {
  /** Number of jobs claimed at once. */
  readonly batch: number;
  /** Lifetime of the isolate. */
  readonly wallClockMs: number;
  /** Longest time that one e-mail takes. */
  readonly sendTimeoutMs: number;
  /** Time between renewals of the leases. */
  readonly heartbeatMs: number;
  /** Longest wait asked for by the mail service that a worker waits out; longer ones requeue the job. */
  readonly patienceMs: number;
  /** Attempts to send within one claim. */
  readonly triesPerClaim: number;
  /**
   * Delay between claims of one job. The queue's eight attempts then lie within three hours, and so
   * within the 24 hours for which the mail service remembers an idempotency key.
   */
  readonly requeue: Backoff;
}

export const DEFAULT_EMAIL_LIMITS: EmailLimits = {
  batch: 5,
  wallClockMs: 140_000,
  sendTimeoutMs: 10_000,
  heartbeatMs: 15_000,
  patienceMs: 5_000,
  triesPerClaim: 3,
  requeue: { baseMs: 30_000, maxMs: 3_600_000 },
};

/** Dependencies of {@link sendReportEmails}. */
interface SendDeps {
  readonly queue: EmailQueue;
  readonly mailer: Mailer;
  readonly render: (props: ReportEmailProps) => Promise<RenderedEmail>;
  /** Origin of the pages, without a trailing slash. */
  readonly siteUrl: string;
  readonly limits: EmailLimits;
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly log: Logger;
  /** Aborts when the isolate is about to be ended. */
  readonly shutdown: AbortSignal;
}

/** Numbers of e-mails by what one worker did with them. */
export interface SendSummary {
  readonly sent: number;
  readonly skipped: number;
  readonly failed: number;
}

type Outcome = keyof SendSummary;

/**
 * Sends the waiting e-mails one after the other, until none is due or time is up.
 *
 * An e-mail that fails goes back to the queue; the report is never changed. The idempotency key
 * belongs to the report, so that nothing is sent twice if a worker dies between sending and recording.
 */
export async function sendReportEmails(deps: SendDeps): Promise<SendSummary> {
  const { queue, limits, clock, log, shutdown } = deps;
  const count = { sent: 0, skipped: 0, failed: 0 };
  // Even with long timeouts, half of the time is used for sending.
  const margin = Math.min(2 * limits.sendTimeoutMs, limits.wallClockMs / 2);
  const stopAt = clock.now() + limits.wallClockMs - margin;
  const hasTime = () => !shutdown.aborted && clock.now() < stopAt;
  if (!await queue.register()) return count;

  const stopHeartbeat = beat(deps);
  let hasWorked = false;
  try {
    while (hasTime()) {
      const jobs = await queue.claim(limits.batch);
      if (jobs.length === 0) break;
      hasWorked = true;
      for (const job of jobs) {
        // The rest of the batch goes back to the queue with the release.
        if (!hasTime()) break;
        count[await attend(job, deps)]++;
      }
    }
  } finally {
    stopHeartbeat();
    // A worker that found nothing due starts no successor, which would find nothing either. The
    // sweep starts a worker for jobs that are due later.
    await queue.release(hasWorked);
  }
  log.info("e-mail worker finished", count);
  return count;
}

async function attend(job: EmailJob, deps: SendDeps): Promise<Outcome> {
  const log = deps.log.with({ report_id: job.reportId, job_id: job.jobId });
  try {
    const outcome = await send(job, deps, log);
    if (!await deps.queue.complete(job)) {
      log.warn("e-mail sent but not recorded: another worker held the lease");
    }
    return outcome;
  } catch (error) {
    const delaySeconds = Math.ceil(requeueDelayMs(job, error, deps) / 1000);
    log.error("e-mail not sent or not recorded: it will be retried", {
      attempt: job.attempt,
      retry_in_seconds: delaySeconds,
      error,
    });
    await deps.queue.retry(job, delaySeconds, errorText(error));
    return "failed";
  }
}

async function send(job: EmailJob, deps: SendDeps, log: Logger): Promise<"sent" | "skipped"> {
  const notice = await deps.queue.loadNotice(job.reportId);
  const silence = notice === null ? "the report is gone" : reasonForSilence(notice);
  if (notice === null || notice.recipient === null || silence !== null) {
    log.warn("e-mail skipped", { reason: silence });
    return "skipped";
  }
  const email = await deps.render({
    modelCount: notice.modelCount,
    unmeasuredCount: notice.unmeasuredCount,
    imageCount: notice.imageCount,
    recommendation: notice.recommendation,
    fittedImages: notice.fittedImages,
    noRecommendation: notice.noRecommendation,
    reportUrl: `${deps.siteUrl}/report/${notice.shareToken}`,
  });
  const message = { to: notice.recipient, ...email };
  await withPatience(deps, () => deps.mailer.send(message, `report-ready/${job.reportId}`));
  log.info("report e-mail sent");
  return "sent";
}

/** Runs the action again after each short wait that the mail service asks for. */
async function withPatience(deps: SendDeps, action: () => Promise<void>): Promise<void> {
  for (let tries = 1;; tries++) {
    try {
      return await action();
    } catch (error) {
      const wait = error instanceof MailError ? error.retryAfterMs : null;
      const isWorthIt = wait !== null && wait <= deps.limits.patienceMs &&
        tries < deps.limits.triesPerClaim && !deps.shutdown.aborted;
      if (!isWorthIt) throw error;
      await pause(deps.clock, wait, deps.shutdown);
    }
  }
}

function requeueDelayMs(job: EmailJob, error: unknown, deps: SendDeps): number {
  const asked = error instanceof MailError ? error.retryAfterMs ?? 0 : 0;
  return Math.max(asked, backoffMs(job.attempt, deps.limits.requeue, deps.random()));
}

/** Renews the leases periodically. Returns a function that stops it. */
function beat({ queue, clock, limits, log }: SendDeps): () => void {
  let cancel = () => {};
  let ended = false;
  const renew = async () => {
    try {
      await queue.renew();
    } catch (error) {
      log.warn("leases not renewed: trying again at the next heartbeat", { error });
    }
    next();
  };
  const next = () => {
    if (!ended) cancel = clock.after(limits.heartbeatMs, () => void renew());
  };
  next();
  return () => {
    ended = true;
    cancel();
  };
}
