import assert from "node:assert/strict";
import fc from "fast-check";
import { writeReviewFile } from "./review_file.ts";
import { readReview } from "./review_prompt.ts";
import type { ReviewedRun, StoredReview } from "./review_store.ts";

const run = (reviews: readonly StoredReview[]): ReviewedRun => ({
  suite: "unit",
  run_timestamp: "2026-11-21T10:00:00Z",
  branch_name: "main",
  commit_hash: null,
  watcher_model: "gpt-6-luna",
  observed: reviews.map((insight, index) => ({
    tool_name: `tool ${index}`,
    variation: "",
    provider: "",
    model: "",
    status: "FAIL",
    duration_secs: 1.5,
    cost_usd: null,
    tokens_total: null,
    error_message: "no",
    insight,
  })),
});

const remarks = fc.array(fc.string(), { maxLength: 3 });
const readable = fc.record({
  quality_score: fc.integer({ min: 1, max: 10 }),
  strengths: remarks,
  weaknesses: remarks,
  anomalies: remarks,
  recommendations: remarks,
  confidence_level: fc.constantFrom("high", "medium", "low"),
}).map((answer) => {
  const review = readReview(JSON.stringify(answer));
  if (review.is_malformed) throw new Error("a review was not read");
  return review;
});

const unreadable: StoredReview = {
  quality_score: null,
  strengths: [],
  weaknesses: [],
  anomalies: [],
  recommendations: [],
  confidence_level: null,
  raw_observation: "Hm.",
  is_malformed: true,
};

const said = { status: "FAIL", duration_secs: 1.5, error_message: "no" };

Deno.test("a file holds each review as it was stored, the unreadable one with the model's text", () => {
  fc.assert(fc.property(fc.array(fc.oneof(readable, fc.constant(unreadable))), (reviews) => {
    assert.deepEqual(
      writeReviewFile(run(reviews)).observations,
      reviews.map(({ raw_observation, is_malformed, ...opinion }, index) => ({
        tool_name: `tool ${index}`,
        ...said,
        ...opinion,
        ...is_malformed ? { is_malformed, raw_observation } : {},
      })),
    );
  }));
});

Deno.test("a review that came from a file is written key for key as it was read", () => {
  const original = {
    tool: "search",
    quality: 7,
    strengths: ["fast"],
    verdict: { seen: [1, null, "x"] },
  };
  const file = writeReviewFile(
    run([{ ...unreadable, quality_score: 7, is_malformed: false, raw_observation: original }]),
  );
  assert.deepEqual(file.observations, [original]);
});

Deno.test("what a model said beyond the review's fields is in the file", () => {
  const raw = { quality_score: 4, mood: "fine" };
  const review = { ...unreadable, quality_score: 4, is_malformed: false, raw_observation: raw };
  assert.deepEqual(writeReviewFile(run([review])).observations, [{
    tool_name: "tool 0",
    ...said,
    mood: "fine",
    quality_score: 4,
    strengths: [],
    weaknesses: [],
    anomalies: [],
    recommendations: [],
    confidence_level: null,
  }]);
});
