import type { EmailJob, EmailQueue } from "../email/store.ts";
import type { ReportNotice } from "../email/report_notice.ts";
import type { Clock } from "../platform/clock.ts";

/** State of a job. */
interface FakeJob {
  readonly reportId: string;
  attempts: number;
  runAtMs: number;
  state: "waiting" | "leased" | "done" | "dead";
  errors: string[];
}

/** {@link EmailQueue} in memory, for tests. */
export interface FakeEmailQueue extends EmailQueue {
  readonly jobs: readonly FakeJob[];
  readonly notices: Map<string, ReportNotice>;
  readonly calls: string[];
  /** Error that the next call of `complete` throws, once. */
  completeFault: Error | null;
  /** False to refuse the registration of a worker. */
  isWelcome: boolean;
}

/** Creates a queue with one job for each report. */
export function createFakeEmailQueue(
  clock: Pick<Clock, "now">,
  notices: readonly ReportNotice[],
  maxAttempts = 8,
): FakeEmailQueue {
  const jobs: FakeJob[] = notices.map(({ reportId }) => ({
    reportId,
    attempts: 0,
    runAtMs: 0,
    state: "waiting",
    errors: [],
  }));
  const leased = ({ jobId, attempt }: EmailJob) => {
    const job = jobs[jobId];
    return job?.state === "leased" && job.attempts === attempt ? job : undefined;
  };
  const queue: FakeEmailQueue = {
    jobs,
    notices: new Map(notices.map((notice) => [notice.reportId, notice])),
    calls: [],
    completeFault: null,
    isWelcome: true,
    register: () => {
      queue.calls.push("register");
      return Promise.resolve(queue.isWelcome);
    },
    claim: (want) => {
      queue.calls.push("claim");
      const claimed: EmailJob[] = [];
      for (const [jobId, job] of jobs.entries()) {
        const isDue = job.state === "waiting" && job.runAtMs <= clock.now();
        if (!isDue || claimed.length === want) continue;
        job.state = "leased";
        job.attempts++;
        claimed.push({ jobId, attempt: job.attempts, reportId: job.reportId });
      }
      return Promise.resolve(claimed);
    },
    complete: (handle) => {
      const fault = queue.completeFault;
      queue.completeFault = null;
      if (fault !== null) return Promise.reject(fault);
      const job = leased(handle);
      if (job !== undefined) job.state = "done";
      return Promise.resolve(job !== undefined);
    },
    retry: (handle, delaySeconds, error) => {
      const job = leased(handle);
      if (job === undefined) return Promise.resolve(false);
      job.errors.push(error);
      job.runAtMs = clock.now() + delaySeconds * 1000;
      job.state = job.attempts >= maxAttempts ? "dead" : "waiting";
      return Promise.resolve(true);
    },
    renew: () => {
      queue.calls.push("renew");
      return Promise.resolve();
    },
    release: (chain) => {
      queue.calls.push(`release ${chain}`);
      for (const job of jobs) {
        if (job.state !== "leased") continue;
        job.state = "waiting";
        job.attempts--;
      }
      return Promise.resolve();
    },
    loadNotice: (reportId) => Promise.resolve(queue.notices.get(reportId) ?? null),
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
