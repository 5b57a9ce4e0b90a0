import { chart, isWide, plotLibrary } from "../shared/chart.js";
import { frontier, isRanked } from "./figures.js";
import { percent, shorten, time, timeTick, usd } from "../shared/format.js";
import { placeLabels } from "./place_labels.js";

/** @typedef {import("./report_data.ts").Model} Model */

/** Measures that accuracy is compared with. */
const MEASURES = {
  costPerRun: {
    title: "Accuracy and cost",
    axis: "Cost of a call →",
    noun: "cost",
    format: usd,
    tick: usd,
  },
  medianLatency: {
    title: "Accuracy and time",
    axis: "Median time of a call →",
    noun: "time",
    format: time,
    tick: timeTick,
  },
};

const CHARACTER_WIDTH = 7;

/**
 * Returns a chart of accuracy over cost or time, with a line along the Pareto frontier.
 *
 * @param {Model[]} models
 * @param {keyof typeof MEASURES} measure
 * @param {string | null} recommendedId
 */
export function accuracyChart(models, measure, recommendedId) {
  const { title, axis, noun, format, tick } = MEASURES[measure];
  const points = models.flatMap((model) => {
    const name = shorten(model.modelName) +
      (isRanked(model) ? "" : model.standing === "stopped" ? " (stopped early)" : " (not ranked)");
    const { accuracy, accuracyInterval, [measure]: x } = model;
    if (accuracy === null || x === null) return [];
    const { low, high } = accuracyInterval ?? { low: accuracy, high: accuracy };
    return [{
      name,
      x,
      accuracy,
      low,
      high,
      isRecommended: model.modelId === recommendedId,
      isRanked: isRanked(model),
    }];
  });
  const best = frontier(
    points.filter(({ isRanked, accuracy }) => isRanked && accuracy > 0),
    ({ x, accuracy }) => [-x, accuracy],
  )
    .sort((one, other) => one.x - other.x);
  const words = points
    .map(({ name, x, accuracy }) => `${name}: ${percent(accuracy)} at ${format(x)}`)
    .concat(`Not beaten in both: ${best.map(({ name }) => name).join(", ")}`)
    .join(". ");
  const isLog = isWide(points.map(({ x }) => x));
  const colour = (/** @type {{ isRecommended: boolean }} */ { isRecommended }) =>
    isRecommended ? "var(--accent)" : "var(--dot)";
  return chart({
    title,
    note:
      "Models further up and further left are better. The dashed line joins those that no other " +
      `model beats in both accuracy and ${noun}.`,
    words,
  }, (width) => {
    const Plot = plotLibrary();
    const draw = (/** @type {import("@observablehq/plot").Markish[]} */ labels) =>
      Plot.plot({
        width,
        height: Math.max(280, Math.min(420, width * 0.72)),
        marginLeft: 52,
        marginRight: 24,
        marginTop: 28,
        marginBottom: 44,
        inset: 14,
        style: { background: "transparent", color: "var(--quiet)", fontSize: "12px" },
        x: {
          type: isLog ? "log" : "linear",
          label: axis,
          tickFormat: tick,
          ticks: width < 420 ? 3 : 5,
          nice: !isLog,
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
          Plot.ruleX(points, {
            x: "x",
            y1: "low",
            y2: "high",
            stroke: colour,
            strokeWidth: 1.5,
            strokeOpacity: 0.4,
          }),
          Plot.line(best, {
            x: "x",
            y: "accuracy",
            stroke: "var(--accent)",
            strokeDasharray: "5 5",
            strokeWidth: 1.5,
          }),
          ...labels,
          Plot.dot(points, {
            x: "x",
            y: "accuracy",
            r: (/** @type {{ isRecommended: boolean }} */ { isRecommended }) =>
              isRecommended ? 7 : 5,
            fill: colour,
            stroke: "var(--card)",
            strokeWidth: 1.5,
          }),
        ],
      });
    // Drawn once without labels, to know where the dots are.
    const bare = draw([]);
    const places = placeLabels(
      points.map(({ name, x, accuracy }) => ({
        x: bare.scale("x")?.apply(x),
        y: bare.scale("y")?.apply(accuracy),
        width: name.length * CHARACTER_WIDTH,
      })),
      { left: 52, right: width },
    );
    return draw(points.map((point, index) =>
      Plot.text([point], {
        x: "x",
        y: "accuracy",
        text: "name",
        fill: "var(--ink)",
        stroke: "var(--card)",
        strokeWidth: 4,
        fontSize: 12,
        fontWeight: point.isRecommended ? 700 : 400,
        ...places[index],
      })
    ));
  });
}
