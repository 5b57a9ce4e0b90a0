import { el } from "./dom.js";
import { tiedWithBest } from "./figures.js";
import { count, date, list, percent, percentRange, time, usd } from "./format.js";
import { revisionNote } from "./revisions.js";

/** @typedef {import("./report_data.ts").Model} Model */

/**
 * The report's head: which model, why, and how sure that is.
 *
 * @param {import("./report_data.ts").ReportData} data
 */
export function recommendation(data) {
  const { report, image_count: images, runs, priorities } = data;
  const models = report.summary?.models ?? [];
  const chosen = models.find(({ modelId }) => modelId === report.recommended_model);
  const facts = [
    count(report.model_count, "model"),
    count(images, "image"),
    count(runs.length, "run"),
    `${usd(report.total_api_cost)} spent on calls`,
    report.summary?.race
      ? `${report.summary.race.savedCalls} of ${report.summary.race.allCalls} calls spared by the ` +
        `race, about ${usd(report.summary.race.savedUsd)}`
      : null,
    `ranked by ${priorities.join(", then ")}`,
    date(report.completed_at),
  ].filter((fact) => fact !== null);
  return el(
    "section",
    { class: "hero card", "aria-labelledby": "title" },
    el("p", { class: "eyebrow" }, chosen === undefined ? "Benchmark report" : "Recommended model"),
    el("h1", { id: "title" }, chosen?.modelName ?? headline(report)),
    report.rationale === null ? null : el("p", { class: "rationale" }, report.rationale),
    report.summary?.higherAccuracy
      ? el("p", { class: "caveat" }, report.summary.higherAccuracy.text)
      : null,
    report.summary?.noRecommendation
      ? el("p", { class: "rationale" }, report.summary.noRecommendation.text)
      : null,
    report.summary?.caution ? el("p", { class: "caveat" }, report.summary.caution.text) : null,
    report.error === null ? null : el("p", { class: "warning" }, report.error),
    report.partial
      ? el(
        "p",
        { class: "warning" },
        `Not everything ran: ${report.partial_reason ?? "stopped early"}`,
      )
      : null,
    chosen === undefined ? null : tiles(chosen),
    report.summary === null || chosen === undefined ? null : certainty(report.summary, chosen),
    el("p", { class: "facts" }, facts.join(" · ")),
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
      "div",
      { class: "tile" },
      el("dt", {}, name),
      el("dd", {}, value, below === null ? null : el("small", {}, below)),
    );
  const { costInterval, accuracyInterval } = model;
  return el(
    "dl",
    { class: "tiles" },
    tile(
      "Field accuracy",
      percent(model.accuracy),
      accuracyInterval ? `95 %: ${percentRange(accuracyInterval)}` : null,
    ),
    tile("Exact answers", percent(model.exactMatchRate), null),
    tile(
      "Cost of a call",
      usd(model.costPerRun),
      costInterval && costInterval.high > 0
        ? `95 %: ${usd(costInterval.low)} to ${usd(costInterval.high)}`
        : null,
    ),
    tile("Median time", time(model.medianLatency), `p95 ${time(model.p95Latency)}`),
  );
}

/**
 * @param {import("./report_data.ts").Summary} summary
 * @param {Model} chosen
 */
function certainty(summary, chosen) {
  const names = new Map(
    summary.models.map(({ modelId, modelName }) => [modelId, modelName]),
  );
  const others = tiedWithBest(summary).filter((id) => id !== chosen.modelId)
    .map((id) => names.get(id) ?? id);
  const lines = [
    typeof summary.reason === "string" && summary.reason !== "" ? summary.reason : null,
    others.length === 0 || summary.reason || summary.comparison?.enoughImages === false
      ? null
      : `These images cannot tell its accuracy from that of ${list(others)}.`,
    summary.comparison?.enoughImages === false && !summary.reason
      ? `There are not enough images to tell the models' accuracy apart: it takes ${summary.comparison.imagesNeeded} or more.`
      : null,
    summary.outlook?.text ?? null,
  ].filter((line) => line !== null);
  if (lines.length === 0) return null;
  return el(
    "div",
    { class: "certainty" },
    el("h2", {}, "How sure is this?"),
    ...lines.map((line) => el("p", {}, line)),
  );
}
