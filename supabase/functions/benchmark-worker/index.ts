import { z } from "zod";
import { createImageSource } from "../_shared/benchmark/signed_images.ts";
import { createBenchmarkStore, createWorkSource } from "../_shared/benchmark/store.ts";
import { createModelProvider } from "../_shared/models/calls/model_client.ts";
import { providerEnv, readProviderEndpoints } from "../_shared/models/provider_env.ts";
import { adminKeyOf, platformEnv, workerEnv } from "../_shared/platform/env.ts";
import { serveQueueWorker } from "../_shared/platform/jobs/serve_queue_worker.ts";
import { createReportEndings } from "../_shared/report/store.ts";
import { workOnBenchmarks } from "./work_on_benchmarks.ts";

serveQueueWorker({
  name: "benchmark-worker",
  env: z.object({ ...platformEnv, ...workerEnv, ...providerEnv }),
  groupField: "report_id",
  compose({ env, sql, cpu }) {
    const endpoints = readProviderEndpoints(env);
    const provider = createModelProvider({ endpoints, cpu });
    const images = createImageSource({
      supabaseUrl: env.SUPABASE_URL,
      key: adminKeyOf(env),
      baseUrls: Object.fromEntries(
        Object.entries(endpoints).map(([name, { baseUrl }]) => [name, baseUrl]),
      ),
      inlineOnly: new Set(env.INLINE_IMAGE_PROVIDERS),
    });
    return (run) =>
      workOnBenchmarks(run, {
        source: createWorkSource(sql, run),
        store: { ...createBenchmarkStore(sql, run.id), ...createReportEndings(sql, run.id) },
        images,
        provider,
      });
  },
});
