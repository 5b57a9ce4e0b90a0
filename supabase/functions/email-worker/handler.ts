import { z } from "zod";
import { serveWorker, type WorkerDeps } from "../_shared/platform/http/serve_worker.ts";
import type { Logger } from "../_shared/platform/logger.ts";

/** What the function works with. */
export interface EmailWorkerHandlerDeps extends WorkerDeps {
  /** Sends the e-mails that wait. */
  readonly work: (log: Logger) => Promise<unknown>;
}

/** Which report the call is about matters to nobody: all that waits is sent. */
const bodySchema = z.strictObject({ report_id: z.guid().nullable().default(null) });

/** `POST /email-worker`: has the e-mails that wait sent, see {@link serveWorker}. */
export function createHandler(
  deps: EmailWorkerHandlerDeps,
): (request: Request) => Promise<Response> {
  return serveWorker({ ...deps, schema: bodySchema, work: (_body, log) => deps.work(log) });
}
