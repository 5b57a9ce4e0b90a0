import assert from "node:assert/strict";
import {
  readReview,
  type WatchedTest,
  writeReviewPrompt,
} from "../../supabase/functions/_shared/tracking/watcher/review_prompt.ts";
import { reviewTestResult } from "./review_test_result.ts";

const result: WatchedTest["result"] = {
  tool_name: "login",
  variation: "",
  class_name: "",
  provider: "",
  model: "",
  status: "PASS",
  execution_status: null,
  duration_secs: 4,
  memory_mb: null,
  cpu_percent: null,
  tokens_total: null,
  cost_usd: null,
  error_class: null,
  error_message: null,
  file_path: null,
  line_number: null,
  extra: null,
};

const review = (change: Partial<typeof result>, history: WatchedTest["history"]) => {
  const prompt = writeReviewPrompt({
    run: {
      suite: "unit",
      branch_name: "main",
      commit_hash: null,
      run_timestamp: "2026-11-21T10:00:00Z",
      total_tests: 1,
      tests_failed: 0,
    },
    result: { ...result, ...change },
    history,
  }, "f");
  const answer = readReview(reviewTestResult(prompt) ?? "");
  assert.equal(answer.is_malformed, false);
  return answer.is_malformed ? null : answer;
};

const past: WatchedTest["history"][number] = {
  run_timestamp: "2026-11-20T10:00:00Z",
  commit_hash: null,
  status: "PASS",
  duration_secs: 2,
  error_message: null,
  watcher_quality: null,
  observation: null,
};

Deno.test("a simulated model reviews a test result by its status and its history", () => {
  assert.equal(review({}, [])?.quality_score, 9);
  const slower = review({}, [past]);
  assert.deepEqual([slower?.quality_score, slower?.anomalies], [6, ["It took 4 s after 2 s."]]);
  const broken = review({ status: "FAIL", error_message: "no" }, [past, past]);
  assert.deepEqual(
    [broken?.quality_score, broken?.anomalies[0], broken?.confidence_level],
    [2, "It ended as FAIL after PASS.", "high"],
  );
});

Deno.test("a prompt without a test result gets no review", () => {
  assert.equal(reviewTestResult("How many runs?"), null);
  assert.equal(reviewTestResult('<data-1>\n{"columns": []}\n</data-1>'), null);
});
