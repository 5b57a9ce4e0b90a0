import Table from "cli-table3";
import {
  formatSaving,
  formatStop,
  formatTime,
  formatUsd,
} from "../../supabase/functions/_shared/report/format_figures.ts";
import type { FinishedReport } from "./report_schema.ts";

const MOST_ERRORS = 8;

/** Prints a report as a person reads it. */
export function printReport(report: FinishedReport, imageCount: number): void {
  const { summary } = report;
  if (summary === null) {
    console.log(`\nThe report ended as ${report.status}: ${report.error ?? "no reason given"}`);
    return;
  }
  console.log(`\n── Report: ${summary.models.length} models on ${imageCount} images ──\n`);
  const table = new Table({
    head: ["Model", "Accuracy", "Exact", "Cost/run", "Median", "p95", "Spread", "Runs"],
    colAligns: ["left", "right", "right", "right", "right", "right", "right", "right"],
    style: { head: [], border: [] },
  });
  const { comparison } = summary;
  const isAmongBest = (modelId: string) =>
    comparison.enoughImages && comparison.indistinguishable.includes(modelId);
  for (const model of summary.models) {
    const isRecommended = model.modelId === report.recommended_model;
    const mark = isRecommended ? "★ " : isAmongBest(model.modelId) ? "≈ " : "  ";
    table.push([
      mark + model.modelName,
      showAccuracy(model),
      show(model.exactMatchRate, (value) => `${value.toFixed(0)} %`),
      formatUsd(model.costPerRun),
      formatTime(model.medianLatency),
      show(
        model.p95Latency,
        (value) => `${model.p95FromFewCalls ? "~" : ""}${formatTime(value)}`,
      ),
      show(model.spread, (value) => value.toFixed(1)),
      `${model.runsCompleted}/${model.runsAttempted}`,
    ]);
  }
  console.log(table.toString());
  console.log("  Accuracy ± is the 95 % interval over images such as these.");
  console.log("  p95 has no 95 % interval: a report has too few images for one.");
  if (summary.models.some(({ p95FromFewCalls }) => p95FromFewCalls)) {
    console.log("  ~ p95 is of fewer than 20 calls: little more than the slowest of them.");
  }
  for (const { modelName, stoppedAfterImages } of summary.models) {
    if (stoppedAfterImages !== null) {
      console.log(`  ${modelName}: ${formatStop(stoppedAfterImages)}; not ranked.`);
    }
  }
  if (summary.race !== null) console.log(`  ${formatSaving(summary.race)}.`);
  const absence = summary.noRecommendation?.text ?? report.error ?? "no model";
  console.log(`\n★ Recommended: ${report.rationale ?? absence}`);
  if (summary.caution !== null) console.log(`  ${summary.caution.text}`);
  if (summary.higherAccuracy !== null) console.log(`  ${summary.higherAccuracy.text}`);
  if (summary.reason !== null) console.log(`  ${summary.reason}`);
  // Of a model that measured more, the line above has said it.
  if (summary.higherAccuracy === null && summary.outlook !== null) {
    console.log(`  ${summary.outlook.text}`);
  }
  if (comparison.enoughImages) {
    console.log(
      `≈ Not told apart from the best: ${namesOf(summary, comparison.indistinguishable)}.`,
    );
  }
  console.log(
    `  On the frontier of accuracy, cost and speed: ${namesOf(summary, summary.paretoModelIds)}.`,
  );
  if (report.partial_reason !== null) console.log(`  Partial: ${report.partial_reason}`);

  if (summary.fieldErrors.length > 0) {
    console.log("\nCommonest field errors\n");
    const errors = new Table({
      head: ["Field", "Expected", "Read", "Times"],
      colAligns: ["left", "left", "left", "right"],
      colWidths: [20, 32, 32, 7],
      style: { head: [], border: [] },
    });
    for (const error of summary.fieldErrors.slice(0, MOST_ERRORS)) {
      errors.push([
        error.fieldPath,
        quote(error.expected),
        error.formatOnly ? `${quote(error.actual)} (format only)` : quote(error.actual),
        error.occurrences,
      ]);
    }
    console.log(errors.toString());
  }
  console.log(`\nTotal API cost  $${(report.total_api_cost ?? 0).toFixed(4)}`);
}

type Summary = NonNullable<FinishedReport["summary"]>;

/** The larger side, where the interval ends at 0 or 100 %. */
function showAccuracy({ accuracy, accuracyInterval }: Summary["models"][number]): string {
  if (accuracy === null) return "–";
  if (accuracyInterval === null) return `${accuracy.toFixed(1)} %`;
  const margin = Math.max(accuracy - accuracyInterval.low, accuracyInterval.high - accuracy);
  return `${accuracy.toFixed(1)} ± ${margin.toFixed(1)} %`;
}

function namesOf({ models }: Summary, modelIds: readonly string[]): string {
  return models.filter(({ modelId }) => modelIds.includes(modelId))
    .map(({ modelName }) => modelName).join(", ");
}

function show(value: number | null, format: (value: number) => string): string {
  return value === null ? "–" : format(value);
}

function quote(value: unknown): string {
  return value === undefined ? "(nothing)" : JSON.stringify(value);
}
