import type { Logger } from "../platform/logger.ts";
import type { DatasetFiles } from "./dataset_files.ts";
import type { DatasetStore } from "./store.ts";

const AT_ONCE = 500;
const MAX_ROUNDS = 20;

/**
 * Removes files that belong to no dataset. Younger files are kept, because they may be in an upload.
 *
 * @returns the number of removed files.
 */
export async function sweepFiles(
  { store, files, log }: {
    readonly store: DatasetStore;
    readonly files: DatasetFiles;
    readonly log: Logger;
  },
  olderThanSeconds: number,
): Promise<number> {
  let removed = 0;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const paths = await store.listOrphanFiles(olderThanSeconds, AT_ONCE);
    if (paths.length === 0) break;
    await files.remove(paths);
    removed += paths.length;
  }
  log.info("orphaned dataset files removed", { removed });
  return removed;
}
