import { z } from "zod";
import { slugOf } from "../../models/providers.ts";
import { parseContestant, writeContestant } from "../../models/contestant.ts";
import { type Database, toJson } from "../../platform/database.ts";
import { createWorkerLeases, toReply } from "../../platform/jobs/worker_leases.ts";
import { watcherJobSchema, type WatcherSource } from "./watcher_job.ts";

const replySchema = z.object({
  jobs: z.array(watcherJobSchema),
  rejected: z.array(z.number()),
  waiting: z.number(),
  in_flight: z.number(),
  next_run_at_ms: z.number().nullable(),
});

/** Makes one worker's connection to the queue. Each exchange is one call of `advance_watcher`. */
export function createWatcherSource(
  sql: Database,
  worker: {
    readonly id: string;
    /** The group whose jobs this worker takes first; null for any. */
    readonly groupId: string | null;
    readonly wallClockMs: number;
  },
): WatcherSource {
  const { id, groupId } = worker;
  return {
    ...createWorkerLeases(sql, { ...worker, functionName: "watcher-worker" }),
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
