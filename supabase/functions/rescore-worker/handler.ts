import { z } from "zod";
import { serveWorker, type WorkerDeps } from "../_shared/platform/http/serve_worker.ts";
import type { Logger } from "../_shared/platform/logger.ts";

/** Dependencies of the function. */
interface RescoreWorkerHandlerDeps extends WorkerDeps {
  /** Runs a worker to its end. */
  readonly work: (log: Logger) => Promise<unknown>;
}

/** The report of the call does not matter, because a worker serves all reports. */
const bodySchema = z.strictObject({ report_id: z.guid().nullable().default(null) });

/** Creates the handler of `POST /rescore-worker`, which starts a worker; see {@link serveWorker}. */
export function createHandler(
  deps: RescoreWorkerHandlerDeps,
): (request: Request) => Promise<Response> {
  return serveWorker({ ...deps, schema: bodySchema, work: (_body, log) => deps.work(log) });
}
