import { count, formatPercent, formatTime, formatUsd } from "../report/format_figures.ts";
import { CUSTOMER_FOOTER, type EmailContent } from "./email_content.ts";
import type { RecommendedFigures, ReportNotice } from "./report_notice.ts";

/** Data of the e-mail that a report is ready. */
export type ResultNotice = Pick<
  ReportNotice,
  | "modelCount"
  | "unmeasuredCount"
  | "imageCount"
  | "fittedImages"
  | "recommendation"
  | "noRecommendation"
>;

/**
 * Returns the e-mail that tells a customer that a report is ready, with its result.
 *
 * @param reportUrl address that the button opens.
 */
export function describeResult(notice: ResultNotice, reportUrl: string): EmailContent {
  const { unmeasuredCount, fittedImages, recommendation, noRecommendation } = notice;
  const models = count(notice.modelCount, "vision model");
  const images = count(notice.imageCount, "sample image");
  const common = {
    heading: "Your Benchmark Report is Ready",
    summary: [
      `We've finished benchmarking ${models} against your ${images}.`,
      ...unmeasuredCount === 0
        ? []
        : [`${unmeasuredCount} of them could not be measured: the report says why.`],
      ...fittedImages === null ? [] : [fittedImages],
    ].join(" "),
    button: { label: "View your report", url: reportUrl },
    footer: CUSTOMER_FOOTER,
  };
  if (recommendation === null) {
    const reason = noRecommendation ?? "No model is good enough.";
    return {
      ...common,
      preview:
        "Your benchmark is done. No model can be recommended: see why, and how every model did.",
      label: "Result",
      result: "No model can be recommended",
      reason: `${reason} The report shows how each model did.`,
      figures: [],
      remarks: [],
    };
  }
  const { modelName, rationale, figures, doubt, runnerUp } = recommendation;
  return {
    ...common,
    preview: `Our recommendation: ${modelName}. See how every model did.`,
    label: "Top recommendation",
    result: modelName,
    reason: rationale ?? "It did best by the priorities you set.",
    figures: figures === null ? [] : listFigures(figures),
    remarks: [
      ...doubt === null ? [] : [{ label: "Before you rely on it", text: doubt }],
      ...runnerUp === null ? [] : [{ label: "Beside the others", text: runnerUp }],
    ],
  };
}

function listFigures(
  { accuracy, accuracyInterval, costPerRun, medianLatency }: RecommendedFigures,
): [name: string, value: string][] {
  const range = accuracyInterval === null
    ? ""
    : ` (95 % interval: ${accuracyInterval.low.toFixed(1)} to ${
      formatPercent(accuracyInterval.high)
    })`;
  return [
    ["Field accuracy", `${formatPercent(accuracy)}${range}`],
    ["Cost of a call", formatUsd(costPerRun)],
    ["Median time", formatTime(medianLatency)],
  ];
}
