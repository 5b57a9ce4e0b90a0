import Table from "cli-table3";
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
  for (const model of summary.models) {
    const star = model.modelId === report.recommended_model ? "★ " : "  ";
    table.push([
      star + model.modelName,
      show(model.accuracy, (value) => `${value.toFixed(1)} %`),
      show(model.exactMatchRate, (value) => `${value.toFixed(0)} %`),
      show(model.costPerRun, (value) => `$${value.toFixed(5)}`),
      show(model.medianLatency, (value) => `${value.toFixed(0)} ms`),
      show(model.p95Latency, (value) => `${value.toFixed(0)} ms`),
      show(model.spread, (value) => `± ${value.toFixed(1)}`),
      `${model.runsCompleted}/${model.runsAttempted}`,
    ]);
  }
  console.log(table.toString());
  console.log(`\n★ Recommended: ${report.rationale ?? report.error ?? "no model"}`);
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
        quote(error.actual),
        error.occurrences,
      ]);
    }
    console.log(errors.toString());
  }
  console.log(`\nTotal API cost  $${(report.total_api_cost ?? 0).toFixed(4)}`);
}

function show(value: number | null, format: (value: number) => string): string {
  return value === null ? "–" : format(value);
}

function quote(value: unknown): string {
  return value === undefined ? "(nothing)" : JSON.stringify(value);
}
