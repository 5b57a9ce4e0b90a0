import { stringify } from "csv-stringify/sync";
import { parseContestant } from "../models/contestant.ts";
import { writeJson } from "../platform/json/lossless_json.ts";
import type { ReportModel } from "./model_summary.ts";
import { listModels, type ReportView, type ViewedRun } from "./report_view.ts";
import { describeRun } from "./run_outcomes.ts";

type Cell = string | number | boolean | null | undefined;

interface Column<Row> {
  readonly name: string;
  readonly read: (row: Row) => Cell;
}

const column = <Row>(name: string, read: (row: Row) => Cell): Column<Row> => ({ name, read });

const MODEL_COLUMNS: readonly Column<ReportModel>[] = [
  column("model_id", ({ modelId }) => parseContestant(modelId).modelId),
  column("effort", ({ modelId }) => parseContestant(modelId).effort),
  column("model_name", ({ modelName }) => modelName),
  column("provider", ({ provider }) => provider),
  column("tier", ({ tier }) => tier),
  column("accuracy_percent", ({ accuracy }) => accuracy),
  column("accuracy_low", ({ accuracyInterval }) => accuracyInterval?.low),
  column("accuracy_high", ({ accuracyInterval }) => accuracyInterval?.high),
  column("strict_accuracy_percent", ({ leaves }) => leaves?.strictAccuracy),
  column("precision_percent", ({ leaves }) => leaves?.precision),
  column("recall_percent", ({ leaves }) => leaves?.recall),
  column("f1_percent", ({ leaves }) => leaves?.f1),
  column("anls_percent", ({ leaves }) => leaves?.anls),
  column("exact_match_percent", ({ exactMatchRate }) => exactMatchRate),
  column("exact_match_low", ({ exactMatchInterval }) => exactMatchInterval?.low),
  column("exact_match_high", ({ exactMatchInterval }) => exactMatchInterval?.high),
  column("cost_per_run_usd", ({ costPerRun }) => costPerRun),
  column("cost_low", ({ costInterval }) => costInterval?.low),
  column("cost_high", ({ costInterval }) => costInterval?.high),
  column("median_latency_ms", ({ medianLatency }) => medianLatency),
  column("p95_latency_ms", ({ p95Latency }) => p95Latency),
  column("spread_points", ({ spread }) => spread),
  column("runs_completed", ({ runsCompleted }) => runsCompleted),
  column("runs_attempted", ({ runsAttempted }) => runsAttempted),
  column("runs_unanswered", ({ runsUnanswered }) => runsUnanswered),
  column("runs_lost_to_outages", ({ runsLostToOutages }) => runsLostToOutages),
  column("run_outcomes", ({ outcomes }) => listOutcomes(outcomes)),
  column("not_measured_because", ({ notMeasuredBecause }) => notMeasuredBecause),
  column("runs_cut_by_limit", ({ runsCutByLimit }) => runsCutByLimit),
  column("output_tokens_per_run", ({ outputTokens }) => outputTokens),
  column("reasoning_tokens_per_run", ({ reasoningTokens }) => reasoningTokens),
  column("schema_regime", ({ schemaRegime }) => schemaRegime),
  column("images_completed", ({ imagesCompleted }) => imagesCompleted),
  column("runs_rejected", ({ runsRejected }) => runsRejected),
  column("runs_answered_by_others", ({ runsAnsweredByAnother }) => runsAnsweredByAnother),
  column("answered_by", ({ servedModels }) => servedModels.join(" ")),
  column("stopped_after_images", ({ stoppedAfterImages }) => stoppedAfterImages),
];

const RUN_COLUMNS: readonly Column<ViewedRun>[] = [
  column("model_id", (run) => parseContestant(run.model_id).modelId),
  column("effort", (run) => parseContestant(run.model_id).effort),
  column("image", (run) => run.image_index + 1),
  column("repeat", (run) => run.repeat_index + 1),
  column("status", (run) => run.status),
  column("outcome", (run) => describeRun(run)),
  column("valid_json", (run) => run.is_valid_json),
  column("exact_match", (run) => run.exact_match),
  column("accuracy_percent", (run) => run.field_accuracy),
  column("fields_wrong", (run) => listFields(run, false)),
  column("fields_format_only", (run) => listFields(run, true)),
  column("latency_ms", (run) => run.response_time_ms),
  column("input_tokens", (run) => run.input_tokens),
  column("cached_tokens", (run) => run.cached_tokens),
  column("output_tokens", (run) => run.output_tokens),
  column("reasoning_tokens", (run) => run.reasoning_tokens),
  column("served_model", (run) => run.served_model),
  column("served_provider", (run) => run.served_provider),
  column("answered_by_other", (run) => run.served_other),
  column("provider_request_id", (run) => run.provider_request_id),
  column("schema_regime", (run) => run.schema_regime),
  column("request_change", (run) => run.request_change),
  column("cost_usd", (run) => run.actual_cost),
  column("output", (run) => run.output_json === null ? null : writeJson(run.output_json)),
  column("error_kind", (run) => run.error_kind),
  column("error", (run) => run.error_message ?? run.skip_reason),
];

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
    [
      ...MODEL_COLUMNS,
      column<ReportModel>(
        "difference_from_best_points",
        ({ modelId }) => modelId === comparison?.bestModelId ? 0 : found.get(modelId)?.difference,
      ),
      column<ReportModel>("difference_low", ({ modelId }) => found.get(modelId)?.interval?.low),
      column<ReportModel>("difference_high", ({ modelId }) => found.get(modelId)?.interval?.high),
      column<ReportModel>("adjusted_p", ({ modelId }) => found.get(modelId)?.adjustedPValue),
      column<ReportModel>(
        "beside_best",
        ({ modelId }) => modelId === comparison?.bestModelId ? "best" : found.get(modelId)?.verdict,
      ),
      column<ReportModel>("more_images", ({ modelId }) => found.get(modelId)?.moreImages),
      column<ReportModel>("standing", ({ standing }) => standing),
      column<ReportModel>("minimum_accuracy_percent", () => summary?.minimumAccuracy),
      column<ReportModel>("accuracy_margin_points", () => summary?.accuracyMargin),
      column<ReportModel>("accuracy_confidence_percent", () => summary?.accuracyConfidence),
      column<ReportModel>("fitted_images", () => summary?.fittedImages?.text),
      column<ReportModel>("recommended", ({ modelId }) => modelId === recommended_model),
      column<ReportModel>(
        "most_accurate",
        ({ modelId }) => modelId === picks?.mostAccurate?.modelId,
      ),
      column<ReportModel>(
        "cheapest_good_enough",
        ({ modelId }) => modelId === picks?.cheapestGoodEnough?.modelId,
      ),
      column<ReportModel>(
        "fastest_good_enough",
        ({ modelId }) => modelId === picks?.fastestGoodEnough?.modelId,
      ),
    ],
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

function writeCsv<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  return stringify(rows.map((row) => columns.map(({ read }) => read(row))), {
    header: true,
    columns: columns.map(({ name }) => name),
    record_delimiter: "windows",
    // A model's answer that looks like a formula must not run in the spreadsheet that opens it.
    escape_formulas: true,
    cast: { boolean: String },
  });
}
