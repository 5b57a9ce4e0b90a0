import { stringify } from "csv-stringify/sync";
import { parseContestant } from "../models/contestant.ts";
import { writeJson } from "../platform/json/lossless_json.ts";
import type { ReportModel } from "./model_summary.ts";
import { listModels, type ReportView, type ViewedRun } from "./report_view.ts";
import { describeRun } from "./run_outcomes.ts";

type Cell = string | number | boolean | null | undefined;

/** Columns of a table by name, in order, each with the function that reads it from a row. */
type Columns<Row> = Readonly<Record<string, (row: Row) => Cell>>;

const MODEL_COLUMNS: Columns<ReportModel> = {
  model_id: ({ modelId }) => parseContestant(modelId).modelId,
  effort: ({ modelId }) => parseContestant(modelId).effort,
  model_name: ({ modelName }) => modelName,
  provider: ({ provider }) => provider,
  tier: ({ tier }) => tier,
  accuracy_percent: ({ accuracy }) => accuracy,
  accuracy_low: ({ accuracyInterval }) => accuracyInterval?.low,
  accuracy_high: ({ accuracyInterval }) => accuracyInterval?.high,
  strict_accuracy_percent: ({ leaves }) => leaves?.strictAccuracy,
  precision_percent: ({ leaves }) => leaves?.precision,
  recall_percent: ({ leaves }) => leaves?.recall,
  f1_percent: ({ leaves }) => leaves?.f1,
  anls_percent: ({ leaves }) => leaves?.anls,
  exact_match_percent: ({ exactMatchRate }) => exactMatchRate,
  exact_match_low: ({ exactMatchInterval }) => exactMatchInterval?.low,
  exact_match_high: ({ exactMatchInterval }) => exactMatchInterval?.high,
  cost_per_run_usd: ({ costPerRun }) => costPerRun,
  cost_low: ({ costInterval }) => costInterval?.low,
  cost_high: ({ costInterval }) => costInterval?.high,
  median_latency_ms: ({ medianLatency }) => medianLatency,
  p95_latency_ms: ({ p95Latency }) => p95Latency,
  spread_points: ({ spread }) => spread,
  runs_completed: ({ runsCompleted }) => runsCompleted,
  runs_attempted: ({ runsAttempted }) => runsAttempted,
  runs_unanswered: ({ runsUnanswered }) => runsUnanswered,
  runs_lost_to_outages: ({ runsLostToOutages }) => runsLostToOutages,
  run_outcomes: ({ outcomes }) => listOutcomes(outcomes),
  not_measured_because: ({ notMeasuredBecause }) => notMeasuredBecause,
  runs_cut_by_limit: ({ runsCutByLimit }) => runsCutByLimit,
  output_tokens_per_run: ({ outputTokens }) => outputTokens,
  reasoning_tokens_per_run: ({ reasoningTokens }) => reasoningTokens,
  schema_regime: ({ schemaRegime }) => schemaRegime,
  images_completed: ({ imagesCompleted }) => imagesCompleted,
  runs_rejected: ({ runsRejected }) => runsRejected,
  runs_answered_by_others: ({ runsAnsweredByAnother }) => runsAnsweredByAnother,
  answered_by: ({ servedModels }) => servedModels.join(" "),
  stopped_after_images: ({ stoppedAfterImages }) => stoppedAfterImages,
};

