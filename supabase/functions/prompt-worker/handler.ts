import { z } from "zod";
import { serveWorker, type WorkerDeps } from "../_shared/platform/http/serve_worker.ts";
import type { Logger } from "../_shared/platform/logger.ts";

/** What the function works with. */
export interface PromptWorkerHandlerDeps extends WorkerDeps {
  /** Runs a worker to its end. */
  readonly work: (runId: string | null, log: Logger) => Promise<unknown>;
}

const bodySchema = z.strictObject({
  /** The run to serve first, by the name that the queue has for every kind of group; null for any. */
  report_id: z.guid().nullable().default(null),
});

/** `POST /prompt-worker`: starts a worker, see {@link serveWorker}. */
export function createHandler(
  deps: PromptWorkerHandlerDeps,
): (request: Request) => Promise<Response> {
  return serveWorker({
    ...deps,
    schema: bodySchema,
    about: ({ report_id }) => report_id === null ? {} : { run_id: report_id },
    work: ({ report_id }, log) => deps.work(report_id, log),
  });
}
