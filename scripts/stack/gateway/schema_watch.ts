import type { Log, Service } from "../service.ts";
import { startWorker } from "../worker_session.ts";

/** Channel that the event triggers of `system_schema.sql` notify. PostgREST uses the same name. */
const CHANNEL = "pgrst";

/**
 * Calls `onChange` after each committed schema change, and after a reconnect that may have missed
 * one.
 */
export async function watchSchema(
  dbUrl: string,
  onChange: () => Promise<void>,
  log: Log,
): Promise<Service> {
  const worker = startWorker({
    dbUrl,
    name: "schema-watch",
    channel: CHANNEL,
    work: async ({ notified, over }) => {
      while (!over.aborted) {
        await onChange();
        await notified();
      }
    },
    log,
  });
  await worker.ready;
  return { name: "schema-watch", stop: worker.stop };
}
