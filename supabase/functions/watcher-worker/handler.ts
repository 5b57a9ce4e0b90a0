import { z } from "zod";
import { serveWorker, type WorkerDeps } from "../_shared/platform/http/serve_worker.ts";
import type { Logger } from "../_shared/platform/logger.ts";

/** What the function works with. */
export interface WatcherWorkerHandlerDeps extends WorkerDeps {
  /** Runs a worker to its end. */
  readonly work: (groupId: string | null, log: Logger) => Promise<unknown>;
}

const bodySchema = z.strictObject({
  /** The group of jobs to serve first, by the name that the queue has for all groups; null for any. */
  report_id: z.guid().nullable().default(null),
});

/** `POST /watcher-worker`: starts a worker that has results judged, see {@link serveWorker}. */
export function createHandler(
  deps: WatcherWorkerHandlerDeps,
): (request: Request) => Promise<Response> {
  return serveWorker({
    ...deps,
    schema: bodySchema,
    about: ({ report_id }) => report_id === null ? {} : { group_id: report_id },
    work: ({ report_id }, log) => deps.work(report_id, log),
  });
}
