import { z } from "zod";
import type { Logger } from "../logger.ts";
import { serveWorker, type WorkerDeps } from "./serve_worker.ts";

/** Files in a bucket of Storage that belong to nothing. */
export interface OrphanFiles {
  readonly bucket: string;
  /** Returns paths, the oldest first. Younger files that nothing has used yet are left out. */
  list(olderThanSeconds: number, limit: number): Promise<readonly string[]>;
  /** Ignores files that do not exist. @throws {Problem} `storage.unavailable` */
  remove(paths: readonly string[]): Promise<void>;
}

/** Options of {@link withSweep}. */
export interface SweepOptions extends WorkerDeps {
  /** Name of the function that answers. */
  readonly name: string;
  readonly orphans: OrphanFiles;
  /** Age in seconds up to which an unused file may be in an upload or await its use. */
  readonly youngSeconds: number;
}

const AT_ONCE = 500;
const MAX_ROUNDS = 20;

/**
 * Adds `POST /<name>/sweep` to a handler. Called by Postgres or the operator, it removes files that
 * belong to nothing → 202.
 */
export function withSweep(
  { youngSeconds, orphans, name, ...deps }: SweepOptions,
  serve: (request: Request) => Promise<Response>,
): (request: Request) => Promise<Response> {
  const sweep = serveWorker({
    ...deps,
    schema: z.strictObject({
      older_than_seconds: z.int().nonnegative().default(youngSeconds),
    }),
    // Whoever reads pg_net's queue has the token of Postgres: it must not remove files of uploads under way.
    work: ({ older_than_seconds }, log, caller) =>
      sweepFiles(orphans, caller === "operator" ? older_than_seconds : youngSeconds, log),
  });
  // The sweep has another authentication, so it is chosen before the handler.
  const path = new URLPattern({ pathname: `*/${name}/sweep{/}?` });
  return (request) => path.test(request.url) ? sweep(request) : serve(request);
}

async function sweepFiles(
  orphans: OrphanFiles,
  olderThanSeconds: number,
  log: Logger,
): Promise<void> {
  let removed = 0;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const paths = await orphans.list(olderThanSeconds, AT_ONCE);
    if (paths.length === 0) break;
    await orphans.remove(paths);
    removed += paths.length;
  }
  log.info("orphaned files removed", { bucket: orphans.bucket, removed });
}
