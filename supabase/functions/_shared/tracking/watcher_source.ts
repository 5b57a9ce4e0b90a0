import { z } from "zod";
import { slugOf } from "../models/calls/provider_clients.ts";
import { parseContestant, writeContestant } from "../models/contestant.ts";
import { tokenPricesSchema } from "../models/token_prices.ts";
import { type Database, toJson } from "../platform/database.ts";
import { createWorkerLeases, jobTriesShape, toReply } from "../platform/jobs/worker_leases.ts";
import { pastResultSchema, watchedResultSchema, watchedRunSchema } from "./watcher.ts";
import type { WatcherSource } from "./watcher_job.ts";

const replySchema = z.object({
  jobs: z.array(z.object({
    job_id: z.number(),
    attempt: z.number(),
    ...jobTriesShape,
    provider: z.string(),
    model: z.string(),
    is_structured: z.boolean(),
    prices: tokenPricesSchema,
    run: watchedRunSchema,
    result: watchedResultSchema,
    history: z.array(pastResultSchema),
  })),
  rejected: z.array(z.number()),
  waiting: z.number(),
  in_flight: z.number(),
  next_run_at_ms: z.number().nullable(),
});

/** The queue as one worker sees it, each call one statement of `advance_watcher` and its kin. */
export function createWatcherSource(
  sql: Database,
  worker: {
    readonly id: string;
    /** The group of jobs whose chain this is; null for the chain that serves any. */
    readonly groupId: string | null;
    readonly wallClockMs: number;
  },
): WatcherSource {
  const { id, groupId } = worker;
  return {
    ...createWorkerLeases(sql, { ...worker, functionName: "watcher-worker", groupId: groupId }),
    async exchange(results, want) {
      const [row] = await sql`
        select public.advance_watcher(
          ${id}, ${sql.json(toJson(results))}, ${want}, ${groupId}
        ) as reply`;
      const reply = toReply(replySchema.parse(row?.["reply"]));
      const jobs = reply.jobs.map((job) => {
        const { effort } = parseContestant(job.model);
        const modelId = slugOf(job.model, job.provider);
        return { ...job, model: writeContestant({ modelId, effort }) };
      });
      return { ...reply, jobs, standby: [], recalled: [] };
    },
  };
}
