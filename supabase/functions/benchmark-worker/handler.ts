import { z } from "zod";
import { serveWorker, type WorkerDeps } from "../_shared/platform/http/serve_worker.ts";
import type { Logger } from "../_shared/platform/logger.ts";

/** What the function works with. */
export interface BenchmarkWorkerHandlerDeps extends WorkerDeps {
  /** Runs a worker to its end. */
  readonly work: (reportId: string | null, log: Logger) => Promise<unknown>;
}

const bodySchema = z.strictObject({
  /** The report to serve first; null for any. */
  report_id: z.guid().nullable().default(null),
});

/** `POST /benchmark-worker`: starts a worker, see {@link serveWorker}. */
export function createHandler(
  deps: BenchmarkWorkerHandlerDeps,
): (request: Request) => Promise<Response> {
  return serveWorker({
    ...deps,
    schema: bodySchema,
    about: ({ report_id }) => report_id === null ? {} : { report_id },
    work: ({ report_id }, log) => deps.work(report_id, log),
  });
}
