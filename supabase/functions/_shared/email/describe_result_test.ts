import assert from "node:assert/strict";
import { describeResult, type ResultNotice } from "./describe_result.ts";
import { renderEmail } from "./render_email.tsx";

const render = (notice: ResultNotice) =>
  renderEmail(describeResult(notice, "https://modelpick.test/report/tok_1"));

const props = {
  modelCount: 3,
  unmeasuredCount: 0,
  imageCount: 12,
  fittedImages: null,
  recommendation: {
    modelName: "Tesseract <best>",
    rationale: "It read most fields & costs nothing.",
    figures: {
      accuracy: 97.25,
      accuracyInterval: { low: 91.04, high: 99.96 },
      costPerRun: 0.00421,
      medianLatency: 999.6,
    },
    doubt: null,
    runnerUp: "Tesseract <best> read 97.3 % of the fields right, 3.1 points more than Large.",
  },
  noRecommendation: null,
};

/** Decodes those HTML entities that occur here. */
function readable(html: string): string {
  return html.replaceAll("&#39;", "'").replaceAll("&lt;", "<").replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}

Deno.test("both parts name the benchmark, the recommendation, the link and the reason for the e-mail", async () => {
  const { subject, html, text } = await render(props);
  assert.equal(subject, "Your Benchmark Report is Ready");
  const sentence = "We've finished benchmarking 3 vision models against your 12 sample images.";
  for (const part of [readable(html), text.replaceAll("\n", " ")]) {
    assert.ok(part.includes("Your Benchmark Report is Ready"));
    assert.ok(part.includes(sentence), part);
    assert.ok(part.includes("Tesseract <best>"));
    assert.ok(part.includes("It read most fields & costs nothing."));
    assert.ok(part.includes("https://modelpick.test/report/tok_1"));
    assert.match(part, /You received this e-mail because/);
  }
});

Deno.test("the HTML is dark, its button ember-orange, and names are escaped", async () => {
  const { html } = await render(props);
  assert.match(html, /<body[^>]*background-color:#1a1a2e/);
  assert.match(html, /<a[^>]*href="https:\/\/modelpick\.test\/report\/tok_1"[^>]*#ff6b35/);
  assert.ok(!html.includes("<best>"));
});

Deno.test("a model's name of one long word is broken rather than wider than a phone", async () => {
  const { html } = await render(props);
  assert.match(html, /<p[^>]*word-break:break-word[^>]*>Tesseract &lt;best&gt;<\/p>/);
});

Deno.test("the preview line names the recommendation and stays out of the text part", async () => {
  const { html, text } = await render(props);
  assert.match(html, /data-skip-in-text="true">Our recommendation: Tesseract &lt;best&gt;/);
  assert.ok(!text.includes("Our recommendation"));
});

Deno.test("both parts show the doubt about the recommendation below it", async () => {
  const doubt = "5 images are too few to tell differences in accuracy from chance: it takes 6.";
  const recommendation = { ...props.recommendation, doubt };
  const { html, text } = await render({ ...props, recommendation });
  for (const part of [readable(html), text.replaceAll("\n", " ")]) {
    assert.ok(part.includes(doubt));
    assert.ok(part.indexOf(doubt) > part.indexOf("costs nothing."));
  }
});

Deno.test("both parts give the figures as the report writes them, and the runner-up, also beside a doubt", async () => {
  const { html, text } = await render(props);
  const visible = readable(html.replace(/<[^>]*>/g, ""));
  for (const part of [visible, text.replaceAll(/\n+/g, " ")]) {
    assert.match(part, /Field accuracy: 97\.3 % \(95 % interval: 91\.0 to 100\.0 %\)/);
    assert.match(part, /Cost of a call: \$0\.00421(?!\d)/);
    assert.match(part, /Median time: 1\.0 s/);
    assert.match(part, /Beside the others *Tesseract <best> read 97\.3 % .* more than Large\./);
  }
  const doubtful = { ...props.recommendation, doubt: "Chance may explain it." };
  const other = await render({ ...props, recommendation: doubtful });
  assert.match(other.text, /Before you rely on it\s+Chance may explain it\.\s+Beside the others/);
});

Deno.test("an e-mail for a report without figures shows none", async () => {
  const recommendation = { ...props.recommendation, figures: null, runnerUp: null };
  const { text } = await render({ ...props, recommendation });
  assert.doesNotMatch(text, /accuracy:|Cost of|Beside the others/);
});

Deno.test("one model and one image are singular, and a missing recommendation is explained", async () => {
  const { text } = await render({
    ...props,
    modelCount: 1,
    imageCount: 1,
    recommendation: null,
    noRecommendation: "No model is good enough: none read a single field right.",
  });
  const flat = text.replaceAll("\n", " ");
  assert.ok(
    flat.includes("We've finished benchmarking 1 vision model against your 1 sample image."),
  );
  assert.ok(flat.includes("No model can be recommended"));
  assert.ok(flat.includes("none read a single field right. The report shows how each model did."));
  assert.doesNotMatch(flat, /Top recommendation|Before you rely|accuracy:/i);
});

Deno.test("the e-mail says that images were shrunk for every model", async () => {
  const fittedImages = "3 of 12 images were shrunk to at most 1568 pixels a side (JPEG).";
  const { html, text } = await render({ ...props, fittedImages });
  for (const part of [html, text.replaceAll("\n", " ")]) assert.ok(part.includes(fittedImages));
});
