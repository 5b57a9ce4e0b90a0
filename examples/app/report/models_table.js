import { el, scrollingTable } from "../shared/dom.js";
import { isRanked } from "./figures.js";
import {
  count,
  percent,
  percentRange,
  thousand,
  time,
  timeRange,
  UNKNOWN,
  usd,
} from "../shared/format.js";
import { standingsOf } from "./standings.js";

/** @typedef {import("./report_data.ts").Model} Model */

/** @type {{ key: keyof Model, title: string, descending: boolean }[]} */
const COLUMNS = [
  { key: "modelName", title: "Model", descending: false },
  { key: "accuracy", title: "Field accuracy", descending: true },
  { key: "exactMatchRate", title: "Exact", descending: true },
  { key: "costPerRun", title: "Cost per 1,000", descending: false },
  { key: "medianLatency", title: "Median time", descending: false },
  { key: "p95Latency", title: "p95", descending: false },
  { key: "spread", title: "Spread", descending: false },
  { key: "runsCompleted", title: "Runs", descending: true },
];

const REGIMES = {
  strict: "Schema enforced",
  reduced: "Schema partly enforced",
  prompt: "Schema in the prompt",
};

/**
 * Returns the table of all models with figures, intervals and standings. Column heads sort it.
 *
 * @param {import("./report_data.ts").ShownReport} data
 */
export function modelsTable({ report }) {
  const { summary } = report;
  const models = [...summary.models];
  const scale = scaleOf(models);
  const standings = standingsOf(summary);
  const rows = new Map(models.map((model) => [
    model,
    row(model, scale, {
      isRecommended: model.modelId === report.recommended_model,
      standing: standings.badge(model),
    }),
  ]));
  const heads = COLUMNS.map(({ key, title, descending }) => {
    const button = el("button", { type: "button" }, title);
    const head = el(
      "th",
      { scope: "col", "aria-sort": key === "accuracy" ? "descending" : "none" },
      button,
    );
    button.addEventListener("click", () => {
      const current = head.getAttribute("aria-sort");
      const isDescending = current === "none" ? descending : current === "ascending";
      for (const other of heads) other.setAttribute("aria-sort", "none");
      head.setAttribute("aria-sort", isDescending ? "descending" : "ascending");
      models.sort((one, other) =>
        Number(isRanked(other)) - Number(isRanked(one)) ||
        compare(one[key], other[key]) * (isDescending ? -1 : 1)
      );
      body?.append(...models.map((model) => rows.get(model) ?? ""));
    });
    return head;
  });
  const table = scrollingTable(
    {
      selector: "table.models",
      label: "Table of models",
      caption: "Models and their figures. Column heads sort the table.",
    },
    heads,
    [...rows.values()],
  );
  const body = table.querySelector("tbody");
  return el("div", table, standings.legend());
}

/**
 * @param {Model} model
 * @param {[number, number]} scale
 * @param {{ isRecommended: boolean, standing: HTMLElement | null }} marks
 */
function row(model, scale, { isRecommended, standing }) {
  const { accuracyInterval, p95FromFewCalls, p95LatencyInterval, stoppedAfterImages } = model;
  const { outcomes, notMeasuredBecause } = model;
  return el(
    "tr",
    { class: isRecommended ? "recommended" : null, "data-model": model.modelId },
    el(
      "th",
      { scope: "row" },
      el("span.name", model.modelName),
      el("span.below", `${model.provider} · ${model.tier}`),
      model.schemaRegime ? el("span.below", REGIMES[model.schemaRegime]) : null,
      el("span.badges", isRecommended ? el("span.badge.strong", "Recommended") : null, standing),
      notMeasuredBecause ? el("span.why.quiet", `Because ${notMeasuredBecause}`) : null,
    ),
    el(
      "td.accuracy",
      el("span.figure", percent(model.accuracy)),
      whisker(model, scale),
      accuracyInterval ? el("span.below", percentRange(accuracyInterval)) : null,
    ),
    cell(
      percent(model.exactMatchRate),
      model.exactMatchInterval && percentRange(model.exactMatchInterval),
    ),
    cell(usd(thousand(model.costPerRun)), `${usd(model.costPerRun)} a call`),
    cell(time(model.medianLatency)),
    cell(
      time(model.p95Latency),
      p95LatencyInterval && `~ ${timeRange(p95LatencyInterval)}`,
      p95FromFewCalls && model.p95Latency !== null ? "under 20 calls" : null,
    ),
    cell(model.spread === null ? UNKNOWN : `± ${model.spread.toFixed(1)}`),
    cell(
      `${model.runsCompleted} / ${model.runsAttempted}`,
      typeof stoppedAfterImages === "number" ? `on ${count(stoppedAfterImages, "image")}` : null,
      // Without figures, the reason stands below the model's name.
      ...notMeasuredBecause ? [] : outcomes.map(({ runs, text }) => `${runs} ${text}`),
    ),
  );
}

/**
 * @param {string} value
 * @param {...(string | null | undefined)} below one line each
 */
function cell(value, ...below) {
  return el(
    "td",
    el("span.figure", value),
    ...below.map((line) => line ? el("span.below", line) : null),
  );
}

/** @param {Model[]} models */
function scaleOf(models) {
  const lows = models.flatMap(({ accuracy, accuracyInterval }) =>
    accuracy === null ? [] : [accuracyInterval?.low ?? accuracy]
  );
  const low = Math.max(0, Math.floor((Math.min(100, ...lows) - 5) / 10) * 10);
  return /** @type {[number, number]} */ ([low, 100]);
}

/**
 * Returns the interval as a bar with the value marked in it. The numbers stand beside it as text.
 *
 * @param {Model} model
 * @param {[number, number]} scale
 */
function whisker({ accuracy, accuracyInterval }, [least, most]) {
  if (accuracy === null) return null;
  const at = (/** @type {number} */ value) => (100 * (value - least)) / (most - least);
  const track = el("span.whisker", { "aria-hidden": "true" });
  if (accuracyInterval) {
    const range = el("span.range");
    range.style.left = `${at(accuracyInterval.low)}%`;
    range.style.width = `${at(accuracyInterval.high) - at(accuracyInterval.low)}%`;
    track.append(range);
  }
  const point = el("span.point");
  point.style.left = `${at(accuracy)}%`;
  track.append(point);
  return track;
}

/**
 * Compares two values for sorting. Unknown values are the smallest.
 *
 * @param {unknown} one
 * @param {unknown} other
 */
function compare(one, other) {
  if (typeof one === "string" && typeof other === "string") return one.localeCompare(other);
  return (typeof one === "number" ? one : -Infinity) -
      (typeof other === "number" ? other : -Infinity) || 0;
}
