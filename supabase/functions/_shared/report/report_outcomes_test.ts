import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import { describeResult } from "../email/describe_result.ts";
import { renderEmail } from "../email/render_email.tsx";
import type { Priority } from "../benchmark/configuration.ts";
import { craftRow, craftRuns, everyOutcome } from "../testing/crafted_report.ts";
import { drawReportSvg } from "./draw_report_svg.ts";
import { reportViewSchema } from "./report_view.ts";
import { sampleView } from "../testing/report_view_sample.ts";
import { transformRunsToReport } from "./transform_runs_to_report.ts";
import { writeModelsCsv, writeRunsCsv } from "./write_report_csv.ts";
import { writeReportMarkdown } from "./write_report_markdown.ts";

const IMAGES = 12;
const PRIORITIES: Priority[] = ["cost", "accuracy", "speed"];

/** Reasons why models have no figures. */
const UNMEASURED: Readonly<Record<string, string>> = {
  Cut: "the answers did not fit our token limit",
  Down: "the provider was down or overloaded",
  Parked: "the provider did not accept our account",
  Rejected: "the calls were rejected, as the model cannot take what was sent",
  Retired: "the provider no longer has the model, or does not offer it to us",
  Schemaless: "the provider does not accept the report's schema in any form",
};

/** Expected outcome of the runs of each model whose runs all ended the same way. */
const RUNS: Readonly<Record<string, string>> = {
  Large: "answered",
  Rerouted: "answered by another model",
  Cut: "cut off by our token limit",
  Down: "lost to outages",
  Filtered: "withheld by the provider",
  Parked: "refused, as the provider did not accept our account",
  Rejected: "rejected",
  Retired: "refused, as the provider does not offer the model",
  Schemaless: "refused because of the schema",
};

const runs = craftRuns(everyOutcome, IMAGES);
const data = transformRunsToReport(craftRow(everyOutcome, IMAGES, PRIORITIES), runs);
const view = reportViewSchema.parse({
  ...sampleView({ recommended_model: data.recommendedModelId, summary: data }),
  runs: runs.map((run) => ({
    ...sampleView().runs?.[0],
    ...run,
  })),
});

const read = (text: string): Record<string, string>[] =>
  parse(text, { columns: true, record_delimiter: "\r\n" });

Deno.test("each unmeasured model has its reason and no figure in the JSON", () => {
  const unmeasured = data.models.filter(({ standing }) => standing === "not_measured");
  assert.deepEqual(
    Object.fromEntries(unmeasured.map((one) => [one.modelId, one.notMeasuredBecause])),
    UNMEASURED,
  );
  for (const { accuracy, exactMatchRate, costPerRun, medianLatency, schemaRegime } of unmeasured) {
    assert.deepEqual([accuracy, exactMatchRate, costPerRun, medianLatency, schemaRegime], [
      ...[null, null, null, null, null],
    ]);
  }
  const others = data.models.filter(({ standing }) => standing !== "not_measured");
  assert.ok(others.every(({ notMeasuredBecause }) => notMeasuredBecause === null));
});

Deno.test("no model without answers of its own is recommended, picked, compared or on the frontier", () => {
  const ranked = [
    data.recommendedModelId,
    ...Object.values(data.picks).flatMap((pick) => [pick?.modelId, pick?.runnerUpId]),
    ...data.paretoModelIds,
    data.comparison.bestModelId,
    ...data.comparison.comparisons.map(({ modelId }) => modelId),
  ];
  for (const id of [...Object.keys(UNMEASURED), "Rerouted"]) assert.ok(!ranked.includes(id), id);
  assert.ok(!data.paretoModelIds.includes("Filtered"));
});

Deno.test("counted and uncounted runs together are all ended runs of a model", () => {
  for (const { runsCompleted, runsAttempted, outcomes } of data.models) {
    const left = outcomes.filter(({ counts }) => !counts).reduce((sum, { runs }) => sum + runs, 0);
    assert.equal(runsCompleted + left, runsAttempted);
  }
  const outcomesOf = (id: string) => data.models.find(({ modelId }) => modelId === id)?.outcomes;
  assert.deepEqual(outcomesOf("Flaky"), [
    { kind: "outage", runs: 6, counts: false, text: "lost to outages" },
  ]);
  assert.deepEqual(outcomesOf("Filtered"), [
    { kind: "filtered", runs: 24, counts: true, text: "withheld by the provider" },
  ]);
});

