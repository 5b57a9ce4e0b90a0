import * as Plot from "@observablehq/plot";
import { DOMParser } from "linkedom/worker";
import { paretoFrontier } from "../statistics/pareto.ts";
import { count, formatPercent, formatTime, formatUsd } from "./format_figures.ts";
import type { ReportModel } from "./model_summary.ts";
import { hasEnded, listModels, type ReportView } from "./report_view.ts";

const WIDTH = 800;
const HEIGHT = 460;
const INK = "#1a1a2e";
const MUTED = "#585873";
const ACCENT = "#c2410c";
const OTHER = "#7d7d9c";

/** Longest model name, in characters, beside a point and in the title. */
const LABEL_LENGTH = 30;
const TITLE_LENGTH = 56;

/** Ratio of the highest to the lowest cost above which the axis is logarithmic. */
const WIDE_RANGE = 20;

interface Point {
  readonly name: string;
  readonly x: number;
  readonly accuracy: number;
  readonly low: number;
  readonly high: number;
  readonly isRecommended: boolean;
  /** False if a race stopped it, it read too few images, or another model answered in its place. */
  readonly isRanked: boolean;
}

/**
 * Draws a card with the recommendation and a chart of accuracy over cost, with the Pareto frontier as
 * a line. If no call cost anything, the chart is over time instead. The result is a complete SVG
 * document that runs no script and fetches nothing.
 */
export function drawReportSvg(view: ReportView): string {
  const { report } = view;
  const models = listModels(view);
  const isFree = models.every(({ costPerRun }) => costPerRun === null || costPerRun === 0);
  const points = models.flatMap((model): Point[] => {
    const x = isFree ? model.medianLatency : model.costPerRun;
    if (x === null || model.accuracy === null) return [];
    const isStopped = model.stoppedAfterImages !== null;
    const isRanked = !isStopped &&
      !["not_comparable", "answered_by_another"].includes(model.standing ?? "");
    return [{
      name: shorten(model.modelName, LABEL_LENGTH) +
        (isRanked ? "" : isStopped ? " (stopped early)" : " (not ranked)"),
      x,
      accuracy: model.accuracy,
      low: model.accuracyInterval?.low ?? model.accuracy,
      high: model.accuracyInterval?.high ?? model.accuracy,
      isRecommended: model.modelId === report.recommended_model,
      isRanked,
    }];
  });
  const useful = points.filter(({ isRanked, accuracy }) => isRanked && accuracy > 0);
  const frontier = paretoFrontier(useful, ({ x, accuracy }) => [-x, accuracy])
    .toSorted((one, other) => one.x - other.x);
  const recommended = models.find(({ modelId }) => modelId === report.recommended_model);
  const document = new DOMParser().parseFromString("<html></html>", "text/html");
  const caption = (text: string, top: number, style: Record<string, string | number>) =>
    Plot.text([text], { frameAnchor: "top-left", dx: -44, dy: top, fill: INK, ...style });

  const figure = Plot.plot({
    document,
    width: WIDTH,
    height: HEIGHT,
    marginTop: 104,
    marginLeft: 64,
    marginRight: 40,
    marginBottom: 52,
    style: { background: "white", color: MUTED, fontSize: "12px" },
    x: {
      label: isFree ? "Median time of a call →" : "Cost of a call →",
      type: scaleOf(points),
      tickFormat: isFree ? formatTime : formatUsd,
      ticks: 6,
      grid: true,
      nice: true,
    },
    y: { label: null, tickFormat: formatPercent, ticks: 6, grid: true, nice: true },
    r: { type: "identity" },
    marks: [
      Plot.line(frontier, {
        x: "x",
        y: "accuracy",
        stroke: ACCENT,
        strokeDasharray: "4 4",
        strokeOpacity: 0.7,
      }),
      Plot.ruleX(points, { x: "x", y1: "low", y2: "high", stroke: OTHER, strokeOpacity: 0.6 }),
      Plot.dot(points, {
        x: "x",
        y: "accuracy",
        r: ({ isRecommended }: Point) => isRecommended ? 7 : 5,
        fill: ({ isRecommended }: Point) => isRecommended ? ACCENT : OTHER,
        stroke: "white",
      }),
      Plot.text(points, {
        x: "x",
        y: "high",
        text: "name",
        dy: -12,
        fill: INK,
        stroke: "white",
        strokeWidth: 4,
      }),
      caption(titleOf(view, recommended), -88, { fontSize: 20, fontWeight: 700 }),
      caption("↑ Field accuracy", -26, { fontSize: 12, fill: MUTED }),
      caption(subtitleOf(view.image_count, models.length, recommended), -60, {
        fontSize: 13,
        fill: MUTED,
      }),
    ],
  });
  const svg: unknown = figure;
  if (!isElement(svg)) throw new TypeError("Plot.plot did not return an SVG element");
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", titleOf(view, recommended));
  return svg.outerHTML;
}

/** Members of an SVG element that are used here, where browser types are not available. */
interface DrawnElement {
  setAttribute(name: string, value: string): void;
  readonly outerHTML: string;
}

function isElement(drawn: unknown): drawn is DrawnElement {
  return typeof drawn === "object" && drawn !== null && "setAttribute" in drawn &&
    "outerHTML" in drawn;
}

function scaleOf(points: readonly Point[]): "linear" | "log" {
  const values = points.map(({ x }) => x);
  return Math.min(...values) > 0 && Math.max(...values) > WIDE_RANGE * Math.min(...values)
    ? "log"
    : "linear";
}

/** Shortens a name to `most` characters by leaving out its middle. */
function shorten(name: string, most: number): string {
  const half = Math.floor(most / 2);
  return name.length <= most ? name : `${name.slice(0, half)}…${name.slice(1 - half)}`;
}

function titleOf({ report }: ReportView, recommended: ReportModel | undefined): string {
  if (recommended !== undefined) {
    return `Recommended: ${shorten(recommended.modelName, TITLE_LENGTH)}`;
  }
  if (report.status === "failed") return "The benchmark failed";
  return hasEnded(report) ? "No model can be recommended" : "The benchmark is running";
}

function subtitleOf(images: number, models: number, recommended: ReportModel | undefined): string {
  const field = `${count(models, "model")}, ${count(images, "image")}`;
  if (recommended === undefined) return field;
  const { accuracy, costPerRun, medianLatency } = recommended;
  return `${formatPercent(accuracy)} accuracy · ${formatUsd(costPerRun)} a call · ` +
    `${formatTime(medianLatency)} · of ${field}`;
}
