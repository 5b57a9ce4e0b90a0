import assert from "node:assert/strict";
import { DOMParser } from "linkedom/worker";
import { craft, large, mini } from "../testing/crafted_report.ts";
import {
  sampleReportModel,
  sampleReportSummary,
  sampleView,
} from "../testing/report_view_sample.ts";
import { drawReportSvg } from "./draw_report_svg.ts";
import { type ReportView, reportViewSchema } from "./report_view.ts";

function viewOf(models: readonly [name: string, accuracy: number, cost: number][]): ReportView {
  return sampleView({
    recommended_model: models[0]?.[0] ?? null,
    summary: sampleReportSummary({
      models: models.map(([name, accuracy, costPerRun]) =>
        sampleReportModel(name, { accuracy, costPerRun, medianLatency: 900 })
      ),
    }),
  });
}

Deno.test("the picture names every model and the recommended one in its title", () => {
  const svg = drawReportSvg(viewOf([["Large", 98, 0.02], ["Small", 90, 0.0002]]));
  assert.match(svg, /^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  assert.match(svg, /aria-label="Recommended: Large"/);
  assert.match(svg, /Small/);
  assert.match(svg, /Cost of a call/);
});

Deno.test("a model for which another answered is drawn, and takes no place on the frontier", () => {
  const view = viewOf([["Large", 98, 0.02], ["Small (answered by Tiny)", 90, 0.0002]]);
  const small = view.report.summary?.models[1];
  assert.ok(small);
  const corners = () => {
    const svg = drawReportSvg(view);
    assert.ok(svg.includes("Small (answered by Tiny)"));
    return svg.match(/ d="(M[^"]*)"[^>]*>/g)?.filter((path) => path.includes("L")).length ?? 0;
  };
  const before = corners();
  small.standing = "answered_by_another";
  assert.equal(corners(), before - 1);
});

Deno.test("if no call cost anything, the chart is over time", () => {
  assert.match(
    drawReportSvg(viewOf([["Free", 98, 0], ["Gratis", 90, 0]])),
    /Median time of a call/,
  );
});

Deno.test("a report without figures has a chart too", () => {
  const running = sampleView({ status: "running", summary: null, recommended_model: null });
  assert.match(drawReportSvg(reportViewSchema.parse(running)), /The benchmark is running/);
});

Deno.test("the picture says that a report failed, and which points are of other images", () => {
  const failed = sampleView({ status: "failed", recommended_model: null });
  assert.match(drawReportSvg(failed), /aria-label="The benchmark failed"/);
  const summary = craft([large, { ...mini, end: 4 }], 20, ["accuracy", "cost", "speed"]);
  const svg = drawReportSvg(sampleView({ recommended_model: "Large", summary }));
  assert.match(svg, /Mini \(not ranked\)/);
});

Deno.test("a long name is shortened in its middle, so that it covers no other", () => {
  const name = "openrouter/qwen-qwen2.5-vl-72b-instruct-awq-int4-quantised-release-of-november";
  const svg = drawReportSvg(viewOf([[name, 98, 0.02], ["Small", 90, 0.0002]]));
  assert.match(svg, />openrouter\/qwen…se-of-november</);
  assert.ok(!svg.includes(name));
});

Deno.test("a model's name cannot break out of its text", () => {
  const name = `</text><script>alert("x")</script>&amp;"'`;
  const svg = drawReportSvg(viewOf([[name, 98, 0.01]]));
  const document = new DOMParser().parseFromString(svg, "image/svg+xml");
  assert.equal(document.querySelectorAll("script").length, 0);
  assert.ok(document.toString().includes("&lt;script&gt;"));
});
