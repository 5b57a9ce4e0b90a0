import { z } from "zod";
import { createTextModels } from "../_shared/models/calls/model_client.ts";
import { providerEnv, readProviderEndpoints } from "../_shared/models/provider_env.ts";
import { platformEnv, workerEnv } from "../_shared/platform/env.ts";
import { serveQueueWorker } from "../_shared/platform/jobs/serve_queue_worker.ts";
import { createPromptRunReader, createPromptWorkSource } from "../_shared/prompts/store.ts";
import { workOnPrompts } from "./work_on_prompts.ts";

serveQueueWorker({
  name: "prompt-worker",
  env: z.object({ ...platformEnv, ...workerEnv, ...providerEnv }),
  groupField: "run_id",
  compose({ env, sql, cpu }) {
    const models = createTextModels({ endpoints: readProviderEndpoints(env), cpu });
    const reader = createPromptRunReader(sql);
    return (run) =>
      workOnPrompts(run, { source: createPromptWorkSource(sql, run), reader, models });
  },
});
