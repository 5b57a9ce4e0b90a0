import { z } from "zod";
import { serveWorker, type WorkerDeps } from "../_shared/platform/http/serve_worker.ts";
import type { Logger } from "../_shared/platform/logger.ts";

/** Dependencies of the function. */
export interface RescoreWorkerHandlerDeps extends WorkerDeps {
  /** Runs a worker to its end. */
  readonly work: (log: Logger) => Promise<unknown>;
}

/** A worker serves every report, so that it does not matter which one the call is about. */
const bodySchema = z.strictObject({ report_id: z.guid().nullable().default(null) });

/** `POST /rescore-worker`: starts a worker that scores answers again, see {@link serveWorker}. */
export function createHandler(
  deps: RescoreWorkerHandlerDeps,
): (request: Request) => Promise<Response> {
  return serveWorker({ ...deps, schema: bodySchema, work: (_body, log) => deps.work(log) });
}