Deno.test("the models' CSV gives each model's reason, and leaves its figures empty", () => {
  const rows = read(writeModelsCsv(view));
  assert.equal(rows.length, everyOutcome.length);
  for (const row of rows) {
    const reason = UNMEASURED[row["model_id"] ?? ""] ?? "";
    assert.equal(row["not_measured_because"], reason);
    assert.equal(row["accuracy_percent"] === "", reason !== "");
    assert.equal(row["standing"] === "not_measured", reason !== "");
  }
  const outcomesOf = (id: string) => rows.find(({ model_id }) => model_id === id)?.["run_outcomes"];
  assert.equal(outcomesOf("Filtered"), "24 withheld by the provider");
  assert.equal(outcomesOf("Flaky"), "6 lost to outages");
  assert.equal(outcomesOf("Large"), "");
});

Deno.test("the runs' CSV has the outcome of each run", () => {
  const rows = read(writeRunsCsv(view));
  for (const [id, outcome] of Object.entries(RUNS)) {
    const own = rows.filter(({ model_id }) => model_id === id);
    assert.equal(own.length, 24);
    assert.deepEqual([...new Set(own.map((row) => row["outcome"]))], [outcome]);
  }
});

Deno.test("the Markdown gives the reason for each model without figures", () => {
  const text = writeReportMarkdown(view);
  for (const [name, reason] of Object.entries(UNMEASURED)) {
    assert.ok(text.includes(`- ${name} was not measured: ${reason}.\n`), name);
    assert.match(text, new RegExp(`\\| ${name} +\\| not measured +\\|( +– \\|){6} +0/24 \\|`));
  }
  assert.match(text, /^- Filtered: 24 runs withheld by the provider \(nothing right\)\.$/m);
  assert.match(text, /^- Flaky: 6 runs lost to outages \(not counted\)\.$/m);
  assert.match(text, /Rerouted \(answered by acme\/successor\) +\| answered by another/);
  const regimes = /Enforced by the provider: (.*)\./.exec(text)?.[1] ?? "";
  for (const name of Object.keys(UNMEASURED)) assert.ok(!regimes.includes(name), name);
});

Deno.test("the chart draws no model without figures", () => {
  const svg = drawReportSvg(view);
  for (const name of Object.keys(UNMEASURED)) assert.ok(!svg.includes(`>${name}<`), name);
  assert.match(svg, /Rerouted [^<]*\(not ranked\)</);
});

Deno.test("the e-mail does not claim that all models were measured, and explains a report without any", async () => {
  const notice = {
    modelCount: data.modelCount,
    unmeasuredCount: 7,
    imageCount: IMAGES,
    fittedImages: null,
    recommendation: null,
    noRecommendation: null,
  };
  const shown = await renderEmail(describeResult(notice, "https://modelpick.test/report/tok_1"));
  const sentence = "benchmarking 11 vision models against your 12 sample images. 7 of them could " +
    "not be measured: the report says why.";
  for (const part of [shown.html, shown.text.replaceAll("\n", " ")]) {
    assert.ok(part.includes(sentence), part);
  }
  const lost = everyOutcome.filter(({ name }) => name in UNMEASURED);
  const none = transformRunsToReport(
    craftRow(lost, IMAGES, PRIORITIES),
    craftRuns(lost, IMAGES),
  ).noRecommendation?.text ?? "";
  for (const [name, reason] of Object.entries(UNMEASURED)) {
    assert.ok(none.includes(`${name} is not ranked: ${reason}.`), none);
  }
});

Deno.test("a model that failed in several ways lists each, the most frequent first", () => {
  const mixed = everyOutcome.filter(({ name }) => name === "Parked" || name === "Large");
  const some = craftRuns(mixed, IMAGES).map((run, index) =>
    run.model_id === "Parked" && index % 4 === 0 ? { ...run, error_kind: "outage" } : run
  );
  const parked = transformRunsToReport(craftRow(mixed, IMAGES, PRIORITIES), some).models.at(-1);
  assert.equal(
    parked?.notMeasuredBecause,
    "the provider did not accept our account (18 calls) and the provider was down or overloaded " +
      "(6 calls)",
  );
});
