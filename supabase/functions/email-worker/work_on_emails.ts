import { type Mailer, MailError } from "../_shared/email/mailer.ts";
import type { EmailSource } from "../_shared/email/store.ts";
import { errorText } from "../_shared/models/answers/parse_output.ts";
import { pause } from "../_shared/platform/clock.ts";
import { type Backoff, backoffMs } from "../_shared/platform/jobs/backoff.ts";
import type { PlainResult } from "../_shared/platform/jobs/job_source.ts";
import { type WorkerRun, workOnQueue } from "../_shared/platform/jobs/queue_worker.ts";
import type {
  JobContext,
  WorkerLimits,
  WorkerSummary,
} from "../_shared/platform/jobs/run_worker.ts";
import type { Logger } from "../_shared/platform/logger.ts";
import { type ComposeDeps, composeEmail } from "./compose_email.ts";

/** Limits of a worker that sends e-mails, in milliseconds: one e-mail after the other. */
export const EMAIL_LIMITS = {
  slots: 1,
  /** Longest time that one e-mail takes. */
  jobTimeoutMs: 10_000,
  patienceMs: 5_000,
} satisfies Partial<WorkerLimits>;

/** Longest wait asked for by the mail service that a worker waits out, in milliseconds; longer ones requeue the job. */
const PATIENCE_MS = 5_000;
/** Attempts to send within one claim. */
const TRIES_PER_CLAIM = 3;

/**
 * Delay between claims of one job. The queue's eight attempts then lie within three hours, and so
 * within the 24 hours for which the mail service remembers an idempotency key.
 */
const REQUEUE: Backoff = { baseMs: 30_000, maxMs: 3_600_000 };

/** Dependencies of {@link workOnEmails}. */
export interface EmailWorkerDeps extends ComposeDeps {
  readonly source: EmailSource;
  readonly mailer: Mailer;
}

type EmailJob = Awaited<ReturnType<EmailSource["exchange"]>>["jobs"][number];

/**
 * Runs one worker that sends the waiting e-mails one after the other.
 *
 * An e-mail that fails goes back to the queue; what it is about is never changed. The idempotency key
 * belongs to the report or invitation. If a worker dies between sending and recording, its lease expires and the
 * next worker sends again with the same key, so that the mail service delivers nothing twice.
 */
export function workOnEmails(run: WorkerRun, deps: EmailWorkerDeps): Promise<WorkerSummary> {
  const retryLater = ({ job_id, attempt, tries }: EmailJob, error: unknown): PlainResult => {
    const asked = error instanceof MailError ? error.retryAfterMs ?? 0 : 0;
    return {
      job_id,
      attempt,
      outcome: "retry",
      error_message: errorText(error),
      run_at_ms: Math.max(asked, backoffMs(tries, REQUEUE, run.random())),
    };
  };
  return workOnQueue({
    source: deps.source,
    async handle(job, context) {
      const { job_id, attempt } = job;
      const log = run.log.with({ ...job.payload, job_id });
      try {
        await send(job, deps, run, context, log);
        return { job_id, attempt, outcome: "complete" };
      } catch (error) {
        const result = retryLater(job, error);
        log.error("e-mail not sent: it will be retried", { ...result, error });
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

async function send(
  { job_id, payload }: EmailJob,
  deps: EmailWorkerDeps,
  run: WorkerRun,
  context: JobContext,
  log: Logger,
): Promise<void> {
  const composed = await composeEmail(payload, job_id, deps);
  if ("silence" in composed) {
    log.warn("e-mail skipped", { reason: composed.silence });
    return;
  }
  const { message, key } = composed;
  await withPatience(run, context, () => deps.mailer.send(message, key));
  log.info("e-mail sent");
}

/** Runs the action again after each short wait that the mail service asks for. */
async function withPatience(
  { clock }: WorkerRun,
  { signal }: JobContext,
  action: () => Promise<void>,
): Promise<void> {
  for (let tries = 1;; tries++) {
    try {
      return await action();
    } catch (error) {
      const wait = error instanceof MailError ? error.retryAfterMs : null;
      const isShort = wait !== null && wait <= PATIENCE_MS;
      if (!isShort || tries >= TRIES_PER_CLAIM || signal.aborted) throw error;
      await pause(clock, wait, signal);
    }
  }
}
