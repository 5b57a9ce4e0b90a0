import { z } from "zod";
import { serveWorker, type WorkerDeps } from "../_shared/platform/http/serve_worker.ts";
import type { Logger } from "../_shared/platform/logger.ts";

/** Dependencies of the function. */
interface EmailWorkerHandlerDeps extends WorkerDeps {
  /** Sends all waiting e-mails. */
  readonly work: (log: Logger) => Promise<unknown>;
}

/** The report of the call does not matter, because all waiting e-mails are sent. */
const bodySchema = z.strictObject({ report_id: z.guid().nullable().default(null) });

/** Creates the handler of `POST /email-worker`, which starts sending waiting e-mails; see {@link serveWorker}. */
export function createHandler(
  deps: EmailWorkerHandlerDeps,
): (request: Request) => Promise<Response> {
  return serveWorker({ ...deps, schema: bodySchema, work: (_body, log) => deps.work(log) });
}
