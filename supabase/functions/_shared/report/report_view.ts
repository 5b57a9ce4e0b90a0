import { z } from "zod";
import type { JsonValue } from "../platform/json/json_value.ts";

/** Who looks at a report: whoever holds its link, or its owner. */
export type ReportViewer =
  | { readonly token: string }
  | { readonly reportId: string; readonly ownerId: string };

// Checked when it was stored; here it is passed on.
const storedJson = z.custom<JsonValue>((value) => value !== undefined);
const amount = z.number().nullable().catch(null);
const text = z.string().nullable().catch(null);
const interval = z.object({ low: z.number(), high: z.number() }).nullable().catch(null);

/** One model in `reports.summary`, as far as tables and charts show it; older reports hold less. */
const viewedModelSchema = z.looseObject({
  /** A model's id, or one with # and an effort behind it. */
  modelId: z.string(),
  modelName: z.string(),
  provider: z.string().catch("unknown"),
  tier: z.string().catch("unknown"),
  /** 0 to 100. */
  accuracy: amount,
  accuracyInterval: interval,
  /** 0 to 100. */
  exactMatchRate: amount,
  exactMatchInterval: interval,
  /** USD. */
  costPerRun: amount,
  costInterval: interval,
  /** Milliseconds. */
  medianLatency: amount,
  p95Latency: amount,
  /** Fewer than 20 calls; unknown of older reports. */
  p95FromFewCalls: z.boolean().catch(false),
  /** Points. */
  spread: amount,
  runsCompleted: z.number().catch(0),
  runsAttempted: z.number().catch(0),
  runsUnanswered: amount,
  runsLostToOutages: amount,
  runsCutByLimit: amount,
  outputTokens: amount,
  reasoningTokens: amount,
  /** As `SchemaRegime` in fit_schema.ts; null in older reports. */
  schemaRegime: text,
  runsRejected: amount,
  /** As `RunOutcome` in run_outcomes.ts. */
  outcomes: z.array(z.object({
    kind: z.string(),
    runs: z.number(),
    counts: z.boolean(),
    text: z.string(),
  })).catch([]),
  /** To follow a colon; null where the model has figures. */
  notMeasuredBecause: text,
  runsAnsweredByAnother: amount,
  /** Other models that answered in its place. */
  servedModels: z.array(z.string()).catch([]),
  imagesCompleted: amount,
  /** A race stopped it after so many images; null for a model that ran on. */
  stoppedAfterImages: amount,
  /** As `Standing` in report_types.ts; null in older reports. */
  standing: text,
  /** Each 0 to 100, but `formatOnly`, which is fields a run. */
  leaves: z.object({
    recall: amount,
    precision: amount,
    f1: amount,
    strictAccuracy: amount,
    anls: amount,
    formatOnly: amount,
  }).nullable().catch(null),
});
export type ViewedModel = z.infer<typeof viewedModelSchema>;

const sentence = z.looseObject({ text: z.string() }).nullable().catch(null);

const pick = z.looseObject({ modelId: z.string(), text: z.string() }).nullable().catch(null);

/** What `reports.summary` says of the choice; null where it says nothing, as older reports do. */
const viewedSummarySchema = z.looseObject({
  models: z.array(viewedModelSchema),
  reason: text,
  /** Percent of the fields, and points. */
  minimumAccuracy: amount,
  accuracyMargin: amount,
  accuracyConfidence: amount,
  goodEnough: text,
  higherAccuracy: sentence,
  outlook: sentence,
  endings: z.array(z.looseObject({ modelId: z.string(), text: z.string() })).catch([]),
  fittedImages: sentence,
  caution: sentence,
  noRecommendation: sentence,
  picks: z.looseObject({
    mostAccurate: pick,
    cheapestGoodEnough: pick,
    fastestGoodEnough: pick,
  }).nullable().catch(null),
  comparison: z.looseObject({
    bestModelId: text,
    comparisons: z.array(z.looseObject({
      modelId: z.string(),
      /** Points; the best has the more. */
      difference: amount,
      interval,
      adjustedPValue: amount,
      verdict: z.string(),
      moreImages: amount,
    })),
  }).nullable().catch(null),
  /** What a race has spared; USD. */
  race: z.object({ savedCalls: z.number(), allCalls: z.number(), savedUsd: z.number() })
    .nullable().catch(null),
});

