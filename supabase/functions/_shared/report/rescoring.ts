import { z } from "zod";
import { type ConfigSnapshot, configSnapshotSchema } from "../benchmark/snapshot.ts";
import { type Database, query } from "../platform/database.ts";
import { notFound, Problem } from "../platform/http/problem.ts";
import type { JsonObject } from "../platform/json/json_value.ts";
import { writeJson } from "../platform/json/lossless_json.ts";

const orderSchema = z.object({ owner_id: z.string(), config_snapshot: configSnapshotSchema })
  .nullable();

/** A scoring of a report's stored answers. */
const revisionSchema = z.object({
  report_id: z.string(),
  revision: z.number(),
  status: z.enum(["scoring", "complete"]),
  scorer_version: z.number(),
  /** True if this request began it. */
  is_new: z.boolean(),
});
export type Revision = z.infer<typeof revisionSchema>;

/** Part of a report's configuration that scoring depends on. */
export type ScoredOrder = Pick<ConfigSnapshot, "json_schema" | "images">;

/** Requests to score a report's stored answers again. */
export type Rescoring = ReturnType<typeof createRescoring>;

/** Creates {@link Rescoring} on the database's `rescore_report`. */
export function createRescoring(sql: Database) {
  return {
    /** Returns the order, or null if the report does not exist or belongs to another user. */
    async loadOrder(reportId: string, ownerId: string): Promise<ScoredOrder | null> {
      const [row] = await query(() =>
        sql<{ result: unknown }[]>`select public.load_report(${reportId}::uuid) as result`
      );
      const order = orderSchema.parse(row?.result);
      return order === null || order.owner_id !== ownerId ? null : order.config_snapshot;
    },
    /**
     * Begins a revision, or returns the existing one with the same scorer and rules.
     *
     * @param schema The ordered schema with other rules; null keeps the rules of the shown revision.
     * @throws {Problem} `resource.not_found` unless the report has ended; `resource.conflict` while
     * it is being rescored by other rules; `request.invalid` if it has the largest number of
     * revisions.
     */
    async open(reportId: string, schema: JsonObject | null): Promise<Revision> {
      try {
        const [row] = await query(() =>
          sql<{ result: unknown }[]>`
            select public.rescore_report(
              p_report => ${reportId}::uuid,
              p_json_schema => ${schema === null ? null : writeJson(schema)}::text::json
            ) as result`
        );
        return revisionSchema.parse(row?.result);
      } catch (cause) {
        const code = cause instanceof Error && "code" in cause ? cause.code : null;
        if (code === "PT404") throw notFound("The finished report");
        if (code === "PT409") {
          const detail = "The report is being rescored by other rules.";
          throw new Problem("resource.conflict", detail, { cause });
        }
        if (code === "PT422") {
          const detail = "The report has the largest allowed number of revisions.";
          throw new Problem("request.invalid", detail, { cause });
        }
        throw cause;
      }
    },
  };
}
