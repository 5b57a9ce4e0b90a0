import { chart, isWide, plotLibrary } from "../shared/chart.js";
import { shorten, time, timeTick } from "../shared/format.js";

/** @typedef {import("./report_data.ts").Model} Model */

/**
 * Returns a chart of the time of each call, by model, with the median.
 *
 * @param {Model[]} models
 * @param {import("./report_data.ts").Run[]} runs
 * @param {string | null} recommendedId
 */
export function latencyChart(models, runs, recommendedId) {
  const names = new Map(models.map(({ modelId, modelName }) => [modelId, modelName]));
  const calls = runs.flatMap(({ status, response_time_ms, model_id }) =>
    status !== "complete" || response_time_ms === null ? [] : [{
      name: names.get(model_id) ?? model_id,
      time: response_time_ms,
      recommended: model_id === recommendedId,
    }]
  );
  const times = calls.map((call) => call.time);
  const isLog = isWide(times);
  const measured = models.filter(({ medianLatency }) => medianLatency !== null)
    .sort((one, other) => Number(one.medianLatency) - Number(other.medianLatency));
  return chart({
    title: "How long a call takes",
    note: "Each line is one call. The tall line is the model's median.",
    words: measured
      .map((model) =>
        `${model.modelName}: median ${time(model.medianLatency)}, ` +
        `p95 ${time(model.p95Latency)}`
      ).join(". "),
  }, (width) => {
    const Plot = plotLibrary();
    const longest = Math.max(...measured.map((model) => shorten(model.modelName).length));
    const colour = (/** @type {{ recommended: boolean }} */ { recommended }) =>
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
        tickFormat: timeTick,
        ticks: width < 520 ? 3 : 6,
        grid: true,
        ...(isLog ? {} : { nice: true, zero: true }),
      },
      y: {
        label: null,
        domain: measured.map(({ modelName }) => modelName),
        tickFormat: shorten,
        tickSize: 0,
      },
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
          stroke: (/** @type {Model} */ { modelId }) =>
            modelId === recommendedId ? "var(--accent)" : "var(--ink)",
          strokeWidth: 3,
          insetTop: 4,
          insetBottom: 4,
        }),
      ],
    });
  });
}
