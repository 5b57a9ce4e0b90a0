import { type Database, query, TEXT_ARRAY, toJson } from "../../platform/database.ts";
import { writeJson } from "../../platform/json/lossless_json.ts";
import type { Configuration } from "../configuration.ts";

/** Store of customers' drafts. */
export type DraftStore = ReturnType<typeof createDraftStore>;

/**
 * Creates the store of the table `benchmark_drafts`. It bypasses RLS: every statement names the
 * owner.
 */
export function createDraftStore(sql: Database) {
  return {
    /**
     * Returns the row of a draft, unchecked, since customers can write anything into theirs. Returns
     * null if there is none, or if it is another account's.
     */
    findDraft: async (id: string, ownerId: string): Promise<unknown> => {
      const [row] = await query(() =>
        sql`
          select id, owner_id, name, upload_data, prompt, json_schema, model_ids, priorities,
            runs_per_model, strategy, minimum_accuracy, data_collection, zdr
          from public.benchmark_drafts
          where id = ${id} and owner_id = ${ownerId}`
      );
      return row ?? null;
    },

    /**
     * Stores a configuration as a draft unless there is one with that id. Returns false if that one
     * is another account's.
     */
    keepDraft: async (id: string, ownerId: string, configuration: Configuration) => {
      const uploadData = { images: configuration.images };
      // The update changes nothing: it lets the second of two concurrent calls see the first one's
      // row.
      const rows = await query(() =>
        sql`
          insert into public.benchmark_drafts as kept
            (id, owner_id, name, upload_data, prompt, json_schema, model_ids, priorities,
             runs_per_model, strategy, minimum_accuracy, data_collection, zdr)
          values (
            ${id}, ${ownerId}, ${configuration.name ?? ""}, ${sql.json(toJson(uploadData))},
            ${configuration.prompt}, ${writeJson(configuration.json_schema)}::text::json,
            ${sql.array(configuration.model_ids, TEXT_ARRAY)},
            ${sql.array(configuration.priorities, TEXT_ARRAY)},
            ${configuration.runs_per_model}, ${configuration.strategy},
            ${configuration.minimum_accuracy}, ${configuration.data_collection},
            ${configuration.zdr}
          )
          on conflict (id) do update set id = excluded.id where kept.owner_id = excluded.owner_id
          returning kept.id`
      );
      return rows.length > 0;
    },
  };
}
