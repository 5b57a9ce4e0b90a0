import { z } from "zod";
import { type Database, query } from "../platform/database.ts";
import type { EmailQueue } from "./email_queue.ts";
import type { ReportNotice } from "./report_notice.ts";

const jobsSchema = z.array(z.object({
  job_id: z.number(),
  attempt: z.number(),
  payload: z.object({ report_id: z.string() }),
}));

const reportSchema = z.object({
  report_id: z.string(),
  status: z.string(),
  owner_email: z.string().nullable(),
  share_token: z.string().nullable(),
  recommended_model: z.string().nullable(),
  rationale: z.string().nullable(),
  doubt: z.string().nullable(),
  most_accurate: z.string().nullable(),
  recommended_figures: z.object({
    accuracy: z.number().nullable(),
    accuracyInterval: z.object({ low: z.number(), high: z.number() }).nullable(),
    costPerRun: z.number().nullable(),
    medianLatency: z.number().nullable(),
  }).nullable(),
  unmeasured_models: z.number(),
  no_recommendation: z.string().nullable(),
  fitted_images: z.string().nullable(),
  config_snapshot: z.object({
    images: z.array(z.unknown()),
    models: z.array(z.object({ id: z.string(), name: z.string() })),
  }),
}).nullable();

/** The queue's doors for the worker that goes by `workerId`. */
export function createEmailQueue(
  sql: Database,
  workerId: string,
  wallClockMs: number,
): EmailQueue {
  const ttlSeconds = Math.ceil(wallClockMs / 1000);
  const door = async (statement: () => PromiseLike<{ readonly result: unknown }[]>) =>
    (await query(statement))[0]?.result;

  return {
    register: async () =>
      await door(() =>
        sql<{ result: unknown }[]>`
          select public.register_worker(${workerId}, 'email-worker', null, ${ttlSeconds}) as result`
      ) === true,

    claim: async (want) => {
      const jobs = jobsSchema.parse(
        await door(() =>
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
      await door(() =>
        sql<{ result: unknown }[]>`
          select public.complete_job(${workerId}, ${job.jobId}, ${job.attempt}) as result`
      ) === true,

    retry: async (job, delaySeconds, error) =>
      await door(() =>
        sql<{ result: unknown }[]>`
          select public.retry_job(
            ${workerId}, ${job.jobId}, ${job.attempt}, ${delaySeconds}, ${error}
          ) as result`
      ) === true,

    renew: async () => {
      await door(() =>
        sql<{ result: unknown }[]>`select public.renew_leases(${workerId}) as result`
      );
    },

    release: async (chain) => {
      await door(() =>
        sql<{ result: unknown }[]>`select public.release_worker(${workerId}, ${chain}) as result`
      );
    },

    loadNotice: async (reportId): Promise<ReportNotice | null> => {
      const report = reportSchema.parse(
        await door(() =>
          sql<{ result: unknown }[]>`select public.load_report(${reportId}) as result`
        ),
      );
      if (report === null) return null;
      const { images, models } = report.config_snapshot;
      const recommended = models.find((model) => model.id === report.recommended_model);
      return {
        reportId: report.report_id,
        status: report.status,
        recipient: report.owner_email,
        shareToken: report.share_token,
        modelCount: models.length,
        unmeasuredCount: report.unmeasured_models,
        imageCount: images.length,
        fittedImages: report.fitted_images,
        recommendation: recommended === undefined ? null : {
          modelName: recommended.name,
          rationale: report.rationale,
          figures: report.recommended_figures,
          doubt: report.doubt,
          runnerUp: report.most_accurate,
        },
        noRecommendation: report.no_recommendation,
      };
    },
  };
}
