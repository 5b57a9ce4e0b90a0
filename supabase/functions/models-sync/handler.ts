import { z } from "zod";
import { serveWorker, type WorkerDeps } from "../_shared/platform/http/serve_worker.ts";
import type { Logger } from "../_shared/platform/logger.ts";

/** Dependencies of the function. */
export interface ModelsSyncDeps extends WorkerDeps {
  /** Reads the providers' lists of models. */
  readonly work: (log: Logger) => Promise<unknown>;
}

/**
 * `POST /models-sync` with `{}`: reads the providers' lists of models; see {@link serveWorker}.
 */
export function createHandler(deps: ModelsSyncDeps): (request: Request) => Promise<Response> {
  return serveWorker({ ...deps, schema: z.strictObject({}), work: (_body, log) => deps.work(log) });
}
