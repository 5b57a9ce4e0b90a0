import { z } from "zod";
import { serveWorker, type WorkerDeps } from "../_shared/platform/http/serve_worker.ts";
import type { Logger } from "../_shared/platform/logger.ts";

/** Dependencies of the function. */
export interface WatcherWorkerHandlerDeps extends WorkerDeps {
  /** Runs one worker until its queue is empty or its time is up. */
  readonly work: (groupId: string | null, log: Logger) => Promise<unknown>;
}

const bodySchema = z.strictObject({
  /** Group of jobs to serve first; null for any. The queue calls every group's id `report_id`. */
  report_id: z.guid().nullable().default(null),
});

/** `POST /watcher-worker`: starts a worker that has results reviewed, see {@link serveWorker}. */
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