const viewedRunSchema = z.looseObject({
  model_id: z.string(),
  image_index: z.number(),
  repeat_index: z.number(),
  status: z.string(),
  is_valid_json: z.boolean().nullable(),
  exact_match: z.boolean().nullable(),
  /** 0 to 100. */
  field_accuracy: amount,
  field_errors: z.array(z.looseObject({
    fieldPath: z.string(),
    /** Right, and only written otherwise than expected. */
    formatOnly: z.boolean().optional(),
  })).nullable(),
  output_json: storedJson,
  response_time_ms: amount,
  input_tokens: amount,
  output_tokens: amount,
  cached_tokens: amount,
  reasoning_tokens: amount,
  /** Model that answered, by the name that the answer gave it. */
  served_model: text,
  /** Company behind an aggregator that ran the model. */
  served_provider: text,
  /** True if a model other than the one asked for answered. */
  served_other: z.boolean().catch(false),
  provider_request_id: text,
  /** Schema enforcement used for the run, as `SchemaRegime` in fit_schema.ts. */
  schema_regime: text,
  /** Change made to the request after it was refused or our token limit cut the answer off. */
  request_change: text,
  /** USD. */
  actual_cost: amount,
  error_message: text,
  /** Why there is no answer, or no result. */
  error_kind: text,
  skip_reason: text,
});
export type ViewedRun = z.infer<typeof viewedRunSchema>;

/** All that a viewer sees of a report, as the database's `view_report` gives it. */
export const reportViewSchema = z.looseObject({
  report: z.looseObject({
    id: z.string(),
    status: z.string(),
    recommended_model: text,
    rationale: text,
    /** Null until the last run has ended. */
    summary: viewedSummarySchema.nullable(),
    model_count: z.number(),
    partial: z.boolean().nullable(),
    partial_reason: text,
    error: text,
    total_api_cost: amount,
    completed_at: text,
  }),
  /** Number of this scoring of the answers, from 1. */
  revision: z.number(),
  /** Version of the scorer that made this revision. */
  scorer_version: z.number(),
  /** All that the viewer may see, the oldest first; none before the report has ended. */
  revisions: z.array(z.object({
    revision: z.number(),
    /** `failed`: the report stayed as it was. */
    status: z.enum(["scoring", "complete", "failed"]),
    scorer_version: z.number(),
    created_at: z.string(),
    completed_at: text,
    error: text,
  })),
  /** Null where they were not asked for. */
  runs: z.array(viewedRunSchema).nullable(),
  run_count: z.number(),
  models: z.array(z.looseObject({ id: z.string(), name: z.string() })),
  priorities: z.array(z.string()),
  image_count: z.number(),
  /** Null where the owner does not share it. */
  order: z.looseObject({
    prompt: z.string(),
    json_schema: storedJson,
    expected: z.array(storedJson),
  }).nullable(),
});
export type ReportView = z.infer<typeof reportViewSchema>;

const runCount = z.int().nonnegative();

/** How far a report is, as the database's `view_report_progress` gives it. */
export const reportProgressSchema = z.object({
  report_id: z.string(),
  status: z.string(),
  /** Runs of each model by their status. */
  models: z.array(z.object({
    model_id: z.string(),
    name: z.string(),
    queued: runCount,
    running: runCount,
    complete: runCount,
    failed: runCount,
    skipped: runCount,
  })),
  /** Providers that are down or refuse our account, so that runs wait for them. */
  waiting_for: z.array(z.object({
    /** As `base_url_key` of the models. */
    provider: z.string(),
    since: z.string(),
    next_try_at: z.string().nullable(),
  })),
});
export type ReportProgress = z.infer<typeof reportProgressSchema>;

/** Where a report's images lie, in their order. */
export const reportImagesSchema = z.object({ report_id: z.string(), paths: z.array(z.string()) });
export type ReportImages = z.infer<typeof reportImagesSchema>;

/** Reports as their viewers may see them; null for whoever sees nothing. */
export interface ReportViews {
  view(
    viewer: ReportViewer,
    options: {
      readonly withRuns: boolean;
      /** Null for the newest complete one. */
      readonly revision: number | null;
    },
  ): Promise<ReportView | null>;
  viewProgress(viewer: ReportViewer): Promise<ReportProgress | null>;
  /** Null also for visitors with whom the order is not shared. */
  viewImages(viewer: ReportViewer): Promise<ReportImages | null>;
}

const ENDED = ["complete", "failed", "refunded"];

/** Whether a report changes no more, but for what its owner does to it. */
export function hasEnded({ status }: { readonly status: string }): boolean {
  return ENDED.includes(status);
}

/** The models of a report in the order of its table; without numbers until it has ended. */
export function listModels({ report, models }: ReportView): ViewedModel[] {
  return report.summary?.models ??
    models.map(({ id, name, provider, tier }) =>
      viewedModelSchema.parse({ modelId: id, modelName: name, provider, tier })
    );
}
