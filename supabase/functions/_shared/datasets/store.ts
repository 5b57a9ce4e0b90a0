import { z } from "zod";
import { type Database, query } from "../platform/database.ts";
import type { DatasetStore } from "./ports.ts";
import { DELIMITERS } from "./read_csv.ts";
import { FORMATS } from "./read_rows.ts";

/** Of one statement's rows: enough that its round trip does not count, little enough to hold twice. */
const BATCH_CHARACTERS = 512 * 1024;

/** What a look at a dataset shows of it. */
const PREVIEW_ROWS = 100;
const PREVIEW_CHARACTERS = 4 * 1024 * 1024;

const infoSchema = z.object({
  id: z.string(),
  name: z.string(),
  version: z.number(),
  format: z.enum(FORMATS),
  delimiter: z.enum(DELIMITERS).nullable(),
  content_hash: z.string(),
  file_path: z.string(),
  file_bytes: z.number(),
  columns: z.array(z.string()),
  row_count: z.number(),
  created_at: z.string(),
});

/** Datasets behind the doors that the database opens to `service_role`. */
export function createDatasetStore(sql: Database): DatasetStore {
  return {
    load: (dataset, rows) =>
      query(() =>
        sql.begin(async (sql) => {
          const [opened] = await sql<{ known: unknown }[]>`
            select public.open_dataset(
              ${dataset.ownerId}::uuid, ${dataset.id}::uuid, ${dataset.name}, ${dataset.contentHash},
              ${dataset.format}, ${dataset.delimiter}, ${dataset.filePath}, ${dataset.fileBytes}::bigint
            ) as known`;
          if (opened?.known != null) {
            return { dataset: infoSchema.parse(opened.known), isNew: false };
          }
          let first = 0;
          let lines: string[] = [];
          let characters = 0;
          let writing: Promise<unknown> = Promise.resolve();
          // One batch is written while the next is read.
          const flush = async () => {
            await writing;
            const statement = sql`
              select public.add_dataset_rows(${dataset.id}::uuid, ${first}, ${lines.join("\n")})`;
            writing = statement.execute();
            // Whoever awaits it hears of its failure; until then it is nobody's.
            writing.catch(() => {});
            first += lines.length;
            lines = [];
            characters = 0;
          };
          for await (const batch of rows.batches()) {
            for (const line of batch) {
              lines.push(line);
              characters += line.length;
              if (characters >= BATCH_CHARACTERS) await flush();
            }
          }
          if (lines.length > 0) await flush();
          await writing;
          const [closed] = await sql<{ dataset: unknown }[]>`
            select public.close_dataset(
              ${dataset.id}::uuid, ${[...rows.columns]}::text[], ${rows.count}
            ) as dataset`;
          return { dataset: infoSchema.parse(closed?.dataset), isNew: true };
        })
      ),
    async read(ownerId, id) {
      const [row] = await query(() =>
        sql<{ dataset: string | null }[]>`
          select public.read_dataset(
            ${ownerId}::uuid, ${id}::uuid, ${PREVIEW_ROWS}, ${PREVIEW_CHARACTERS}
          )::text as dataset`
      );
      return row?.dataset ?? null;
    },
    async listOrphanFiles(olderThanSeconds, limit) {
      const rows = await query(() =>
        sql<{ path: string }[]>`
          select path from public.list_orphan_dataset_files(
            make_interval(secs => ${olderThanSeconds}), ${limit}
          ) path`
      );
      return rows.map(({ path }) => path);
    },
  };
}
