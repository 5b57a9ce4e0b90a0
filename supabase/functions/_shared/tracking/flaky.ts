import type { TestPoint } from "./test_history.ts";

/** What may be said of a test by its outcomes. */
export type Reliability =
  /** It fails, and nothing else. */
  | { readonly kind: "broken"; readonly failures: number }
  | {
    readonly kind: "flaky";
    /** `same_commit`: it passed and failed with the code unchanged; `turning`: it keeps changing. */
    readonly reason: "same_commit" | "turning";
    /** Share of the steps from run to run with another outcome, 0–1, over the last {@link WINDOW}. */
    readonly score: number;
  }
  | { readonly kind: "steady" };

/** Runs that are looked at. */
const WINDOW = 20;
/** Runs below which turning says nothing. */
const LEAST_RUNS = 10;
/** Score from which on a test is flaky by turning … */
const FLAKY_FROM = 0.3;
/** … and below which it no longer is: in between it stays what it was. */
const STEADY_BELOW = 0.15;
/** Runs that a test must have failed, one after the other, to be broken. */
const BROKEN_RUNS = 3;

/**
 * Judges a test by its outcomes, the oldest first. Broken comes first: a test that failed in all of
 * the last {@link LEAST_RUNS} runs (or, having fewer, in all of them) is not flaky whatever it did
 * before. Then both outcomes on one commit, a retry included, among the last {@link WINDOW}; then how
 * often it turned.
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
  return points.some(({ commitHash, outcome }) => {
    if (outcome === "retried") return true;
    if (commitHash === null) return false;
    const failed = outcome === "failed";
    const before = seen.get(commitHash);
    seen.set(commitHash, failed);
    return before !== undefined && before !== failed;
  });
}

/** Walks through the history, for whether a score between the two bounds is flaky hangs on what came before. */
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