const RUN_COLUMNS: Columns<ViewedRun> = {
  model_id: (run) => parseContestant(run.model_id).modelId,
  effort: (run) => parseContestant(run.model_id).effort,
  image: (run) => run.image_index + 1,
  repeat: (run) => run.repeat_index + 1,
  status: (run) => run.status,
  outcome: (run) => describeRun(run),
  valid_json: (run) => run.is_valid_json,
  exact_match: (run) => run.exact_match,
  accuracy_percent: (run) => run.field_accuracy,
  fields_wrong: (run) => listFields(run, false),
  fields_format_only: (run) => listFields(run, true),
  latency_ms: (run) => run.response_time_ms,
  input_tokens: (run) => run.input_tokens,
  cached_tokens: (run) => run.cached_tokens,
  output_tokens: (run) => run.output_tokens,
  reasoning_tokens: (run) => run.reasoning_tokens,
  served_model: (run) => run.served_model,
  served_provider: (run) => run.served_provider,
  answered_by_other: (run) => run.served_other,
  provider_request_id: (run) => run.provider_request_id,
  schema_regime: (run) => run.schema_regime,
  request_change: (run) => run.request_change,
  cost_usd: (run) => run.actual_cost,
  output: (run) => run.output_json === null ? null : writeJson(run.output_json),
  error_kind: (run) => run.error_kind,
  error: (run) => run.error_message ?? run.skip_reason,
};

/**
 * Writes one row per model, the most accurate first: its figures, its standing by the order's
 * criteria, its difference from the most accurate model, the number of images that would settle that,
 * and its picks. The format is RFC 4180 in UTF-8 without a byte order mark. Unknown figures are empty.
 */
export function writeModelsCsv(view: ReportView): string {
  const { recommended_model, summary } = view.report;
  const comparison = summary?.comparison ?? null;
  const picks = summary?.picks ?? null;
  const found = new Map(comparison?.comparisons.map((one) => [one.modelId, one]));
  return writeCsv(
    {
      ...MODEL_COLUMNS,
      difference_from_best_points: ({ modelId }) =>
        modelId === comparison?.bestModelId ? 0 : found.get(modelId)?.difference,
      difference_low: ({ modelId }) => found.get(modelId)?.interval?.low,
      difference_high: ({ modelId }) => found.get(modelId)?.interval?.high,
      adjusted_p: ({ modelId }) => found.get(modelId)?.adjustedPValue,
      beside_best: ({ modelId }) =>
        modelId === comparison?.bestModelId ? "best" : found.get(modelId)?.verdict,
      more_images: ({ modelId }) => found.get(modelId)?.moreImages,
      standing: ({ standing }) => standing,
      minimum_accuracy_percent: () => summary?.minimumAccuracy,
      accuracy_margin_points: () => summary?.accuracyMargin,
      accuracy_confidence_percent: () => summary?.accuracyConfidence,
      fitted_images: () => summary?.fittedImages?.text,
      data_policy: () => summary?.dataPolicy?.text,
      recommended: ({ modelId }) => modelId === recommended_model,
      most_accurate: ({ modelId }) => modelId === picks?.mostAccurate?.modelId,
      cheapest_good_enough: ({ modelId }) => modelId === picks?.cheapestGoodEnough?.modelId,
      fastest_good_enough: ({ modelId }) => modelId === picks?.fastestGoodEnough?.modelId,
    },
    listModels(view),
  );
}

/** Writes one row per run, by model, image and repeat. Images and repeats count from 1. */
export function writeRunsCsv({ runs }: ReportView): string {
  return writeCsv(RUN_COLUMNS, runs ?? []);
}

function listOutcomes(outcomes: ReportModel["outcomes"]): string {
  return outcomes.map(({ runs, text }) => `${runs} ${text}`).join("; ");
}

function listFields({ field_errors }: ViewedRun, formatOnly: boolean): string | undefined {
  return field_errors?.filter((error) => (error.formatOnly === true) === formatOnly)
    .map(({ fieldPath }) => fieldPath).join(" ");
}

function writeCsv<Row>(columns: Columns<Row>, rows: readonly Row[]): string {
  const readers = Object.values(columns);
  return stringify(rows.map((row) => readers.map((read) => read(row))), {
    header: true,
    columns: Object.keys(columns),
    record_delimiter: "windows",
    // A model's answer that looks like a formula must not run in the spreadsheet that opens it.
    escape_formulas: true,
    cast: { boolean: String },
  });
}
