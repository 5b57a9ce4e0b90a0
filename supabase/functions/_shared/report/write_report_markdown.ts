import { markdownTable } from "markdown-table";
import {
  count,
  formatPercent,
  formatSaving,
  formatStop,
  formatTime,
  formatUsd,
  UNKNOWN,
} from "./format_figures.ts";
import { hasEnded, listModels, type ReportView, type ViewedModel } from "./report_view.ts";

const P95_NOTE = "p95 has no 95 % interval: a report has too few images for one.";
const FEW_CALLS_NOTE = "~ marks one of fewer than 20 calls, little more than the slowest of them.";

const HEAD = ["Model", "Accuracy", "95 % interval", "Exact", "Cost a run", "Median", "p95", "Runs"];

/** The recommendation, its reason and the table of models in Markdown with GitHub's tables. */
export function writeReportMarkdown(view: ReportView): string {
  const { report, image_count: images } = view;
  const models = listModels(view);
  const { summary } = report;
  const race = summary?.race ?? null;
  const recommended = models.find(({ modelId }) => modelId === report.recommended_model);
  const parts = [
    recommended === undefined
      ? "# Benchmark of vision models"
      : `# Recommended: ${escape(recommended.modelName)}`,
    report.rationale === null ? null : escape(report.rationale),
    said(summary?.noRecommendation?.text),
    said(summary?.caution?.text),
    said(summary?.higherAccuracy?.text),
    hasEnded(report) ? null : `The benchmark is not finished: it is ${escape(report.status)}.`,
    report.error === null ? null : `It failed: ${escape(report.error)}`,
    report.partial === true ? `Partial: ${escape(report.partial_reason ?? "not all ran")}` : null,
    markdownTable([
      HEAD,
      ...models.map((model) => row(model, model === recommended)),
    ], { align: ["l", "r", "r", "r", "r", "r", "r", "r"] }),
    summary === null
      ? null
      : `${P95_NOTE}${
        models.some(({ p95FromFewCalls }) => p95FromFewCalls) ? ` ${FEW_CALLS_NOTE}` : ""
      }`,
    said(summary?.reason),
    describeRegimes(models),
    said(summary?.outlook?.text),
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
    `${model.p95FromFewCalls ? "~ " : ""}${formatTime(model.p95Latency)}`,
    `${model.runsCompleted}/${model.runsAttempted}`,
  ];
}

/** How the models were held to the schema; null for older reports. */
function describeRegimes(models: readonly ViewedModel[]): string | null {
  const said = REGIMES.flatMap(([regime, words]) => {
    const names = models.filter(({ schemaRegime }) => schemaRegime === regime)
      .map(({ modelName }) => escape(modelName));
    return names.length === 0 ? [] : [`${words}: ${names.join(", ")}`];
  });
  return said.length === 0
    ? null
    : `Every model read the schema in its prompt. ${said.join("; ")}.`;
}

const REGIMES = [
  ["strict", "Enforced by the provider"],
  ["reduced", "enforced in part"],
  ["prompt", "asked for in the prompt alone"],
] as const;

function said(text: string | null | undefined): string | null {
  return typeof text === "string" ? escape(text) : null;
}

/** Markup, links, lists and line ends from outside become plain text in one cell. */
function escape(text: string): string {
  return text.trim().replace(/\s+/g, " ").replace(/[\\`*_{}[\]<>|#~&@]/g, "\\$&")
    .replace(/:(?=\/\/)|\.(?<=www\.)/gi, "\\$&").replace(/^[-+=]|(?<=^\d+)[.)]/, "\\$&");
}
