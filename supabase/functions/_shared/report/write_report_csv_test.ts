import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { craft, free, large, medium, mini } from "../testing/crafted_report.ts";
import {
  sampleReportModel,
  sampleReportSummary,
  sampleView,
} from "../testing/report_view_sample.ts";
import { reportViewSchema } from "./report_view.ts";
import { writeModelsCsv, writeRunsCsv } from "./write_report_csv.ts";

function read(text: string): Record<string, string>[] {
  return parse(text, { columns: true, record_delimiter: "\r\n" });
}

Deno.test("the models' CSV has one row per model, with unknown figures empty", () => {
  const [row, ...more] = read(writeModelsCsv(sampleView()));
  assert.equal(more.length, 0);
  assert.equal(row?.["model_id"], "acme/large");
  assert.equal(row["accuracy_percent"], "98");
  assert.equal(row["cost_per_run_usd"], "0.002");
  assert.equal(row["accuracy_low"], "");
  assert.equal(row["recommended"], "true");
});

Deno.test("the models' CSV compares each model with the best, and writes negative numbers as numbers", () => {
  const summary = sampleReportSummary({
    models: ["best", "thrifty"].map((id) => sampleReportModel(id)),
    comparison: {
      bestModelId: "best",
      enoughImages: true,
      imagesNeeded: 6,
      indistinguishable: ["best", "thrifty"],
      comparisons: [{
        modelId: "thrifty",
        images: 8,
        difference: -6.5,
        interval: { low: -9, high: 1 },
        pValue: 0.3,
        adjustedPValue: 0.3,
        verdict: "indistinguishable",
        moreImages: 9,
        repeatShare: null,
      }],
    },
  });
  const [best, thrifty] = read(writeModelsCsv(sampleView({ summary })));
  assert.deepEqual([best?.["beside_best"], best?.["difference_from_best_points"]], ["best", "0"]);
  assert.deepEqual(
    ["beside_best", "difference_from_best_points", "difference_low", "adjusted_p", "more_images"]
      .map((name) => thrifty?.[name]),
    ["indistinguishable", "-6.5", "-9", "0.3", "9"],
  );
});

Deno.test("the models' CSV has the criteria, standings and picks", () => {
  const data = craft([large, mini, free, { ...medium, served: "medium-2" }], 20, [
    "cost",
    "speed",
    "accuracy",
  ]);
  const rows = read(
    writeModelsCsv(sampleView({ recommended_model: data.recommendedModelId, summary: data })),
  );
  const columns = [
    ...["model_id", "standing", "recommended"],
    ...["most_accurate", "cheapest_good_enough", "fastest_good_enough", "answered_by"],
  ];
  assert.deepEqual(rows.map((row) => columns.map((name) => row[name])), [
    ["Large", "best", "false", "true", "false", "false", ""],
    ["Mini", "good_enough", "true", "false", "true", "true", ""],
    ["Free", "below_minimum", "false", "false", "false", "false", ""],
    ["Medium", "answered_by_another", "false", "false", "false", "false", "medium-2"],
  ]);
  for (const row of rows) {
    assert.deepEqual(
      ["minimum_accuracy_percent", "accuracy_margin_points", "accuracy_confidence_percent"]
        .map((name) => row[name]),
      ["50", "20", "75"],
    );
  }
});

Deno.test("a report without a summary has its models' names in the CSV and no figures", () => {
  const [row] = read(writeModelsCsv(sampleView({ summary: null, status: "running" })));
  assert.equal(row?.["model_name"], "Large");
  assert.equal(row["accuracy_percent"], "");
});

Deno.test("the runs' CSV separates wrong fields from fields in another format", () => {
  const view = sampleView();
  for (const run of view.runs ?? []) {
    run.field_errors = [
      { fieldPath: "total" },
      { fieldPath: "date", formatOnly: true },
      { fieldPath: "items[0].price" },
    ];
  }
  const [row] = read(writeRunsCsv(view));
  assert.equal(row?.["fields_wrong"], "total items[0].price");
  assert.equal(row["fields_format_only"], "date");
  assert.equal(row["output"], '{"total":2}');
});

Deno.test("every answer is read back from the CSV unchanged, except for the mark before formulas", () => {
  const start = fc.constantFrom("", "=", "+", "-", "@", "\t", "\r", "＝");
  fc.assert(fc.property(start, fc.string({ unit: "binary" }), (start, rest) => {
    const message = start + rest;
    const view = reportViewSchema.parse(sampleView());
    for (const run of view.runs ?? []) run.error_message = message;
    const cell = read(writeRunsCsv(view))[0]?.["error"] ?? "";
    assert.equal(/^[=+\-@\t\r＝]/.test(cell), false);
    assert.ok(cell === message || cell === `'${message}`);
  }));
});

Deno.test("both CSVs name the model and its effort in columns of their own", () => {
  const view = sampleView({
    summary: sampleReportSummary({
      models: [sampleReportModel("a/m#high", { modelName: "M (high)", reasoningTokens: 900 })],
    }),
  });
  for (const run of view.runs ?? []) run.model_id = "a/m#high";
  const [row] = read(writeModelsCsv(view));
  assert.deepEqual(
    [row?.["model_id"], row?.["effort"], row?.["reasoning_tokens_per_run"]],
    ["a/m", "high", "900"],
  );
  const [run] = read(writeRunsCsv(view));
  assert.deepEqual([run?.["model_id"], run?.["effort"]], ["a/m", "high"]);
});

Deno.test("the models' CSV says in each row that images were shrunk", () => {
  const text =
    "1 of 2 images was shrunk to at most 2500 pixels a side (PNG), for every model alike.";
  const summary = sampleReportSummary({
    models: [sampleReportModel("a/m")],
    fittedImages: { images: 1, text },
  });
  const [row] = read(writeModelsCsv(sampleView({ summary })));
  assert.equal(row?.["fitted_images"], text);
});
