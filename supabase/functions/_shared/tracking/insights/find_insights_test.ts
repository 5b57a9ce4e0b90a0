import assert from "node:assert/strict";
import fc from "fast-check";
import { findDrift } from "./drift.ts";
import { findInsights } from "./find_insights.ts";
import { judgeReliability } from "./flaky.ts";
import { findGrowth, findOutlier } from "./slower.ts";
import type { TestPoint, TestSeries } from "./test_history.ts";

/** A test by letters: p passed, r passed when tried again, f failed; each run on a commit of its own. */
function points(letters: string, commits: readonly (string | null)[] = []): TestPoint[] {
  return Array.from(letters, (letter, index) => ({
    run_id: index,
    commit_hash: commits[index] ?? null,
    outcome: letter === "f" ? "failed" : letter === "r" ? "retried" : "passed",
    duration_secs: letter === "f" ? null : 1,
    cost_usd: null,
  }));
}

const kindOf = (letters: string, commits?: readonly (string | null)[]) =>
  judgeReliability(points(letters, commits)).kind;

Deno.test("a test is flaky if it has both outcomes on one commit or changed often in ten runs", () => {
  assert.deepEqual(judgeReliability(points("pf", ["a1", "a1"])), {
    kind: "flaky",
    reason: "same_commit",
    score: 1,
  });
  assert.equal(kindOf("pf", ["a1", "b2"]), "steady");
  assert.equal(kindOf("ppr"), "flaky");
  assert.equal(kindOf("pfpfpfpfp"), "steady", "nine runs say nothing");
  assert.deepEqual(judgeReliability(points("pfpfpfpfpf")), {
    kind: "flaky",
    reason: "turning",
    score: 1,
  });
  assert.equal(kindOf("pppppppfffpppppppp"), "steady", "broken once and mended");
});

Deno.test("a score between the two bounds keeps the earlier verdict", () => {
  // Four of nineteen steps are turns: between the two bounds.
  const between = "pppppppfpppppppppfpp";
  assert.equal(kindOf(between), "steady");
  const wasFlaky = "pfpfpfpfpf" + between;
  assert.equal(kindOf(wasFlaky), "flaky");
  assert.equal(kindOf(wasFlaky + "p".repeat(20)), "steady");
});

Deno.test("a test that always fails is broken and not flaky", () => {
  assert.deepEqual(judgeReliability(points("fff", ["a", "a", "a"])), {
    kind: "broken",
    failures: 3,
  });
  assert.equal(kindOf("ff"), "steady");
  assert.equal(kindOf("pfpfpfpfp" + "f".repeat(10)), "broken");
  assert.equal(kindOf("pppp" + "f".repeat(9)), "steady");
});

Deno.test("swapping passes and failures does not change the turning score", () => {
  fc.assert(fc.property(fc.stringMatching(/^[pf]{10,40}$/), (letters) => {
    const swapped = letters.replace(/[pf]/g, (letter) => letter === "p" ? "f" : "p");
    const [one, other] = [judgeReliability(points(letters)), judgeReliability(points(swapped))];
    if (one.kind !== "broken" && other.kind !== "broken") assert.deepEqual(one, other);
  }));
});

const steady = [1.0, 1.02, 0.98, 1.01, 0.99, 1.03, 0.97, 1.0, 1.01, 0.99, 1.02, 0.98];

Deno.test("a test is slower if its last five runs are, by half and by the smallest difference", () => {
  const growth = findGrowth([...steady, 1.6, 1.7, 1.55, 1.65, 1.8], 0.05);
  assert.ok(growth);
  assert.deepEqual([growth.before, growth.now], [1, 1.65]);
  assert.ok(growth.p < 0.001 && Math.abs((growth.ratio ?? 0) - 1.65) < 1e-12);
  assert.equal(findGrowth([...steady, 1.3, 1.4, 1.35, 1.45, 1.4], 0.05), null, "not by half");
  assert.equal(findGrowth([...steady, 1.6, 1.7, 1.55, 1.65, 1.8], 1), null, "below the floor");
  assert.equal(findGrowth([...steady.slice(3), 1.6, 1.7, 1.55, 1.65, 1.8], 0.05), null, "too few");
  assert.equal(findGrowth([...steady, 1.0, 1.7, 0.9, 1.65, 1.8], 0.05), null, "not all of them");
});

Deno.test("a run is an outlier if it lies five deviations above the median", () => {
  assert.equal(findOutlier([...steady, 1.1], 0.05), null);
  const outlier = findOutlier([...steady, 1.5], 0.05);
  assert.ok(outlier && outlier.value === 1.5 && outlier.usual === 1 && outlier.limit < 1.2);
  assert.equal(findOutlier([...Array<number>(12).fill(1), 1.04], 0.05), null, "the floor");
});

Deno.test("a lasting decrease of the pass rate is drift, and fluctuation is not", () => {
  const runs = (failed: readonly number[]) =>
    failed.map((tests_failed, run_id) => ({
      run_id,
      tests_passed: 100 - tests_failed,
      tests_failed,
    }));
  const usual = [2, 1, 3, 2, 2, 1, 2, 3, 2, 2];
  assert.equal(findDrift(runs([...usual, ...usual])), null);
  const drift = findDrift(runs([...usual, ...usual.map((failed) => failed + 5)]));
  assert.equal(drift?.direction, "falling");
  assert.equal(
    findDrift(runs([...usual.map((failed) => failed + 20), ...usual]))?.direction,
    "rising",
  );
  assert.equal(findDrift(runs([...usual, ...usual.slice(1)])), null, "nineteen runs");
  assert.equal(findDrift(runs(Array<number>(30).fill(0))), null);
});

Deno.test("insights name the tests, and only the last run has outliers", () => {
  const series = (tool_name: string, durations: readonly number[]): TestSeries => ({
    tool_name,
    variation: "",
    class_name: "",
    provider: "",
    model: "",
    points: durations.map((duration_secs, run_id) => ({
      run_id,
      commit_hash: null,
      outcome: "passed",
      duration_secs,
      cost_usd: duration_secs / 100,
    })),
  });
  const insights = findInsights({
    runs: Array.from({ length: 17 }, (_, run_id) => ({ run_id, tests_passed: 3, tests_failed: 0 })),
    tests: [
      series("slow", [...steady, 1.6, 1.7, 1.55, 1.65, 1.8]),
      series("odd", [...steady, 1, 1, 1, 1, 9]),
      series("gone", [...steady, 9]),
    ],
  });
  const names = (found: readonly { readonly tool_name: string }[]) =>
    found.map(({ tool_name }) => tool_name);
  assert.deepEqual([names(insights.slower), names(insights.costlier)], [["slow"], ["slow"]]);
  assert.deepEqual(
    insights.outliers.map(({ tool_name, measure }) => `${tool_name} ${measure}`).includes(
      "odd duration_secs",
    ),
    true,
  );
  assert.ok(!names(insights.outliers).includes("gone"));
  assert.deepEqual([insights.flaky, insights.broken, insights.drift], [[], [], null]);
});
