import { z } from "zod";
import { slugOf } from "../../models/providers.ts";
import { parseContestant, writeContestant } from "../../models/contestant.ts";
import { type Database, toJson } from "../../platform/database.ts";
import {
  createWorkerLeases,
  toReply,
  type WorkerIdentity,
} from "../../platform/jobs/worker_leases.ts";
import { watcherJobSchema, type WatcherSource } from "./watcher_job.ts";

const replySchema = z.object({
  jobs: z.array(watcherJobSchema),
  rejected: z.array(z.number()),
  waiting: z.number(),
  in_flight: z.number(),
  next_run_at_ms: z.number().nullable(),
});

/** Returns the queue of reviews for one worker. Each call is one statement. */
export function createWatcherSource(sql: Database, worker: WorkerIdentity): WatcherSource {
  return {
    ...createWorkerLeases(sql, "watcher-worker", worker),
    async exchange(results, want) {
      const [row] = await sql`
        select public.advance_watcher(
          ${worker.id}, ${sql.json(toJson(results))}, ${want}, ${worker.groupId}
        ) as reply`;
      const reply = toReply(replySchema.parse(row?.["reply"]));
      const jobs = reply.jobs.map((job) => {
        const { effort } = parseContestant(job.model);
        const modelId = slugOf(job.model, job.provider);
        return { ...job, model: writeContestant({ modelId, effort }) };
      });
      return { ...reply, jobs, prefetched: [], revoked: [] };
    },
  };
}
