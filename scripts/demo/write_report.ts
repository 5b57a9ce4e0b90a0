import {
  count,
  formatSaving,
  formatStanding,
  formatTime,
  formatUsd,
} from "../../supabase/functions/_shared/report/format_figures.ts";
import { renderTable, wrap } from "../support/terminal.ts";
import type { FinishedReport } from "./watch_report.ts";

type Summary = NonNullable<FinishedReport["summary"]>;

const MOST_ERRORS = 8;
const NAME_WIDTH = 21;

const PICKS = [
  ["mostAccurate", "Most accurate"],
  ["cheapestGoodEnough", "Cheapest good enough"],
  ["fastestGoodEnough", "Fastest good enough"],
] as const;

/** Formats a report for a terminal of 80 columns. */
export function writeReport(report: FinishedReport, imageCount: number): string {
  const { summary } = report;
  if (summary === null) {
    return wrap(`The report ended as ${report.status}: ${report.error ?? "no reason given"}`);
  }
  const recommended = summary.models.find(({ modelId }) => modelId === report.recommended_model);
  const verdict = recommended === undefined
    ? `No model can be recommended. ${summary.noRecommendation?.text ?? report.error ?? ""}`
    : `★ Recommended: ${recommended.modelName}. ${report.rationale ?? ""}`;
  const { models } = summary;
  const parts = [
    `── Report: ${count(models.length, "model")} on ${count(imageCount, "image")} ──`,
    wrap(summary.caution?.text ?? ""),
    wrap(verdict.trim()),
    wrap(summary.higherAccuracy?.text ?? ""),
    wrap(summary.reason ?? ""),
    // If another model measured more, the line above has said so.
    summary.higherAccuracy === null ? wrap(summary.outlook?.text ?? "") : "",
    writePicks(summary),
    wrap(summary.goodEnough),
    writeModels(summary, report.recommended_model),
    writeNotes(summary),
    report.partial_reason === null ? "" : wrap(`Partial: ${report.partial_reason}`),
    summary.fieldErrors.length === 0 ? "" : writeErrors(summary),
    wrap(summary.dataPolicy?.text ?? ""),
    `Total API cost: ${formatUsd(report.total_api_cost)}`,
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

function writePicks({ picks }: Summary): string {
  return PICKS.flatMap(([key, name]) => {
    const pick = picks[key];
    return pick === null ? [] : [wrap(`${name}: ${pick.text}`)];
  }).join("\n");
}

function writeModels({ models }: Summary, recommendedId: string | null): string {
  return renderTable(
    ["Model", "Accuracy", "Cost/call", "Median", "p95", "Runs"],
    models.map((model) => [
      [
        wrap(`${model.modelId === recommendedId ? "★ " : ""}${model.modelName}`, NAME_WIDTH),
        wrap(formatStanding(model), NAME_WIDTH),
      ].join("\n"),
      showAccuracy(model),
      formatUsd(model.costPerRun),
      formatTime(model.medianLatency),
      `${model.p95FromFewCalls && model.p95Latency !== null ? "~" : ""}${
        formatTime(model.p95Latency)
      }`,
      `${model.runsCompleted}/${model.runsAttempted}`,
    ]),
    { hasRules: true },
  );
}

function writeNotes({ models, race }: Summary): string {
  const list = (name: string, texts: readonly string[]) =>
    texts.length === 0 ? [] : [`${name}: ${texts.join(", ")}.`];
  const lost = models.filter(({ runsLostToOutages }) => runsLostToOutages > 0)
    .map((model) => `${model.runsLostToOutages} of ${model.modelName}`);
  const cut = models.filter(({ runsCutByLimit }) => runsCutByLimit > 0)
    .map((model) => `${model.runsCutByLimit} of ${model.modelName}`);
  const thoughts = models.filter(({ reasoningTokens }) => (reasoningTokens ?? 0) > 0)
    .map(({ modelName, reasoningTokens }) => `${modelName} ${Math.round(reasoningTokens ?? 0)}`);
  return [
    "± is the 95 % confidence interval of the accuracy, for images like these.",
    "p95 has no interval: a report has too few images for one.",
    ...models.some(({ p95FromFewCalls, p95Latency }) => p95FromFewCalls && p95Latency !== null)
      ? ["~ p95 of fewer than 20 calls is hardly more than the slowest call."]
      : [],
    ...list("Runs lost to outages, excluded from all other figures", lost),
    ...list("Runs cut off by our token limit, excluded from all other figures", cut),
    ...list("Thinking tokens per run", thoughts),
    ...race === null ? [] : [`${formatSaving(race)}.`],
  ].map((note) => wrap(note)).join("\n");
}

function writeErrors({ fieldErrors }: Summary): string {
  const table = renderTable(
    ["Field", "Expected", "Read", "Times"],
    fieldErrors.slice(0, MOST_ERRORS).map((error) => [
      error.fieldPath,
      quote(error.expected),
      `${quote(error.actual)}${error.formatOnly ? " (format only)" : ""}`,
      error.occurrences,
    ]),
  );
  return `Most common field errors\n\n${table}`;
}

/** Formats an accuracy with the larger side of its interval, which may end at 0 or 100 %. */
function showAccuracy({ accuracy, accuracyInterval }: Summary["models"][number]): string {
  if (accuracy === null) return "–";
  if (accuracyInterval === null) return `${accuracy.toFixed(1)} %`;
  const margin = Math.max(accuracy - accuracyInterval.low, accuracyInterval.high - accuracy);
  return `${accuracy.toFixed(1)} ± ${margin.toFixed(1)} %`;
}

function quote(value: unknown): string {
  return value === undefined ? "(nothing)" : JSON.stringify(value);
}
