import { z } from "zod";
import { authenticateSecret } from "../_shared/http/authenticate_secret.ts";
import type { Logger } from "../_shared/http/logger.ts";
import { json, serveJson } from "../_shared/http/serve_json.ts";

/** What the function works with. */
export interface BenchmarkWorkerHandlerDeps {
  /** Keys that a caller proves itself with. */
  readonly secretKeys: readonly string[];
  /** Runs a worker to its end. */
  readonly work: (reportId: string | null, log: Logger) => Promise<unknown>;
  /** Keeps the isolate alive until the promise is settled. */
  readonly waitUntil: (work: Promise<unknown>) => void;
  readonly log: Logger;
}

const bodySchema = z.strictObject({
  /** The report to serve first; null for any. */
  report_id: z.guid().nullable().default(null),
});

/**
 * `POST /benchmark-worker` with a secret key in `apikey`: starts a worker and answers 202 at once,
 * because pg_net holds up every other request of the project until its slowest one is answered.
 *
 * What runs on may be lost with the isolate: leases run out, and the sweep starts another worker.
 */
export function createHandler(
  deps: BenchmarkWorkerHandlerDeps,
): (request: Request) => Promise<Response> {
  return serveJson({
    methods: ["POST"],
    // Called by Postgres alone.
    origins: [],
    authenticate: authenticateSecret(deps.secretKeys),
    schema: bodySchema,
    maxBodyBytes: 4_096,
    log: deps.log,
    handle: ({ body, log }) => {
      const reportId = body.report_id;
      const workerLog = reportId === null ? log : log.with({ report_id: reportId });
      const work = (async () => await deps.work(reportId, workerLog))();
      deps.waitUntil(work.catch((error: unknown) => workerLog.error("worker failed", { error })));
      return Promise.resolve(json({ accepted: true }, 202));
    },
  });
}
