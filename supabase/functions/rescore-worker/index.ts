import { z } from "zod";
import { platformEnv, workerEnv } from "../_shared/platform/env.ts";
import { serveQueueWorker } from "../_shared/platform/jobs/serve_queue_worker.ts";
import { createRescoringQueue } from "../_shared/report/rescoring_queue.ts";
import { DEFAULT_RESCORING_LIMITS, rescoreReports } from "./rescore_reports.ts";

serveQueueWorker({
  name: "rescore-worker",
  env: z.object({ ...platformEnv, ...workerEnv }),
  compose: ({ sql }) => (run) => {
    const limits = DEFAULT_RESCORING_LIMITS;
    return rescoreReports({ ...run, queue: createRescoringQueue(sql, { ...run, limits }), limits });
  },
});
