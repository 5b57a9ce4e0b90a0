import type { Logger } from "../platform/logger.ts";
import type { DatasetFiles, DatasetStore } from "./ports.ts";

const AT_ONCE = 500;
const MAX_ROUNDS = 20;

/**
 * Removes files that no dataset points at. Younger ones are left alone: their rows may be on the way.
 *
 * @returns how many.
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
  log.info("swept", { removed });
  return removed;
}
