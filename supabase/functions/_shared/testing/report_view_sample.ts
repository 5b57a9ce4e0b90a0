import { type ReportModel, reportModelSchema } from "../report/model_summary.ts";
import type { ReportSummary } from "../report/report_summary.ts";
import { type ReportView, reportViewSchema } from "../report/report_view.ts";

/** Id of the report of {@link sampleView}. */
export const SAMPLE_REPORT = "0a8f5a0e-5c0b-4a39-8d1e-6a4f5f0c1d11";

/** Returns a model of a report. Figures that `values` leaves out are unknown. */
export function sampleReportModel(modelId: string, values: Partial<ReportModel> = {}): ReportModel {
  return reportModelSchema.parse({
    modelId,
    baseModelId: modelId,
    effort: null,
    modelName: modelId,
    provider: "p",
    tier: "mid",
    ...values,
  });
}

/** Returns a summary that says nothing but what is in `values`. */
export function sampleReportSummary(values: Partial<ReportSummary> = {}): ReportSummary {
  return {
    models: [],
    fieldErrors: [],
    errorPatterns: [],
    comparison: {
      bestModelId: null,
      enoughImages: false,
      imagesNeeded: 6,
      indistinguishable: [],
      comparisons: [],
    },
    paretoModelIds: [],
    minimumAccuracy: 50,
    accuracyMargin: 2,
    accuracyConfidence: 80,
    goodEnough: "Good enough means more than 50 % of the fields right.",
    picks: { mostAccurate: null, cheapestGoodEnough: null, fastestGoodEnough: null },
    noRecommendation: null,
    caution: null,
    doubt: null,
    reason: null,
    higherAccuracy: null,
    outlook: null,
    endings: [],
    fittedImages: null,
    dataPolicy: null,
    race: null,
    imageCount: 1,
    modelCount: 1,
    ...values,
  };
}

/** Returns a finished report of one model, one image and one run, with `changes` to its row. */
export function sampleView(
  changes: Partial<ReportView["report"]> = {},
  output: unknown = { total: 2 },
): ReportView {
  return reportViewSchema.parse({
    report: {
      id: SAMPLE_REPORT,
      status: "complete",
      recommended_model: "acme/large",
      rationale: "Large achieved 98% field accuracy.",
      summary: sampleReportSummary({
        models: [sampleReportModel("acme/large", {
          modelName: "Large",
          provider: "Acme",
          accuracy: 98,
          exactMatchRate: 50,
          costPerRun: 0.002,
          medianLatency: 900,
          p95Latency: 1200,
          spread: 2,
          runsCompleted: 2,
          runsAttempted: 2,
          standing: "best",
        })],
      }),
      model_count: 1,
      partial: false,
      partial_reason: null,
      error: null,
      total_api_cost: 0.004,
      created_at: "2026-11-21T09:00:00Z",
      started_at: "2026-11-21T09:00:00Z",
      completed_at: "2026-11-21T10:00:00Z",
      ...changes,
    },
    runs: [{
      model_id: "acme/large",
      base_model_id: "acme/large",
      effort: null,
      image_index: 0,
      repeat_index: 0,
      status: "complete",
      is_valid_json: true,
      exact_match: false,
      field_accuracy: 96,
      field_errors: [{ fieldPath: "total", expected: 1, actual: 2 }],
      output_json: output,
      response_time_ms: 900,
      input_tokens: 10,
      output_tokens: 5,
      cached_tokens: 0,
      served_provider: null,
      provider_request_id: null,
      request_change: null,
      actual_cost: 0.002,
      error_message: null,
      skip_reason: null,
    }],
    revision: 1,
    scorer_version: 1,
    revisions: [{
      revision: 1,
      status: "complete",
      scorer_version: 1,
      created_at: "2026-11-21T10:00:00Z",
      completed_at: "2026-11-21T10:00:00Z",
      error: null,
    }],
    run_count: 1,
    models: [{
      id: "acme/large",
      model_id: "acme/large",
      effort: null,
      name: "Large",
      provider: "Acme",
      tier: "mid",
    }],
    priorities: ["accuracy", "cost", "speed"],
    image_count: 1,
    runs_per_model: 1,
    strategy: "full",
    payment: null,
    sharing: null,
    order: null,
  });
}
