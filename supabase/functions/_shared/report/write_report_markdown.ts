import { markdownTable } from "markdown-table";
import {
  count,
  formatPercent,
  formatSaving,
  formatStanding,
  formatTime,
  formatUsd,
  UNKNOWN,
} from "./format_figures.ts";
import type { ReportModel } from "./model_summary.ts";
import { hasEnded, listModels, type ReportView } from "./report_view.ts";

const P95_NOTE = "p95 has no 95 % interval: a report has too few images for one.";
const FEW_CALLS_NOTE = "~ marks one of fewer than 20 calls, little more than the slowest of them.";

const HEAD = [
  ...["Model", "Standing", "Accuracy", "95 % interval", "Exact", "Cost of a call", "Median", "p95"],
  "Runs",
];

const PICKS = [
  ["mostAccurate", "Most accurate"],
  ["cheapestGoodEnough", "Cheapest good enough"],
  ["fastestGoodEnough", "Fastest good enough"],
] as const;

/** Writes the recommendation, its reasons, the picks and the models in GitHub Flavored Markdown. */
export function writeReportMarkdown(view: ReportView): string {
  const { report, image_count: images } = view;
  const models = listModels(view);
  const { summary } = report;
  const race = summary?.race ?? null;
  const recommended = models.find(({ modelId }) => modelId === report.recommended_model);
  const parts = [
    recommended === undefined
      ? report.status === "complete"
        ? "# No model can be recommended"
        : "# Benchmark of vision models"
      : `# Recommended: ${escape(recommended.modelName)}`,
    said(summary?.caution?.text),
    said(report.rationale),
    said(summary?.noRecommendation?.text),
    said(summary?.higherAccuracy?.text),
    ...(summary?.endings ?? []).map((ending) => said(ending.text)),
    hasEnded(report) ? null : `The benchmark is not finished: it is ${escape(report.status)}.`,
    report.error === null ? null : `It failed: ${escape(report.error)}`,
    report.partial === true ? `Partial: ${escape(report.partial_reason ?? "not all ran")}` : null,
    summary === null ? null : tableOfPicks(summary, models),
    said(summary?.goodEnough),
    said(summary?.reason),
    // If another model measured higher, the lines above say what would settle it.
    summary?.higherAccuracy ? null : said(summary?.outlook?.text),
    markdownTable([
      HEAD,
      ...models.map((model) => row(model, model === recommended)),
    ], { align: ["l", "l", ...HEAD.slice(2).map(() => "r")] }),
    summary === null ? null : notesOf(models),
    listOutcomes(models),
    describeRegimes(models),
    said(summary?.fittedImages?.text),
    said(summary?.dataPolicy?.text),
    `${count(models.length, "model")} on ${count(images, "image")}, ` +
    `${count(view.run_count, "run")}, ${formatUsd(report.total_api_cost)} spent on calls.` +
    (race === null ? "" : ` ${formatSaving(race)}.`),
  ];
  return `${parts.filter((part) => part !== null).join("\n\n")}\n`;
}

function tableOfPicks(
  { picks }: NonNullable<ReportView["report"]["summary"]>,
  models: readonly ReportModel[],
): string | null {
  const rows = PICKS.flatMap(([key, name]) => {
    const pick = picks?.[key] ?? null;
    const model = models.find(({ modelId }) => modelId === pick?.modelId);
    return pick === null || model === undefined
      ? []
      : [[name, escape(model.modelName), escape(pick.text)]];
  });
  return rows.length === 0 ? null : markdownTable([["Pick", "Model", "Beside the next"], ...rows]);
}

function notesOf(models: readonly ReportModel[]): string {
  return [P95_NOTE, ...models.some(isFromFewCalls) ? [FEW_CALLS_NOTE] : []].join(" ");
}

/**
 * Lists, one line per model, why it is not measured or the outcomes of runs without a usable answer;
 * null if there is nothing to list.
 */
function listOutcomes(models: readonly ReportModel[]): string | null {
  const lines = models.flatMap(({ modelName, outcomes, notMeasuredBecause: reason }) => {
    if (reason !== null) return [`${modelName} was not measured: ${reason}.`];
    const told = outcomes.map(({ runs, text, counts }) =>
      `${count(runs, "run")} ${text} (${counts ? "nothing right" : "not counted"})`
    );
    return told.length === 0 ? [] : [`${modelName}: ${told.join("; ")}.`];
  });
  return lines.length === 0 ? null : lines.map((line) => `- ${escape(line)}`).join("\n");
}

function isFromFewCalls({ p95FromFewCalls, p95Latency }: ReportModel): boolean {
  return p95FromFewCalls && p95Latency !== null;
}

function row(model: ReportModel, isRecommended: boolean): string[] {
  const { accuracyInterval: interval } = model;
  const name = escape(model.modelName);
  return [
    isRecommended ? `**${name}**` : name,
    formatStanding(model),
    formatPercent(model.accuracy),
    interval === null ? UNKNOWN : `${interval.low.toFixed(1)} to ${interval.high.toFixed(1)} %`,
    formatPercent(model.exactMatchRate),
    formatUsd(model.costPerRun),
    formatTime(model.medianLatency),
    `${isFromFewCalls(model) ? "~ " : ""}${formatTime(model.p95Latency)}`,
    `${model.runsCompleted}/${model.runsAttempted}`,
  ];
}

/** Lists the models by their schema enforcement; null if none is known. */
function describeRegimes(models: readonly ReportModel[]): string | null {
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

/** Escapes text from outside, so that its markup, links, lists and line ends are plain text. */
function escape(text: string): string {
  return text.trim().replace(/\s+/g, " ").replace(/[\\`*_{}[\]<>|#~&@]/g, "\\$&")
    .replace(/:(?=\/\/)|\.(?<=www\.)/gi, "\\$&").replace(/^[-+=]|(?<=^\d+)[.)]/, "\\$&");
}
