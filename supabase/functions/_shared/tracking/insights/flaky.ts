import type { TestPoint } from "./test_history.ts";

/** Verdict on a test by its outcomes. */
export type Reliability =
  /** The test only fails. */
  | { readonly kind: "broken"; readonly failures: number }
  | {
    readonly kind: "flaky";
    /** `same_commit`: passed and failed on one commit. `turning`: changes its outcome often. */
    readonly reason: "same_commit" | "turning";
    /** Share of the steps from run to run with another outcome, 0–1, over the last {@link WINDOW}. */
    readonly score: number;
  }
  | { readonly kind: "steady" };

/** Number of last runs that are examined. */
const WINDOW = 20;
/** Fewest runs from which a test can be flaky by turning. */
const LEAST_RUNS = 10;
/** Score from which on a test is flaky by turning. */
const FLAKY_FROM = 0.3;
/** Score below which a flaky test is steady again. Between the two it keeps its verdict. */
const STEADY_BELOW = 0.15;
/** Fewest failures in a row of a broken test. */
const BROKEN_RUNS = 3;

/**
 * Judges a test by its outcomes. The first rule that applies decides:
 *
 * 1. Broken: failed in all of the last 10 runs or, if it has fewer, in all and at least 3.
 * 2. Flaky, `same_commit`: passed and failed on one commit, or passed on a retry, in the last 20 runs.
 * 3. Flaky, `turning`: changed its outcome often in the last 20 runs.
 *
 * @param points the oldest first.
 */
export function judgeReliability(points: readonly TestPoint[]): Reliability {
  const failures = points.length - points.findLastIndex(({ outcome }) => outcome !== "failed") - 1;
  if (failures >= BROKEN_RUNS && failures >= Math.min(LEAST_RUNS, points.length)) {
    return { kind: "broken", failures };
  }
  const recent = points.slice(-WINDOW);
  const score = scoreTurns(recent);
  if (hasBothOnOneCommit(recent)) return { kind: "flaky", reason: "same_commit", score };
  return isTurning(points) ? { kind: "flaky", reason: "turning", score } : { kind: "steady" };
}

function hasBothOnOneCommit(points: readonly TestPoint[]): boolean {
  const seen = new Map<string, boolean>();
  return points.some(({ commit_hash, outcome }) => {
    if (outcome === "retried") return true;
    if (commit_hash === null) return false;
    const failed = outcome === "failed";
    const before = seen.get(commit_hash);
    seen.set(commit_hash, failed);
    return before !== undefined && before !== failed;
  });
}

/** Walks through the whole history, because a score between the two bounds keeps the earlier verdict. */
function isTurning(points: readonly TestPoint[]): boolean {
  let turning = false;
  for (let end = LEAST_RUNS; end <= points.length; end++) {
    const score = scoreTurns(points, Math.max(0, end - WINDOW), end);
    turning = turning ? score >= STEADY_BELOW : score >= FLAKY_FROM;
  }
  return turning;
}

function scoreTurns(points: readonly TestPoint[], from = 0, to = points.length): number {
  let turns = 0;
  for (let index = from + 1; index < to; index++) {
    const failed = points[index]?.outcome === "failed";
    if (failed !== (points[index - 1]?.outcome === "failed")) turns++;
  }
  return to - from < 2 ? 0 : turns / (to - from - 1);
}
