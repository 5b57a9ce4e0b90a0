import { z } from "zod";
import { STRATEGIES } from "../benchmark/configuration.ts";
import { storedJsonSchema } from "../compare/output_score.ts";
import { createFieldOrder } from "../compare/order_fields.ts";
import { EFFORTS } from "../models/contestant.ts";
import { jsonObjectSchema } from "../platform/json/json_value.ts";
import { type ReportModel, reportModelSchema } from "./model_summary.ts";
import { reportRunSchema } from "./report_run.ts";
import { reportSummarySchema } from "./report_summary.ts";

/** Reader of a report: the holder of its link, or its owner. */
export type ReportViewer =
  | { readonly token: string }
  | { readonly reportId: string; readonly ownerId: string };

const effort = z.enum(EFFORTS).nullable();
const text = z.string().nullable();

/** A run of a report as a viewer sees it. */
const viewedRunSchema = reportRunSchema.extend({
  /** Id of the model without an effort. */
  base_model_id: z.string(),
  effort,
  /** From 0. */
  repeat_index: z.number(),
  is_valid_json: z.boolean().nullable(),
  output_json: storedJsonSchema,
  input_tokens: z.number().nullable(),
  /** Part of the input tokens. */
  cached_tokens: z.number().nullable(),
  /** Company behind an aggregator that ran the model. */
  served_provider: z.string().nullable(),
  provider_request_id: z.string().nullable(),
  /** Change made to the request after it was refused or our token limit cut the answer off. */
  request_change: z.string().nullable(),
});
export type ViewedRun = z.infer<typeof viewedRunSchema>;

/** Report as a viewer sees it, in the JSON of the database's `view_report`. */
export const reportViewSchema = z.object({
  report: z.object({
    id: z.string(),
    status: z.string(),
    recommended_model: text,
    rationale: text,
    /** Null until the last run has ended. */
    summary: reportSummarySchema.nullable(),
    model_count: z.number(),
    partial: z.boolean().nullable(),
    partial_reason: text,
    error: text,
    /** USD. */
    total_api_cost: z.number().nullable(),
    created_at: z.string(),
    started_at: text,
    completed_at: text,
    /**
     * Time since when all that is left waits for providers that refuse our account. Nothing is lost:
     * the report goes on where it stopped. Null if it does not wait.
     */
    paused_since: text.default(null),
  }),
  /** Number of this scoring of the answers, from 1. */
  revision: z.number(),
  /** Version of the scorer that made this revision. */
  scorer_version: z.number(),
  /** Revisions that the viewer may see, the oldest first; empty before the report has ended. */
  revisions: z.array(z.object({
    revision: z.number(),
    /** `failed`: the report stayed as it was. */
    status: z.enum(["scoring", "complete", "failed"]),
    scorer_version: z.number(),
    created_at: z.string(),
    completed_at: text,
    error: text,
  })),
  /** Null if they were not asked for. */
  runs: z.array(viewedRunSchema).nullable(),
  run_count: z.number(),
  /** Ordered models, in the order of the order. */
  models: z.array(z.object({
    id: z.string(),
    /** Id without the effort. */
    model_id: z.string(),
    effort,
    name: z.string(),
    provider: z.string(),
    tier: z.string(),
  })),
  priorities: z.array(z.string()),
  image_count: z.number(),
  /** Times that each model reads each image. */
  runs_per_model: z.number(),
  strategy: z.enum(STRATEGIES),
  /** Null for visitors, and before the payment. */
  payment: z.object({
    /** In the smallest unit of the currency, as all amounts. */
    paid_amount: z.number(),
    refunded_amount: z.number(),
    currency: z.string(),
    disputed_amount: z.number().nullable(),
    /** Stripe's word for the newest dispute, such as `needs_response`; null without one. */
    dispute_status: text,
  }).nullable(),
  /** Null for visitors. */
  sharing: z.object({
    /** Null once the link is revoked. */
    share_token: text,
    /** Time at which the link expires; null for never. */
    share_expires_at: text,
    /** True if visitors see the order and the values that models read. */
    shares_order: z.boolean(),
  }).nullable(),
  /**
   * Null if the owner does not share it with this viewer. The values in the summary's and the runs'
   * errors are then null, and so are `output_json` and `error_message`, which may quote an answer.
   */
  order: z.object({
    prompt: z.string(),
    json_schema: storedJsonSchema,
    expected: z.array(storedJsonSchema),
    /** Names of the images' files, in the images' order. */
    image_names: z.array(z.string()),
  }).nullable(),
});
export type ReportView = z.infer<typeof reportViewSchema>;

