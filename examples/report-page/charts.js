// Charts by Observable Plot, which index.html loads before the modules. Colours are the sheet's.

import { el } from "./dom.js";
import { frontier } from "./figures.js";
import { percent, time, usd } from "./format.js";

/** @typedef {import("./figures.js").Json} Json */

/** Values that differ by more than this need a logarithmic axis. */
const WIDE_RANGE = 20;

/**
 * A chart that is drawn again when its place changes width, and says in words what it shows.
 *
 * @param {{ title: string, note: string | null, words: string }} text
 * @param {(width: number) => Element} draw
 */
export function chart({ title, note, words }, draw) {
  const canvas = el("div", { class: "canvas", role: "img", "aria-label": `${title}. ${words}` });
  let drawn = 0;
  new ResizeObserver(() => {
    const width = Math.floor(canvas.clientWidth);
    if (width === 0 || width === drawn) return;
    drawn = width;
    const image = draw(width);
    // The words above stand for it; its axes read aloud would be noise.
    image.setAttribute("aria-hidden", "true");
    canvas.replaceChildren(image);
  }).observe(canvas);
  return el(
    "figure",
    { class: "card chart" },
    el("figcaption", {}, el("h3", {}, title), note === null ? null : el("p", {}, note)),
    canvas,
  );
}

/**
 * @param {Json[]} models
 * @param {"costPerRun" | "medianLatency"} measure
 * @param {string | null} recommendedId
 */
function pointsOf(models, measure, recommendedId) {
  return models
    .filter((model) => model.accuracy !== null && typeof model[measure] === "number")
    .map((model) => ({
      name: model.modelName,
      x: model[measure],
      accuracy: model.accuracy,
      low: model.accuracyInterval?.low ?? model.accuracy,
      high: model.accuracyInterval?.high ?? model.accuracy,
      recommended: model.modelId === recommendedId,
    }));
}

/**
 * Accuracy over cost or time, with the models that no other beats in both joined by a line.
 *
 * @param {Json[]} models
 * @param {"costPerRun" | "medianLatency"} measure
 * @param {string | null} recommendedId
 */
export function accuracyChart(models, measure, recommendedId) {
  const points = pointsOf(models, measure, recommendedId);
  const isCost = measure === "costPerRun";
  const format = isCost ? usd : time;
  const best = frontier(points, ({ x, accuracy }) => [-x, accuracy])
    .sort((one, other) => one.x - other.x);
  const words = points
    .map(({ name, x, accuracy }) => `${name}: ${percent(accuracy)} at ${format(x)}`)
    .concat(`Not beaten in both: ${best.map(({ name }) => name).join(", ")}`)
    .join(". ");
  const values = points.map(({ x }) => x);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const isLog = least > 0 && most > WIDE_RANGE * least;
  return chart({
    title: isCost ? "Accuracy and cost" : "Accuracy and time",
    note: "Further up and further left is better; the dashed line joins the models that no other " +
      `beats in accuracy and ${isCost ? "cost" : "time"}.`,
    words,
  }, (width) => {
    const Plot = globalThis.Plot;
    // Labels near the right edge stand to the left of their dots.
    const isRight = (/** @type {Json} */ { x }) =>
      isLog
        ? Math.log(x / least) > 0.6 * Math.log(most / least)
        : x - least > 0.6 * (most - least) && most > least;
    const label = (/** @type {Json[]} */ data, /** @type {Json} */ options) =>
      Plot.text(data, {
        x: "x",
        y: "accuracy",
        text: "name",
        fill: "var(--ink)",
        stroke: "var(--card)",
        strokeWidth: 4,
        fontSize: 12,
        ...options,
      });
    return Plot.plot({
      width,
      height: Math.max(260, Math.min(380, width * 0.62)),
      marginLeft: 52,
      marginRight: 24,
      marginTop: 28,
      marginBottom: 44,
      insetLeft: 16,
      insetRight: 16,
      style: { background: "transparent", color: "var(--quiet)", fontSize: "12px" },
      x: {
        type: isLog ? "log" : "linear",
        label: isCost ? "Cost of a call →" : "Median time of a call →",
        tickFormat: format,
        ticks: width < 420 ? 3 : 5,
        nice: true,
      },
      y: {
        label: "↑ Field accuracy",
        tickFormat: (/** @type {number} */ value) => `${value} %`,
        ticks: 5,
        grid: true,
        nice: true,
      },
      r: { type: "identity" },
      marks: [
        Plot.line(best, {
          x: "x",
          y: "accuracy",
          stroke: "var(--accent)",
          strokeDasharray: "5 5",
          strokeWidth: 1.5,
        }),
        Plot.ruleX(points, {
          x: "x",
          y1: "low",
          y2: "high",
          stroke: (/** @type {Json} */ { recommended }) =>
            recommended ? "var(--accent)" : "var(--dot)",
          strokeWidth: 1.5,
          strokeOpacity: 0.55,
        }),
        Plot.dot(points, {
          x: "x",
          y: "accuracy",
          r: (/** @type {Json} */ { recommended }) => recommended ? 7 : 5,
          fill: (/** @type {Json} */ { recommended }) =>
            recommended ? "var(--accent)" : "var(--dot)",
          stroke: "var(--card)",
          strokeWidth: 1.5,
        }),
        label(points.filter(isRight), { textAnchor: "end", dx: -12 }),
        label(points.filter((point) => !isRight(point)), { textAnchor: "start", dx: 12 }),
      ],
    });
  });
}

