import assert from "node:assert/strict";
import { concludeReport } from "./conclude_report.ts";
import type { ReportRun } from "./report_run.ts";
import { sampleModel as model, sampleRun as run } from "../testing/report_samples.ts";

const report = {
  reportId: "11111111-1111-4111-8111-111111111111",
  snapshot: {
    models: [model("a"), model("b")],
    images: [{ path: "o/1.png", expected: {} }, { path: "o/2.png", expected: {} }],
    priorities: ["accuracy" as const, "cost" as const, "speed" as const],
  },
};

Deno.test("a report whose runs are over is complete, with a recommendation and its reason", () => {
  const wrong = { fieldPath: "total", expected: 1, actual: 2 };
  const conclusion = concludeReport(report, [
    run("a", {}),
    run("b", { field_accuracy: 50, exact_match: false, field_errors: [wrong] }),
  ]);
  assert.equal(conclusion.status, "complete");
  assert.equal(conclusion.recommendedModelId, "a");
  assert.equal(conclusion.rationale, "A achieved 100% field accuracy.");
  assert.deepEqual(conclusion.summary.models.map(({ modelId }) => modelId), ["a", "b"]);
  assert.deepEqual(conclusion.summary.fieldErrors, [{ ...wrong, occurrences: 1, percentage: 50 }]);
  assert.equal(conclusion.summary.imageCount, 2);
  assert.equal(conclusion.summary.modelCount, 2);
});

Deno.test("one completed run makes a report complete, whatever else failed or was skipped", () => {
  const conclusion = concludeReport(report, [
    run("a", {}),
    run("b", { status: "failed", field_accuracy: null }),
    run("b", { status: "skipped", field_accuracy: null }),
  ]);
  assert.equal(conclusion.status, "complete");
  assert.equal(conclusion.recommendedModelId, "a");
});

Deno.test("a report in which nothing was read right is complete and recommends nothing", () => {
  const conclusion = concludeReport(report, [run("a", { field_accuracy: 0 })]);
  assert.equal(conclusion.status, "complete");
  assert.equal(conclusion.recommendedModelId, null);
  assert.equal(conclusion.rationale, null);
  assert.equal(conclusion.summary.noRecommendation?.code, "below_minimum");
});

Deno.test("a report whose every run was rejected has failed, and one answer makes it complete", () => {
  const rejected = run("a", {
    field_accuracy: 0,
    error_kind: "rejected",
    error_message: "400 Invalid schema.",
  });
  const conclusion = concludeReport(report, [rejected, { ...rejected, model_id: "b" }]);
  assert.deepEqual([conclusion.status, conclusion.error], ["failed", "400 Invalid schema."]);
  assert.equal(concludeReport(report, [rejected, run("b", {})]).status, "complete");
});

Deno.test("a report without a completed run has failed, for the reason most runs failed for", () => {
  const failed = (error_message: string | null) => run("a", { status: "failed", error_message });
  const conclusion = concludeReport(report, [
    failed("No credit."),
    failed("Timed out."),
    failed("Timed out."),
    failed(null),
  ]);
  assert.equal(conclusion.status, "failed");
  assert.equal(conclusion.error, "Timed out.");
  assert.equal(concludeReport(report, []).error, "No call of any model was completed.");
});

Deno.test("a report that trouble with providers left without half of the images has failed", () => {
  const images = Array.from(
    { length: 8 },
    (_, index) => ({ path: `o/${index}.png`, expected: {} }),
  );
  const ordered = { ...report, snapshot: { ...report.snapshot, images } };
  const conclude = (read: number, error_kind: string, skip: Partial<ReportRun> = {}) =>
    concludeReport(
      ordered,
      images.flatMap((_, image_index) => {
        const lost = { status: "failed" as const, field_accuracy: null, image_index };
        return [
          image_index < read ? run("a", { image_index }) : run("a", { ...lost, error_kind }),
          run("b", { ...lost, error_kind, error_message: "402 Insufficient credits", ...skip }),
        ];
      }),
    );
  for (const kind of ["no_access", "outage"]) {
    const { status, error } = conclude(3, kind);
    assert.equal(status, "failed");
    assert.match(error ?? "", /^Too little was measured for an answer: 3 images were read of 8/);
    assert.equal(conclude(4, kind).status, "complete");
    assert.doesNotMatch(
      conclude(0, kind).error ?? "",
      /402/,
      "the account is no customer's matter",
    );
  }
  assert.equal(conclude(3, "timeout").status, "complete", "that says something about the model");
  const won = { status: "skipped" as const, error_kind: null, skip_reason: "race_won" };
  assert.equal(conclude(3, "outage", won).status, "complete");
});

Deno.test("a report answered only by other models has failed, and says why", () => {
  const conclusion = concludeReport(report, [
    run("a", { served_model: "acme/new", served_other: true }),
    run("b", { field_accuracy: 0, error_kind: "rejected" }),
  ]);
  assert.deepEqual([conclusion.status, conclusion.error], [
    "failed",
    conclusion.summary.noRecommendation?.text,
  ]);
  assert.deepEqual(conclusion.summary.noRecommendation, {
    code: "nothing_measured",
    text:
      "No model can be ranked. A (answered by acme/new) is not ranked: another model answered. " +
      "B is not ranked: the calls were rejected, as the model cannot take what was sent.",
  });
});

Deno.test("a model whose provider takes no schema of ours is not measured, and the others are ranked", () => {
  for (const error_kind of ["schema_refused", "parameter_refused", "image_unreadable"]) {
    const failed = { status: "failed" as const, field_accuracy: null, error_kind };
    const conclusion = concludeReport(report, [run("a"), run("b", failed)]);
    assert.equal(conclusion.recommendedModelId, "a");
    assert.deepEqual(
      conclusion.summary.models.map(({ standing, runsLostToOutages }) => [
        standing,
        runsLostToOutages,
      ]),
      [["best", 0], ["not_measured", 0]],
    );
    const alone = concludeReport(report, [run("a", { ...failed, error_message: "400 No." })]);
    assert.deepEqual([alone.status, alone.error], ["failed", "400 No."]);
  }
});
