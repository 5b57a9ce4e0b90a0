import { el } from "../shared/dom.js";
import {
  count,
  date,
  percent,
  percentRange,
  thousand,
  time,
  unbroken,
  usd,
} from "../shared/format.js";
import { picksView } from "./picks.js";
import { revisionNote } from "./revisions.js";

/** @typedef {import("./report_data.ts").Model} Model */

/**
 * Returns the head of the report: the recommended model, the reasons, and their certainty.
 *
 * @param {import("./report_data.ts").ReportData} data
 */
export function recommendation(data) {
  const { report, image_count: images, run_count: runs, priorities } = data;
  const models = report.summary?.models ?? [];
  const chosen = models.find(({ modelId }) => modelId === report.recommended_model);
  const facts = [
    count(report.model_count, "model"),
    count(images, "image"),
    count(runs, "run"),
    `${usd(report.total_api_cost)} spent on calls`,
    report.summary?.race
      ? `${report.summary.race.savedCalls} of ${report.summary.race.allCalls} calls saved by the ` +
        `race, about ${usd(report.summary.race.savedUsd)}`
      : null,
    `ranked by ${priorities.join(", then ")}`,
    date(report.completed_at),
  ].filter((fact) => fact !== null);
  const { rationale, error, summary } = report;
  const said = (/** @type {string} */ kind, /** @type {string | null | undefined} */ text) =>
    text ? el(`p.${kind}`, unbroken(text)) : null;
  return el(
    "section.hero.card",
    { "aria-labelledby": "title" },
    said("caution", summary?.caution?.text),
    el("p.eyebrow", chosen === undefined ? "Benchmark report" : "Recommended model"),
    el("h1", { id: "title" }, chosen?.modelName ?? headline(report)),
    said("rationale", rationale),
    said("caveat", summary?.higherAccuracy?.text),
    said("rationale", summary?.noRecommendation?.text),
    said("warning", error === summary?.noRecommendation?.text ? null : error),
    said(
      "warning",
      report.partial ? `Not everything ran: ${report.partial_reason ?? "stopped early"}` : null,
    ),
    said("warning", (summary?.endings ?? []).map(({ text }) => text).join(" ")),
    summary === null ? null : picksView(summary),
    chosen === undefined ? null : tiles(chosen),
    summary === null ? null : reasons(summary),
    el("p.facts", facts.join(" · ")),
    said("facts", summary?.fittedImages?.text),
    said("facts", summary?.dataPolicy?.text),
    revisionNote(data),
  );
}

/** @param {import("./report_data.ts").Report} report */
function headline({ status }) {
  if (status === "refunded") return "This benchmark was refunded";
  return status === "failed" ? "The benchmark failed" : "No model can be recommended";
}

/** @param {Model} model */
function tiles(model) {
  const tile = (
    /** @type {string} */ name,
    /** @type {string} */ value,
    /** @type {string | null} */ below,
  ) =>
    el(
      "div.tile",
      el("dt.quiet", name),
      el("dd", value, below === null ? null : el("small.quiet", below)),
    );
  const { costInterval, accuracyInterval } = model;
  return el(
    "dl.tiles",
    tile(
      "Field accuracy",
      percent(model.accuracy),
      accuracyInterval ? `95 %: ${percentRange(accuracyInterval)}` : null,
    ),
    tile("Exact answers", percent(model.exactMatchRate), null),
    tile(
      "Cost per 1,000 documents",
      usd(thousand(model.costPerRun)),
      costInterval && usd(costInterval.low) !== usd(costInterval.high)
        ? `95 %: ${usd(thousand(costInterval.low))} to ${usd(thousand(costInterval.high))}`
        : null,
    ),
    tile("Median time", time(model.medianLatency), `p95 ${time(model.p95Latency)}`),
  );
}

/** @param {import("./report_data.ts").Summary} summary */
function reasons({ reason, higherAccuracy, outlook }) {
  // If another model measured higher, the head says what would settle it.
  const lines = [reason, higherAccuracy ? null : outlook?.text].flatMap((line) => line ?? []);
  if (lines.length === 0) return null;
  return el(
    "div.reasons",
    el("h2", "Why this model, and how certain"),
    ...lines.map((line) => el("p", unbroken(line))),
  );
}
