import type { SnapshotModel } from "../benchmark/snapshot.ts";
import type { ModelSummary } from "../report/model_summary.ts";
import type { ReportRun } from "../report/report_run.ts";

/** Returns a model's summary with default values and `values`. */
export function sampleSummary(modelId: string, values: Partial<ModelSummary> = {}): ModelSummary {
  return {
    modelId,
    baseModelId: modelId,
    effort: null,
    modelName: modelId,
    provider: "p",
    tier: "mid",
    accuracy: 90,
    accuracyInterval: { low: 85, high: 95 },
    leaves: null,
    exactMatchRate: 50,
    exactMatchInterval: { low: 25, high: 75 },
    costPerRun: 0.01,
    costInterval: { low: 0.009, high: 0.011 },
    medianLatency: 2_000,
    medianLatencyInterval: { low: 1_800, high: 2_200 },
    p95Latency: 3_000,
    p95LatencyInterval: { low: 2_500, high: 3_500 },
    p95FromFewCalls: true,
    spread: 3,
    runsCompleted: 10,
    runsAttempted: 10,
    runsUnanswered: 0,
    runsLostToOutages: 0,
    runsCutByLimit: 0,
    outputTokens: null,
    reasoningTokens: null,
    runsRejected: 0,
    outcomes: [],
    notMeasuredBecause: null,
    runsAnsweredByAnother: 0,
    isAnsweredByAnother: false,
    servedModels: [],
    schemaRegime: null,
    imagesCompleted: 10,
    stoppedAfterImages: null,
    ...values,
  };
}

/** Returns a completed run with default values and `values`. */
export function sampleRun(model_id: string, values: Partial<ReportRun> = {}): ReportRun {
  return {
    model_id,
    image_index: 0,
    status: "complete",
    exact_match: true,
    field_accuracy: 100,
    field_errors: [],
    score: null,
    response_time_ms: 1_000,
    actual_cost: 0.01,
    error_message: null,
    served_model: null,
    served_other: false,
    schema_regime: null,
    error_kind: null,
    skip_reason: null,
    ...values,
  };
}

/** Returns a model of a snapshot with default values and `values`. */
export function sampleModel(id: string, values: Partial<SnapshotModel> = {}): SnapshotModel {
  return {
    id,
    name: id.toUpperCase(),
    provider: "p",
    tier: "mid",
    base_url_key: "openrouter",
    input_price: 0,
    output_price: 0,
    cached_input_price: 0,
    image_price: 0,
    context_length: 1_000,
    supports_structured_output: true,
    estimated_cost: 0,
    reserved_cost: 0,
    ...values,
  };
}
