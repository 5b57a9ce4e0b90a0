import { z } from "zod";
import { authenticateSecret } from "../_shared/http/authenticate_secret.ts";
import type { Logger } from "../_shared/http/logger.ts";
import { json, serveJson } from "../_shared/http/serve_json.ts";

/** What the function works with. */
export interface EmailWorkerHandlerDeps {
  /** Keys that a caller proves itself with. */
  readonly secretKeys: readonly string[];
  /** Sends the e-mails that wait. */
  readonly work: (log: Logger) => Promise<unknown>;
  /** Keeps the isolate alive until the promise is settled. */
  readonly waitUntil: (work: Promise<unknown>) => void;
  readonly log: Logger;
}

/** Which report the call is about matters to nobody: all that waits is sent. */
const bodySchema = z.strictObject({ report_id: z.guid().nullable().default(null) });

/**
 * `POST /email-worker` with a secret key in `apikey`: has the e-mails that wait sent and answers
 * 202 at once, because pg_net holds up every other request of the project until its slowest one is
 * answered.
 *
 * What runs on may be lost with the isolate: leases run out, and the sweep starts another worker.
 */
export function createHandler(
  deps: EmailWorkerHandlerDeps,
): (request: Request) => Promise<Response> {
  return serveJson({
    methods: ["POST"],
    // Called by Postgres alone.
    origins: [],
    authenticate: authenticateSecret(deps.secretKeys),
    schema: bodySchema,
    maxBodyBytes: 4_096,
    log: deps.log,
    handle: ({ log }) => {
      const work = (async () => await deps.work(log))();
      deps.waitUntil(work.catch((error: unknown) => log.error("worker failed", { error })));
      return Promise.resolve(json({ accepted: true }, 202));
    },
  });
}
