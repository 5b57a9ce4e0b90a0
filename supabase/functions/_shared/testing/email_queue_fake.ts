import type { InvitationNotice } from "../email/invitation_notice.ts";
import type { ReportNotice } from "../email/report_notice.ts";
import type { EmailPayload, EmailSource } from "../email/store.ts";
import type { Clock } from "../platform/clock.ts";
import type { PlainResult } from "../platform/jobs/job_source.ts";

/** E-mail in the queue, and its state. */
interface FakeJob {
  readonly payload: EmailPayload;
  /** Number of leases; a lease that was given back does not count. */
  tries: number;
  runAtMs: number;
  state: "waiting" | "leased" | "done" | "dead";
  readonly errors: string[];
}

/** Queue of e-mails in memory that behaves as `advance_jobs` does. */
export interface FakeEmailQueue {
  readonly source: EmailSource;
  readonly jobs: readonly FakeJob[];
  readonly notices: Map<string, ReportNotice>;
  /** Names of the functions that were called. */
  readonly calls: string[];
  /** Thrown by the next exchange of results, once. */
  fault: Error | null;
  /** True if a call that throws `fault` would throw it again. */
  isLasting: boolean;
  isWelcome: boolean;
  /** Frees the jobs of a worker that died. */
  expire(): void;
}

const MAX_TRIES = 8;

/** Creates a queue with one job for each report, and one for each invitation. */
export function createFakeEmailQueue(
  clock: Pick<Clock, "now">,
  notices: readonly ReportNotice[],
  invitationIds: readonly string[] = [],
): FakeEmailQueue {
  const payloads = [
    ...notices.map(({ reportId }) => ({ report_id: reportId })),
    ...invitationIds.map((id) => ({ invitation_id: id })),
  ];
  const jobs: FakeJob[] = payloads.map((payload) => ({
    payload,
    tries: 0,
    runAtMs: 0,
    state: "waiting",
    errors: [],
  }));
  const settle = (result: PlainResult): boolean => {
    const job = jobs[result.job_id];
    if (job?.state !== "leased" || job.tries !== result.attempt) return false;
    if (result.outcome === "retry") {
      job.errors.push(result.error_message);
      job.runAtMs = clock.now() + result.run_at_ms;
      job.state = job.tries >= MAX_TRIES ? "dead" : "waiting";
    } else if (result.outcome === "release") {
      job.state = "waiting";
      job.tries--;
    } else job.state = "done";
    return true;
  };
  const expire = () => {
    for (const job of jobs) if (job.state === "leased") job.state = "waiting";
  };
  const queue: FakeEmailQueue = {
    jobs,
    notices: new Map(notices.map((notice) => [notice.reportId, notice])),
    calls: [],
    fault: null,
    isLasting: false,
    isWelcome: true,
    expire,
    source: {
      register: () => {
        queue.calls.push("register");
        return Promise.resolve(queue.isWelcome ? 45_000 : null);
      },
      exchange: (results, want) => {
        queue.calls.push("exchange");
        const { fault } = queue;
        if (results.length > 0 && fault !== null) {
          queue.fault = null;
          return Promise.reject(fault);
        }
        const rejected = results.filter((result) => !settle(result)).map(({ job_id }) => job_id);
        const due = jobs.entries()
          .filter(([, job]) => job.state === "waiting" && job.runAtMs <= clock.now())
          .take(want).toArray();
        const leased = due.map(([job_id, job]) => {
          job.state = "leased";
          const attempt = ++job.tries;
          return { job_id, attempt, tries: attempt, payload: job.payload };
        });
        const waiting = jobs.filter(({ state }) => state === "waiting");
        return Promise.resolve({
          jobs: leased,
          prefetched: [],
          revoked: [],
          rejected,
          waiting: waiting.length,
          inFlight: jobs.filter(({ state }) => state === "leased").length,
          nextRunAtMs: waiting.length === 0
            ? null
            : Math.max(0, Math.min(...waiting.map(({ runAtMs }) => runAtMs)) - clock.now()),
        });
      },
      renew: () => {
        queue.calls.push("renew");
        return Promise.resolve(0);
      },
      release: (chain) => {
        queue.calls.push(`release ${chain}`);
        expire();
        return Promise.resolve();
      },
      changedNothing: () => true,
      isFault: () => queue.isLasting,
    },
  };
  return queue;
}

/** Returns the notice of a complete report, which is identified by its number. */
export function aNotice(number = 1, change: Partial<ReportNotice> = {}): ReportNotice {
  return {
    reportId: `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`,
    status: "complete",
    recipient: `customer${number}@example.com`,
    shareToken: `token-${number}`,
    modelCount: 3,
    unmeasuredCount: 0,
    imageCount: 12,
    fittedImages: null,
    recommendation: {
      modelName: "Tesseract best",
      rationale: "It read most fields.",
      figures: null,
      doubt: null,
      runnerUp: null,
    },
    noRecommendation: null,
    ...change,
  };
}

/** Returns the notice of an open invitation. */
export function anInvitation(change: Partial<InvitationNotice> = {}): InvitationNotice {
  return {
    recipient: "ben@example.com",
    role: "member",
    expiresAt: new Date("2026-12-08T12:00:00Z"),
    accountName: "Web shop",
    inviter: "ada@example.com",
    ...change,
  };
}
