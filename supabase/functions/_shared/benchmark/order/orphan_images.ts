import { type Database, query } from "../../platform/database.ts";
import type { OrphanFiles } from "../../platform/http/serve_sweep.ts";
import { unavailable } from "../../platform/http/problem.ts";
import type { StorageClient } from "../../platform/storage.ts";
import { IMAGES_BUCKET } from "./image_store.ts";

/** Finds and removes sample images that no draft or report needs. It bypasses RLS. */
export function createOrphanImages(sql: Database, storage: StorageClient): OrphanFiles {
  return {
    bucket: IMAGES_BUCKET,
    list: async (olderThanSeconds, limit) => {
      const rows = await query(() =>
        sql<{ path: string }[]>`
          select path from public.list_orphan_images(
            make_interval(secs => ${olderThanSeconds}), ${limit}
          ) path`
      );
      return rows.map(({ path }) => path);
    },
    remove: async (paths) => {
      const { error } = await storage.from(IMAGES_BUCKET).remove([...paths]);
      if (error !== null) throw unavailable("storage.unavailable", error);
    },
  };
}
