import { z } from "zod";
import { type Database, query } from "../platform/database.ts";
import { type ReportNotice, reportNoticeSchema } from "./report_notice.ts";

const jobsSchema = z.array(z.object({
  job_id: z.number(),
  attempt: z.number(),
  payload: z.object({ report_id: z.string() }),
}));

/** A `report_email` job under this worker's lease. */
export interface EmailJob {
  readonly jobId: number;
  /** Number of this claim, from 1. */
  readonly attempt: number;
  readonly reportId: string;
}

/** Queue of e-mails as one worker sees it. Each method is one transaction. */
export interface EmailQueue {
  /** Returns false if another worker is running. */
  register(): Promise<boolean>;
  claim(want: number): Promise<readonly EmailJob[]>;
  /** Returns false if another worker held the lease by then. */
  complete(job: EmailJob): Promise<boolean>;
  /** Releases the job for another attempt, or fails it after its last attempt. */
  retry(job: EmailJob, delaySeconds: number, error: string): Promise<boolean>;
  /** Extends every lease of this worker. */
  renew(): Promise<void>;
  /** Releases all leases and signs the worker off. With `chain`, a successor starts if jobs are left. */
  release(chain: boolean): Promise<void>;
  /** Returns the data of the e-mail, or null if the report was deleted. */
  loadNotice(reportId: string): Promise<ReportNotice | null>;
}

/** Creates the queue of e-mails for the worker with the id `workerId`. */
export function createEmailQueue(
  sql: Database,
  workerId: string,
  wallClockMs: number,
): EmailQueue {
  const ttlSeconds = Math.ceil(wallClockMs / 1000);
  const call = async (statement: () => PromiseLike<{ readonly result: unknown }[]>) =>
    (await query(statement))[0]?.result;

  return {
    register: async () =>
      await call(() =>
        sql<{ result: unknown }[]>`
          select public.register_worker(${workerId}, 'email-worker', null, ${ttlSeconds}) as result`
      ) === true,

    claim: async (want) => {
      const jobs = jobsSchema.parse(
        await call(() =>
          sql<{ result: unknown }[]>`
            select public.claim_jobs(${workerId}, ${["report_email"]}, ${want}) as result`
        ),
      );
      return jobs.map(({ job_id, attempt, payload }) => ({
        jobId: job_id,
        attempt,
        reportId: payload.report_id,
      }));
    },

    complete: async (job) =>
      await call(() =>
        sql<{ result: unknown }[]>`
          select public.complete_job(${workerId}, ${job.jobId}, ${job.attempt}) as result`
      ) === true,

    retry: async (job, delaySeconds, error) =>
      await call(() =>
        sql<{ result: unknown }[]>`
          select public.retry_job(
            ${workerId}, ${job.jobId}, ${job.attempt}, ${delaySeconds}, ${error}
          ) as result`
      ) === true,

    renew: async () => {
      await call(() =>
        sql<{ result: unknown }[]>`select public.renew_leases(${workerId}) as result`
      );
    },

    release: async (chain) => {
      await call(() =>
        sql<{ result: unknown }[]>`select public.release_worker(${workerId}, ${chain}) as result`
      );
    },

    loadNotice: async (reportId) =>
      reportNoticeSchema.nullable().parse(
        await call(() =>
          sql<{ result: unknown }[]>`select public.load_report(${reportId}) as result`
        ),
      ),
  };
}
