import { z } from "zod";
import { configSnapshotSchema } from "../benchmark/config.ts";
import { type Database, query, toJson } from "../platform/database.ts";
import { notFound, Problem } from "../platform/http/problem.ts";
import type { JsonObject } from "../platform/json/json_value.ts";

const orderSchema = z.object({ owner_id: z.string(), config_snapshot: configSnapshotSchema })
  .nullable();

const revisionSchema = z.object({
  report_id: z.string(),
  revision: z.number(),
  status: z.enum(["scoring", "complete"]),
  scorer_version: z.number(),
  is_new: z.boolean(),
});

/** Begins to score reports again, through the database's `rescore_report`. */
export function createRescoring(sql: Database) {
  return {
    async loadOrder(reportId: string, ownerId: string) {
      const [row] = await query(() =>
        sql<{ result: unknown }[]>`select public.load_report(${reportId}::uuid) as result`
      );
      const order = orderSchema.parse(row?.result);
      return order === null || order.owner_id !== ownerId ? null : order.config_snapshot;
    },
    async open(reportId: string, schema: JsonObject | null) {
      try {
        const [row] = await query(() =>
          sql<{ result: unknown }[]>`
            select public.rescore_report(
              p_report => ${reportId}::uuid,
              p_json_schema => ${schema === null ? null : sql.json(toJson(schema))}::jsonb
            ) as result`
        );
        return revisionSchema.parse(row?.result);
      } catch (error) {
        const code = error instanceof Error && "code" in error ? error.code : null;
        if (code === "PT404") throw notFound("The finished report");
        if (code === "PT409") {
          throw new Problem("resource.conflict", "The report is being rescored by other rules.", {
            cause: error,
          });
        }
        if (code === "PT422") {
          throw new Problem("request.invalid", "The report has as many revisions as it may have.", {
            cause: error,
          });
        }
        throw error;
      }
    },
  };
}
