import type { z } from "zod";
import type { LogFields, Logger } from "../logger.ts";
import {
  authenticateWorker,
  type WorkerCaller,
  type WorkerCallers,
} from "./authenticate_worker.ts";
import { json, serveJson } from "./serve_json.ts";

/** Dependencies of every function that works in the background. */
export interface WorkerDeps extends WorkerCallers {
  /** Keeps the isolate alive until the promise is settled. */
  readonly waitUntil: (work: Promise<unknown>) => void;
  readonly log: Logger;
}

/** Options of {@link serveWorker}. */
export interface WorkerOptions<Schema extends z.ZodType> extends WorkerDeps {
  /** Shape of the body. Use `z.strictObject`, so that a misspelt field is named and not ignored. */
  readonly schema: Schema;
  /** Returns fields that stand on every line that the work logs. */
  readonly about?: (body: z.output<Schema>) => LogFields;
  /** Works until nothing is left or time is up. A failure is logged. */
  readonly work: (body: z.output<Schema>, log: Logger, caller: WorkerCaller) => Promise<unknown>;
}

const MAX_BODY_BYTES = 4_096;

/**
 * Returns the HTTP handler of a background function: `POST` by Postgres or the operator, see
 * {@link authenticateWorker}, starts the work and answers 202 at once, because pg_net holds up every other
 * request of the project until its slowest one is answered.
 *
 * Work that goes on after the answer may be lost with the isolate: leases run out, and the sweep starts
 * another worker.
 */
export function serveWorker<Schema extends z.ZodType>(
  options: WorkerOptions<Schema>,
): (request: Request) => Promise<Response> {
  return serveJson({
    methods: ["POST"],
    // Called by Postgres alone.
    origins: [],
    authenticate: authenticateWorker(options),
    schema: options.schema,
    maxBodyBytes: MAX_BODY_BYTES,
    log: options.log,
    handle: ({ body, log, caller }) => {
      const workerLog = log.with(options.about?.(body) ?? {});
      const work = (async () => await options.work(body, workerLog, caller))();
      options.waitUntil(
        work.catch((error: unknown) => workerLog.error("worker failed", { error })),
      );
      return Promise.resolve(json({ accepted: true }, 202));
    },
  });
}
