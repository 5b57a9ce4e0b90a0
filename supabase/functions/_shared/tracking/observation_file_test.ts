import assert from "node:assert/strict";
import fc from "fast-check";
import { observationFileSchema, readObservedInsight } from "../testing/observation_file.ts";
import { type ObservedRun, type StoredInsight, writeObservationFile } from "./observation_file.ts";
import { readJudgement } from "./watcher.ts";

const run = (insights: readonly StoredInsight[]): ObservedRun => ({
  suite: "unit",
  run_timestamp: "2026-11-21T10:00:00Z",
  branch_name: "main",
  commit_hash: null,
  watcher_model: "gpt-6-luna",
  observed: insights.map((insight, index) => ({
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
const judged = fc.record({
  quality_score: fc.integer({ min: 1, max: 10 }),
  strengths: remarks,
  weaknesses: remarks,
  anomalies: remarks,
  recommendations: remarks,
  confidence_level: fc.constantFrom("high", "medium", "low"),
}).map((judgement) => {
  const insight = readJudgement(JSON.stringify(judgement));
  if (insight.is_malformed) throw new Error("a judgement was not read");
  return insight;
});

const unreadable: StoredInsight = {
  quality_score: null,
  strengths: [],
  weaknesses: [],
  anomalies: [],
  recommendations: [],
  confidence_level: null,
  raw_observation: "Hm.",
  is_malformed: true,
};

Deno.test("an insight that was written to a file is read back as it was, the unreadable one too", () => {
  fc.assert(fc.property(fc.array(fc.oneof(judged, fc.constant(unreadable))), (insights) => {
    const text = JSON.stringify(writeObservationFile(run(insights)));
    const file = observationFileSchema.parse(JSON.parse(text));
    const read = file.observations.map(readObservedInsight);
    const bare = ({ raw_observation, ...insight }: StoredInsight) =>
      insight.is_malformed ? { ...insight, raw_observation } : insight;
    assert.deepEqual(read.map(bare), insights.map(bare));
    assert.deepEqual(
      file.observations.map(({ tool_name }) => tool_name),
      run(insights).observed
        .map(({ tool_name }) => tool_name),
    );
  }));
});

Deno.test("an observation that came from a file is written key for key as it was read", () => {
  const original = {
    tool: "search",
    quality: 7,
    strengths: ["fast"],
    verdict: { seen: [1, null, "x"] },
  };
  const file = writeObservationFile(
    run([{ ...unreadable, quality_score: 7, is_malformed: false, raw_observation: original }]),
  );
  assert.deepEqual(file.observations, [original]);
});
