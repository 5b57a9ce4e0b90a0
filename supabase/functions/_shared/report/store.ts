import { z } from "zod";
import { loadedReportSchema } from "../benchmark/store.ts";
import { type Database, query, toJson } from "../platform/database.ts";
import type { ObserveStatement } from "../platform/jobs/worker_leases.ts";
import { type ListedReport, listedReportSchema, type ReportListQuery } from "./listed_report.ts";
import type { ReportConclusion } from "./report_summary.ts";
import { reportRunSchema } from "./report_run.ts";
import {
  type DraftAgain,
  draftAgainSchema,
  orderedViewSchema,
  type OwnerLink,
  ownerLinkSchema,
  type RelatedReport,
  relatedReportsSchema,
  reportImagesSchema,
  reportProgressSchema,
  type ReportViewer,
  type Sharing,
  type SharingChange,
  sharingSchema,
} from "./report_view.ts";

/** Reports as their viewers may see them. Each method returns null if the viewer may see nothing. */
export type ReportViews = ReturnType<typeof createReportViews>;

/** Reads reports through the database's `view_report…` RPCs, which decide what a viewer may see. */
export function createReportViews(sql: Database) {
  const ask = async <Schema extends z.ZodType>(
    rpc: "view_report" | "view_report_progress" | "view_report_images",
    schema: Schema,
    viewer: ReportViewer,
    more = sql``,
  ): Promise<z.output<Schema> | null> => {
    const [token, report, owner] = "token" in viewer
      ? [viewer.token, null, null]
      : [null, viewer.reportId, viewer.ownerId];
    const [row] = await query(() =>
      sql<{ result: unknown }[]>`
        select public.${sql(rpc)}(
          p_token => ${token}::text, p_report => ${report}::uuid, p_viewer => ${owner}::uuid ${more}
        ) as result`
    );
    return row === undefined || row.result === null ? null : schema.parse(row.result);
  };
  return {
    /** @param options.revision Null for the newest complete one. */
    view: (
      viewer: ReportViewer,
      { withRuns, revision }: { readonly withRuns: boolean; readonly revision: number | null },
    ) =>
      ask(
        "view_report",
        orderedViewSchema,
        viewer,
        sql`, p_with_runs => ${withRuns}::boolean, p_revision => ${revision}::integer`,
      ),
    viewProgress: (viewer: ReportViewer) =>
      ask("view_report_progress", reportProgressSchema, viewer),
    /** Returns null also for visitors if the order is not shared. */
    viewImages: (viewer: ReportViewer) => ask("view_report_images", reportImagesSchema, viewer),
    /** Returns complete reports of the account on some of the same images, the newest first. */
    async listRelated({ reportId, ownerId }: OwnerLink): Promise<RelatedReport[]> {
      const [row] = await query(() =>
        sql<{ related: unknown }[]>`
          select public.list_related_reports(${reportId}::uuid, ${ownerId}::uuid) as related`
      );
      return relatedReportsSchema.parse(row?.related);
    },
    /** Makes a draft that orders the report again; null if the account has no such report. */
    async draftAgain({ reportId, ownerId }: OwnerLink): Promise<DraftAgain | null> {
      const [row] = await query(() =>
        sql<{ draft: unknown }[]>`
          select public.draft_again(${reportId}::uuid, ${ownerId}::uuid) as draft`
      );
      return draftAgainSchema.nullable().parse(row?.draft ?? null);
    },
    /** Returns what an owner's token opens; null for a wrong or replaced one. */
    async openOwnerLink(token: string): Promise<OwnerLink | null> {
      const [row] = await query(() =>
        sql<{ link: unknown }[]>`select public.open_owner_link(${token}) as link`
      );
      return ownerLinkSchema.nullable().parse(row?.link ?? null);
    },
    /**
     * Checks an owner's token and changes the sharing of its report in one transaction. Returns null
     * for a wrong or replaced token.
     */
    async changeSharing(token: string, change: SharingChange): Promise<Sharing | null> {
      const [expires, shares] = change.change === "set"
        ? [change.expires_at, change.shares_order]
        : [null, null];
      const [row] = await query(() =>
        sql<{ sharing: unknown }[]>`
          select public.change_sharing_by_link(
            ${token}, ${change.change}, ${expires}::timestamptz, ${shares}::boolean
          ) as sharing`
      );
      return sharingSchema.nullable().parse(row?.sharing ?? null);
    },
  };
}

/** Lists the reports of their owners. */
export type ReportList = ReturnType<typeof createReportList>;

/** Creates {@link ReportList}. */
export function createReportList(sql: Database) {
  return async (
    ownerId: string,
    { limit, status, after }: ReportListQuery,
  ): Promise<ListedReport[]> => {
    const rows = await query(() =>
      sql<{ report: unknown }[]>`
        select jsonb_build_object(
          'report_id', r.id, 'name', coalesce(d.name, ''), 'status', r.status,
          'recommended_model', r.recommended_model, 'model_count', r.model_count,
          'image_count', coalesce(json_array_length(o.config_snapshot -> 'images'), 0),
          'cost_usd', r.total_api_cost, 'created_at', r.created_at, 'completed_at', r.completed_at
        ) as report
        from public.reports r
        left join public.report_orders o on o.report_id = r.id
        left join public.benchmark_drafts d on d.id = r.draft_id and d.owner_id = r.owner_id
        where r.owner_id = ${ownerId}::uuid
          and (${status}::text is null or r.status = ${status}::text)
          and (${after}::uuid is null or (r.created_at, r.id) < (
            select a.created_at, a.id from public.reports a
            where a.id = ${after}::uuid and a.owner_id = ${ownerId}::uuid
          ))
        order by r.created_at desc, r.id desc
        limit ${limit}::integer`
    );
    return rows.map(({ report }) => listedReportSchema.parse(report));
  };
}

/** A report whose runs have all ended. */
const finishedSchema = z.object({
  report: loadedReportSchema,
  runs: z.array(reportRunSchema),
  /** Predicted at checkout. */
  predicted_cost_usd: z.number(),
  /** Cost of all calls, including repeated ones. */
  actual_cost_usd: z.number(),
}).transform(({ report, ...ended }) => ({ ...report, ...ended }));

/** Reads and concludes reports whose runs have all ended, for the worker that sums them up. */
export type ReportEndings = ReturnType<typeof createReportEndings>;

/** Creates {@link ReportEndings} for the worker with the id `workerId`. */
export function createReportEndings(
  sql: Database,
  workerId: string,
  observe: ObserveStatement = () => {},
) {
  return {
    async loadFinished(reportId: string): Promise<z.output<typeof finishedSchema>> {
      observe("load_finalization");
      const [row] = await sql`select public.load_finalization(${reportId}) as finished`;
      return finishedSchema.parse(row?.["finished"]);
    },
    /**
     * Ends the report and the job in one transaction. Returns false if the lease was lost or the
     * report had ended.
     */
    async finalizeReport(
      job: { readonly job_id: number; readonly attempt: number },
      conclusion: ReportConclusion,
    ): Promise<boolean> {
      observe("finalize_report");
      const [row] = await sql`
        select public.finalize_report(
          ${workerId}, ${job.job_id}, ${job.attempt}, ${conclusion.status},
          ${conclusion.recommendedModelId}, ${conclusion.rationale},
          ${sql.json(toJson(conclusion.summary))}, ${conclusion.error}
        ) as is_recorded`;
      return row?.["is_recorded"] === true;
    },
  };
}