/** Report that an owner's link opens, and the account that it belongs to. */
export const ownerLinkSchema = z.object({ report_id: z.string(), owner_id: z.string() })
  .transform(({ report_id, owner_id }) => ({ reportId: report_id, ownerId: owner_id }));
export type OwnerLink = z.infer<typeof ownerLinkSchema>;

/** Sharing of a report after a change of it. */
export const sharingSchema = reportViewSchema.shape.sharing.unwrap().extend({
  report_id: z.string(),
});
export type Sharing = z.infer<typeof sharingSchema>;

/** A complete report of the account on some of the same images. */
const relatedReportSchema = z.object({
  report_id: z.string(),
  created_at: z.string(),
  completed_at: text,
  recommended_model: text,
  /** Number of images in common. */
  images: z.number(),
});
export const relatedReportsSchema = z.array(relatedReportSchema);
export type RelatedReport = z.infer<typeof relatedReportSchema>;

/** Draft that orders a report again. */
export const draftAgainSchema = z.object({
  draft_id: z.string(),
  model_ids: z.array(z.string()),
  /** Models that cannot be ordered any more, and the ones in their place; null if there is none. */
  replaced: z.array(z.object({ model_id: z.string(), by: text })),
});
export type DraftAgain = z.infer<typeof draftAgainSchema>;

/** A change of a report's sharing: a new link, none, or other settings of it. */
export type SharingChange =
  | { readonly change: "rotate" | "revoke" }
  | {
    readonly change: "set";
    /** Null for never. */
    readonly expires_at: string | null;
    readonly shares_order: boolean;
  };

/** {@link ReportView} with the fields of each value in the order of the ordered schema. */
export const orderedViewSchema = z.object({
  json_schema: jsonObjectSchema,
  view: reportViewSchema,
}).transform(({ json_schema, view }): ReportView => {
  // Answers and drafts are stored as jsonb, which sorts the keys.
  const orderFields = createFieldOrder(json_schema);
  return {
    ...view,
    order: view.order && { ...view.order, expected: view.order.expected.map(orderFields) },
    runs: view.runs?.map((run) => ({ ...run, output_json: orderFields(run.output_json) })) ?? null,
  };
});

const runCount = z.int().nonnegative();

/** Progress of a report, in the JSON of the database's `view_report_progress`. */
export const reportProgressSchema = z.object({
  report_id: z.string(),
  status: z.string(),
  started_at: text,
  /** Number of each model's runs by status, and provisional figures. */
  models: z.array(z.object({
    model_id: z.string(),
    name: z.string(),
    /** Mean field accuracy of the runs so far, 0 to 100; null before the first. */
    accuracy: z.number().nullable(),
    /** Mean cost in USD of the runs so far; null while unknown. */
    cost_per_run: z.number().nullable(),
    queued: runCount,
    running: runCount,
    complete: runCount,
    failed: runCount,
    skipped: runCount,
  })),
  /** Providers that runs wait for because they are down or refuse our account. */
  waiting_for: z.array(z.object({
    /** `base_url_key` of the models. */
    provider: z.string(),
    since: z.string(),
    next_try_at: z.string().nullable(),
  })),
  /** As in the report. */
  paused_since: text.default(null),
});
export type ReportProgress = z.infer<typeof reportProgressSchema>;

/** Storage paths of a report's images, in their order. */
export const reportImagesSchema = z.object({
  report_id: z.string(),
  paths: z.array(z.string()),
  /** Paths of the customer's own files, of which `paths` may hold copies. */
  sources: z.array(z.string()),
});
export type ReportImages = z.infer<typeof reportImagesSchema>;

const ENDED = ["complete", "failed", "refunded"];

/** Tells whether a report has ended, so that only its owner can still change it. */
export function hasEnded({ status }: { readonly status: string }): boolean {
  return ENDED.includes(status);
}

/** Returns the models in the order of the report's table; without figures until it has ended. */
export function listModels({ report, models }: ReportView): ReportModel[] {
  return report.summary?.models ??
    models.map(({ id, model_id, name, effort, provider, tier }) =>
      reportModelSchema.parse({
        modelId: id,
        baseModelId: model_id,
        effort,
        modelName: name,
        provider,
        tier,
      })
    );
}
