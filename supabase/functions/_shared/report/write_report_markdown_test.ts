import assert from "node:assert/strict";
import fc from "fast-check";
import { sampleView } from "./report_view_sample.ts";
import { writeReportMarkdown } from "./write_report_markdown.ts";

Deno.test("the Markdown leads with the recommended model, its reason and the table", () => {
  assert.equal(
    writeReportMarkdown(sampleView()),
    `# Recommended: Large

Large achieved 98% field accuracy.

| Model     | Accuracy | 95 % interval |  Exact | Cost a run | Median |   p95 | Runs |
| :-------- | -------: | ------------: | -----: | ---------: | -----: | ----: | ---: |
| **Large** |   98.0 % |             – | 50.0 % |     $0.002 | 900 ms | 1.2 s |  2/2 |

p95 has no 95 % interval: a report has too few images for one.

1 model on 1 image, 1 run, $0.004 spent on calls.
`,
  );
});

Deno.test("the Markdown says beside the recommendation which model measured more, and why it was not chosen", () => {
  const text = writeReportMarkdown(sampleView({
    summary: {
      models: [{
        modelId: "acme/large",
        modelName: "Large",
        p95Latency: 900,
        p95FromFewCalls: true,
      }],
      reason: "Of 2 models Large is the cheapest.",
      higherAccuracy: { text: "Best measured the highest accuracy, 6.5 points above Large." },
      outlook: { text: "About 9 more images would do." },
    },
  }));
  const order = [
    "# Rec",
    "Large achieved",
    "6\\.5|6.5 points",
    "\\~ 900 ms|~ 900 ms",
    "~ marks",
    "is the cheapest",
    "About 9",
  ]
    .map((part) => text.search(new RegExp(part)));
  assert.deepEqual(order, order.toSorted((one, other) => one - other));
  assert.ok(order.every((place) => place >= 0), text);
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
