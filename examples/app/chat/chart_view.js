import { chart as chartFigure } from "../shared/chart.js";
import { loadScript } from "../shared/load_script.js";

/** Width of a name in a legend, in pixels. */
const LEGEND_ENTRY = 220;

/** Styles of all charts. The colours follow the page's, in light and dark. */
const CONFIG = {
  background: "transparent",
  font: "system-ui, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif",
  view: { stroke: null },
  axis: {
    domainColor: "var(--rule)",
    gridColor: "var(--rule)",
    labelColor: "var(--quiet)",
    labelFontSize: 12,
    labelPadding: 6,
    tickColor: "var(--rule)",
    titleColor: "var(--quiet)",
    titleFontSize: 12,
    titleFontWeight: 500,
    titlePadding: 10,
  },
  axisBand: { grid: false, ticks: false },
  legend: {
    labelColor: "var(--ink)",
    labelFontSize: 12,
    labelLimit: LEGEND_ENTRY - 40,
    symbolType: "circle",
    titleColor: "var(--quiet)",
    titleFontWeight: 500,
  },
  bar: { color: "var(--accent)" },
  line: { color: "var(--accent)", strokeWidth: 2 },
  point: { color: "var(--accent)", filled: true },
  range: { category: Array.from({ length: 10 }, (_, index) => `var(--series-${index + 1})`) },
};

/**
 * Returns the chart of an answer as a figure. Vega is downloaded with the first chart. Without it the
 * figure says so, and the table shows the same rows.
 *
 * @param {import("./chat_data.ts").Chart} chart
 */
export function chartView(chart) {
  const { title, description } = chart;
  const note = title.subtitle ?? null;
  return chartFigure({ title: title.text, note, words: description }, (width) => {
    const place = document.createElement("div");
    draw(place, chart, width).catch((error) => {
      console.error(error);
      place.textContent = "The chart could not be drawn. The table has its figures.";
      place.removeAttribute("aria-hidden");
    });
    return place;
  });
}

/**
 * Draws a chart as wide as its place.
 *
 * @param {HTMLElement} place
 * @param {import("./chat_data.ts").Chart} chart
 * @param {number} width
 */
async function draw(place, { title: _, ...chart }, width) {
  const embed = await loadVega();
  const columns = Math.max(1, Math.floor(width / LEGEND_ENTRY));
  const config = { ...CONFIG, legend: { ...CONFIG.legend, columns } };
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  await embed(place, /** @type {any} */ (chart), {
    actions: false,
    // The page's policy forbids `eval`: expressions are interpreted.
    ast: true,
    config: /** @type {any} */ (config),
    // Errors only: Vega-Lite warns of a height by the number of bars in a chart as wide as its place.
    logLevel: 1,
    mode: "vega-lite",
    renderer: "svg",
    tooltip: { theme: isDark ? "dark" : "light" },
  });
}

/** @returns {Promise<typeof import("vega-embed").default>} */
async function loadVega() {
  for (const name of ["vega", "vega-lite", "vega-embed"]) {
    await loadScript(`/vendor/${name}.min.js`);
  }
  return Reflect.get(globalThis, "vegaEmbed");
}
