import { z } from "zod";
import { type Database, query } from "../platform/database.ts";
import { type Delimiter, DELIMITERS } from "./read_csv.ts";
import { type DatasetRows, type Format, FORMATS } from "./read_rows.ts";

/** Characters per statement: many enough to hide the round trip, few enough to hold in memory twice. */
const BATCH_CHARACTERS = 256 * 1024;

/** Limits of the rows that are shown with a dataset. */
const PREVIEW_ROWS = 100;
const PREVIEW_CHARACTERS = 4 * 1024 * 1024;

/** A dataset, as the API answers it. */
const datasetInfoSchema = z.object({
  id: z.string(),
  name: z.string(),
  /** Number of the version within the name, from 1. */
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

export type DatasetInfo = z.output<typeof datasetInfoSchema>;

/** A file in Storage that becomes a dataset. */
export interface NewDataset {
  readonly id: string;
  readonly ownerId: string;
  readonly name: string;
  readonly format: Format;
  /** Null unless the format is `csv`. */
  readonly delimiter: Delimiter | null;
  /** `<owner id>/<dataset id>.<format>` */
  readonly filePath: string;
  readonly fileBytes: number;
  /** SHA-256 of the file, in hexadecimal. */
  readonly contentHash: string;
}

/** Stores datasets and their rows. */
export interface DatasetStore {
  /**
   * Stores a dataset with all its rows in one transaction, as the next version of its name. If the name
   * has a version with the same bytes, format and delimiter, returns that one and reads no row.
   *
   * @throws {UnreadableError} from the rows. Nothing is stored then.
   */
  load(
    dataset: NewDataset,
    rows: DatasetRows,
  ): Promise<{ readonly dataset: DatasetInfo; readonly isNew: boolean }>;
  /**
   * Returns a {@link DatasetInfo} with its first `rows` as JSON text, because parsing it here would
   * round numbers. Null if the dataset does not exist or is another owner's.
   */
  read(ownerId: string, id: string): Promise<string | null>;
  /** Returns paths of files that belong to no dataset, the oldest first. */
  listOrphanFiles(olderThanSeconds: number, limit: number): Promise<readonly string[]>;
}

/** Makes the store. It calls functions of the database that are for `service_role`. */
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
            return { dataset: datasetInfoSchema.parse(opened.known), isNew: false };
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
            // The next `await writing` throws its error; until then it must not count as unhandled.
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
          return { dataset: datasetInfoSchema.parse(closed?.dataset), isNew: true };
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
