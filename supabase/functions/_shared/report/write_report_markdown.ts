import { markdownTable } from "markdown-table";
import {
  formatPercent,
  formatSaving,
  formatStop,
  formatTime,
  formatUsd,
  UNKNOWN,
} from "./format_figures.ts";
import { hasEnded, listModels, type ReportView, type ViewedModel } from "./report_view.ts";

const HEAD = ["Model", "Accuracy", "95 % interval", "Exact", "Cost a run", "Median", "p95", "Runs"];

/** The recommendation, its reason and the table of models in Markdown with GitHub's tables. */
export function writeReportMarkdown(view: ReportView): string {
  const { report, image_count: images } = view;
  const models = listModels(view);
  const race = report.summary?.race ?? null;
  const recommended = models.find(({ modelId }) => modelId === report.recommended_model);
  const parts = [
    recommended === undefined
      ? "# Benchmark of vision models"
      : `# Recommended: ${escape(recommended.modelName)}`,
    report.rationale === null ? null : escape(report.rationale),
    hasEnded(report) ? null : `The benchmark is not finished: it is ${escape(report.status)}.`,
    report.error === null ? null : `It failed: ${escape(report.error)}`,
    report.partial === true ? `Partial: ${escape(report.partial_reason ?? "not all ran")}` : null,
    markdownTable([
      HEAD,
      ...models.map((model) => row(model, model === recommended)),
    ], { align: ["l", "r", "r", "r", "r", "r", "r", "r"] }),
    `${count(models.length, "model")} on ${count(images, "image")}, ` +
    `${count(view.run_count, "run")}, ${formatUsd(report.total_api_cost)} spent on calls.` +
    (race === null ? "" : ` ${formatSaving(race)}.`),
  ];
  return `${parts.filter((part) => part !== null).join("\n\n")}\n`;
}

function row(model: ViewedModel, isRecommended: boolean): string[] {
  const { accuracyInterval: interval, stoppedAfterImages } = model;
  const name = escape(model.modelName) +
    (stoppedAfterImages === null ? "" : ` (${formatStop(stoppedAfterImages)})`);
  return [
    isRecommended ? `**${name}**` : name,
    formatPercent(model.accuracy),
    interval === null ? UNKNOWN : `${interval.low.toFixed(1)} to ${interval.high.toFixed(1)}`,
    formatPercent(model.exactMatchRate),
    formatUsd(model.costPerRun),
    formatTime(model.medianLatency),
    formatTime(model.p95Latency),
    `${model.runsCompleted}/${model.runsAttempted}`,
  ];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** Markup, links and line ends from outside become plain text in one cell. */
function escape(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\`*_{}[\]<>|#~&]/g, "\\$&");
}
