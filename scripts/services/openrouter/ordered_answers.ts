import postgres from "postgres";
import { z } from "zod";
import type { JsonValue } from "./answer.ts";

/** Expected JSON of an ordered image, and the name of the image's file. */
export interface OrderedAnswer {
  readonly file: string;
  readonly expected: JsonValue;
}

/** Source of the answers that customers expect. */
export interface OrderedAnswers {
  /** Finds what is expected from the image with one of these paths. Undefined if nobody ordered it. */
  find(paths: readonly string[]): Promise<OrderedAnswer | undefined>;
  stop(): Promise<void>;
}

const rowsSchema = z.array(z.object({ path: z.string(), expected: z.json() }));

/**
 * Reads the answers from the orders of a stack's reports that run now, so that the simulated models
 * know the images of every customer. They know none while the database cannot be reached.
 */
export function readOrderedAnswers(databaseUrl: string): OrderedAnswers {
  const sql = postgres(databaseUrl, { max: 2, idle_timeout: 10, onnotice: () => {} });
  return {
    find: async (paths) => {
      const rows = await sql`
        select i.image ->> 'path' as path, i.image -> 'expected' as expected
        from public.reports r
        join public.report_orders o on o.report_id = r.id
        cross join lateral json_array_elements(o.config_snapshot -> 'images') as i (image)
        where r.status in ('paid', 'running') and i.image ->> 'path' = any(${[...paths]})
        order by r.paid_at desc limit 1`.catch(() => []);
      const [found] = rowsSchema.parse([...rows]);
      return found === undefined
        ? undefined
        : { file: found.path.split("/").at(-1) ?? found.path, expected: found.expected };
    },
    stop: () => sql.end({ timeout: 1 }),
  };
}
