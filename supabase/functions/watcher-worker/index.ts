import { z } from "zod";
import { createTextModels } from "../_shared/models/calls/model_client.ts";
import { providerEnv, readProviderEndpoints } from "../_shared/models/provider_env.ts";
import { platformEnv, workerEnv } from "../_shared/platform/env.ts";
import { serveQueueWorker } from "../_shared/platform/jobs/serve_queue_worker.ts";
import { createWatcherSource } from "../_shared/tracking/watcher/watcher_source.ts";
import { workOnReviews } from "./work_on_reviews.ts";

serveQueueWorker({
  name: "watcher-worker",
  env: z.object({ ...platformEnv, ...workerEnv, ...providerEnv }),
  compose({ env, sql, cpu }) {
    const models = createTextModels({ endpoints: readProviderEndpoints(env), cpu });
    return (run) =>
      workOnReviews(run, {
        source: createWatcherSource(sql, run),
        models,
        makeFence: () => crypto.randomUUID(),
      });
  },
});