/**
 * How long each call of each model took, with its median.
 *
 * @param {Json[]} models
 * @param {Json[]} runs
 * @param {string | null} recommendedId
 */
export function latencyChart(models, runs, recommendedId) {
  const names = new Map(models.map(({ modelId, modelName }) => [modelId, modelName]));
  const calls = runs
    .filter(({ status, response_time_ms }) => status === "complete" && response_time_ms !== null)
    .map(({ model_id, response_time_ms }) => ({
      name: names.get(model_id) ?? model_id,
      time: response_time_ms,
      recommended: model_id === recommendedId,
    }));
  const times = calls.map((call) => call.time);
  const isLog = Math.max(...times) > WIDE_RANGE * Math.max(1, Math.min(...times));
  const measured = models.filter(({ medianLatency }) => medianLatency !== null)
    .sort((one, other) => one.medianLatency - other.medianLatency);
  return chart({
    title: "How long a call takes",
    note: "Each stroke is one call; the tall one is the model's median.",
    words: measured
      .map(({ modelName, medianLatency, p95Latency }) =>
        `${modelName}: median ${time(medianLatency)}, 95 of 100 within ${time(p95Latency)}`
      ).join(". "),
  }, (width) => {
    const Plot = globalThis.Plot;
    const longest = Math.max(...measured.map(({ modelName }) => modelName.length));
    const colour = (/** @type {Json} */ { recommended }) =>
      recommended ? "var(--accent)" : "var(--dot)";
    return Plot.plot({
      width,
      height: 64 + 44 * measured.length,
      marginLeft: Math.min(width * 0.42, 20 + longest * 7),
      marginRight: 24,
      marginBottom: 44,
      style: { background: "transparent", color: "var(--quiet)", fontSize: "12px" },
      x: {
        type: isLog ? "log" : "linear",
        label: "Time of a call →",
        tickFormat: time,
        ticks: width < 520 ? 3 : 6,
        grid: true,
        nice: true,
        ...(isLog ? {} : { zero: true }),
      },
      y: { label: null, domain: measured.map(({ modelName }) => modelName), tickSize: 0 },
      marks: [
        Plot.tickX(calls, {
          x: "time",
          y: "name",
          stroke: colour,
          strokeOpacity: 0.4,
          strokeWidth: 1.5,
          insetTop: 10,
          insetBottom: 10,
        }),
        Plot.tickX(measured, {
          x: "medianLatency",
          y: "modelName",
          stroke: (/** @type {Json} */ { modelId }) =>
            modelId === recommendedId ? "var(--accent)" : "var(--ink)",
          strokeWidth: 3,
          insetTop: 4,
          insetBottom: 4,
        }),
      ],
    });
  });
}
