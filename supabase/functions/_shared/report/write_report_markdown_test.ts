import assert from "node:assert/strict";
import fc from "fast-check";
import { craft, free, large, medium, mini } from "../testing/crafted_report.ts";
import {
  sampleReportModel,
  sampleReportSummary,
  sampleView,
} from "../testing/report_view_sample.ts";
import { writeReportMarkdown } from "./write_report_markdown.ts";

Deno.test("the Markdown leads with the recommended model, its reason and the table", () => {
  assert.equal(
    writeReportMarkdown(sampleView()),
    `# Recommended: Large

Large achieved 98% field accuracy.

Good enough means more than 50 % of the fields right.

| Model     | Standing      | Accuracy | 95 % interval |  Exact | Cost of a call | Median |   p95 | Runs |
| :-------- | :------------ | -------: | ------------: | -----: | -------------: | -----: | ----: | ---: |
| **Large** | most accurate |   98.0 % |             – | 50.0 % |         $0.002 | 900 ms | 1.2 s |  2/2 |

p95 has no 95 % interval: a report has too few images for one.

1 model on 1 image, 1 run, $0.004 spent on calls.
`,
  );
});

Deno.test("the Markdown names the model that measured higher beside the recommendation, and why it was not chosen", () => {
  const text = writeReportMarkdown(sampleView({
    summary: sampleReportSummary({
      models: [sampleReportModel("acme/large", {
        modelName: "Large",
        p95Latency: 900,
        p95FromFewCalls: true,
      })],
      reason: "Of 2 models Large is the cheapest.",
      higherAccuracy: {
        modelId: "acme/best",
        points: 6.5,
        moreImages: 9,
        text: "Best measured the highest accuracy, 6.5 points above Large.",
      },
      outlook: {
        modelId: "acme/large",
        rivalId: "acme/best",
        moreImages: 9,
        text: "About 9 more images would do.",
      },
    }),
  }));
  const order = [
    "# Rec",
    "Large achieved",
    "6\\.5|6.5 points",
    "is the cheapest",
    "\\~ 900 ms|~ 900 ms",
    "~ marks",
  ]
    .map((part) => text.search(new RegExp(part)));
  assert.deepEqual(order, order.toSorted((one, other) => one - other));
  assert.ok(order.every((place) => place >= 0), text);
  assert.doesNotMatch(text, /About 9/, "the line on the higher accuracy has said it");
});

const craftedView = (...report: Parameters<typeof craft>) => {
  const data = craft(...report);
  const { recommendedModelId, rationale } = data;
  return sampleView({ recommended_model: recommendedModelId, rationale, summary: data });
};

Deno.test("the Markdown starts with the warning, names the picks and the standing of each model", () => {
  const field = [large, mini, free, { ...medium, served: "medium-2" }];
  const text = writeReportMarkdown(craftedView(field, 4, ["cost", "speed", "accuracy"]));
  assert.match(text, /^# Recommended: Mini\n\n4 images are too few /);
  assert.equal(text.split("too few to tell").length, 2);
  assert.match(text, /\n\| Most accurate +\| Large +\| Large read 99.0 % /);
  assert.match(text, /\n\| Cheapest good enough +\| Mini +\| Mini costs /);
  assert.match(text, /\n\| Fastest good enough +\| Mini /);
  assert.match(text, /\n\nGood enough means more than 50 % of the fields right and measured /);
  assert.match(text, /\n\| Large +\| most accurate +\| +99.0 % /);
  assert.match(text, /\n\| Free +\| below the minimum /);
  assert.match(text, /\n\| Medium \(answered by medium-2\) +\| answered by another /);
});

Deno.test("the Markdown of a report that recommends nothing says why, and counts lost calls apart", () => {
  const lost = { ...large, skill: 0.4, isLost: (image: number) => image < 3 };
  const text = writeReportMarkdown(craftedView([lost, free], 12, ["accuracy", "cost", "speed"]));
  assert.match(text, /^# No model can be recommended\n\nNo model is good enough: none read /);
  assert.doesNotMatch(text, /Cheapest/);
  assert.match(text, /^- Large: 6 runs lost to outages \(not counted\)\.$/m);
});

Deno.test("a report that failed or is partial says why", () => {
  const text = writeReportMarkdown(sampleView({
    status: "failed",
    recommended_model: null,
    rationale: null,
    error: "No run was completed.",
    partial: true,
    partial_reason: "budget",
  }));
  assert.match(text, /^# Benchmark of vision models/);
  assert.match(text, /It failed: No run was completed\./);
  assert.match(text, /Partial: budget/);
});

Deno.test("no text of a report becomes markup, a link or another cell", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (rationale) => {
    const lines = writeReportMarkdown(sampleView({ rationale: `x${rationale}` })).split("\n");
    assert.equal(lines.filter((line) => line.startsWith("|")).length, 3);
    assert.doesNotMatch(lines[2] ?? "", /(?<!\\)[<>[\]|`]/);
  }));
  const shown = (rationale: string) =>
    writeReportMarkdown(sampleView({ rationale })).split("\n")[2];
  assert.equal(
    shown("see https://x.example, www.x.example, a@x.example"),
    "see https\\://x.example, www\\.x.example, a\\@x.example",
  );
  assert.deepEqual(["- a", "1. a", "+ a"].map(shown), ["\\- a", "1\\. a", "\\+ a"]);
});

Deno.test("the Markdown says that images were shrunk for every model", () => {
  const text =
    "1 of 2 images was shrunk to at most 2500 pixels a side (PNG), for every model alike.";
  const summary = sampleReportSummary({
    models: [sampleReportModel("a/m")],
    fittedImages: { images: 1, text },
  });
  assert.ok(writeReportMarkdown(sampleView({ summary })).includes(text));
});
