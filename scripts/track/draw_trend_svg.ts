import * as Plot from "@observablehq/plot";
import { DOMParser } from "linkedom/worker";
import type { TrackedRun } from "../../supabase/functions/_shared/tracking/run_reports.ts";

const INK = "#1a1a2e";
const MUTED = "#585873";
const LINE = "#c2410c";

/** The used part of an SVG element. Deno has no types of the DOM. */
interface DrawnElement {
  setAttribute(name: string, value: string): void;
  readonly outerHTML: string;
}

/** Draws the pass rate over time, one line per suite and branch, as an SVG document without scripts. */
export function drawTrendSvg(runs: readonly TrackedRun[]): string {
  const points = runs.flatMap((run) =>
    run.pass_rate === null ? [] : [{
      when: new Date(run.run_timestamp),
      rate: run.pass_rate,
      series: `${run.suite} on ${run.branch_name}`,
    }]
  );
  const series = [...new Set(points.map((point) => point.series))];
  const document = new DOMParser().parseFromString("<html></html>", "text/html");
  const title = series.length === 1 ? `Pass rate of ${series[0]}` : "Pass rate of test runs";
  // The type of dots lacks `z`, but Plot warns without it.
  const dots = { x: "when", y: "rate", z: "series", fill: "series", r: 4, stroke: "white" };
  const drawn: unknown = Plot.plot({
    document,
    width: 800,
    height: 360,
    marginTop: 64,
    marginLeft: 56,
    marginRight: 24,
    style: { background: "white", color: MUTED, fontSize: "12px" },
    x: { type: "utc", label: null, grid: true, nice: true },
    y: { label: null, grid: true, nice: true, tickFormat: (rate: number) => `${rate} %` },
    color: series.length === 1 ? { range: [LINE], domain: series } : { domain: series },
    marks: [
      Plot.lineY(points, { x: "when", y: "rate", z: "series", stroke: "series", strokeWidth: 2 }),
      Plot.dot(points, dots),
      ...series.length < 2 ? [] : [
        Plot.text(
          points,
          Plot.selectLast({
            x: "when",
            y: "rate",
            z: "series",
            text: "series",
            fill: INK,
            stroke: "white",
            strokeWidth: 4,
            textAnchor: "end",
            dy: -12,
          }),
        ),
      ],
      Plot.text([title], {
        frameAnchor: "top-left",
        dx: -40,
        dy: -48,
        fill: INK,
        fontSize: 18,
        fontWeight: 700,
      }),
    ],
  });
  if (!isElement(drawn)) throw new TypeError("Plot returned no element");
  drawn.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  drawn.setAttribute("role", "img");
  drawn.setAttribute("aria-label", title);
  return drawn.outerHTML;
}

function isElement(drawn: unknown): drawn is DrawnElement {
  return typeof drawn === "object" && drawn !== null && "setAttribute" in drawn &&
    "outerHTML" in drawn;
}
