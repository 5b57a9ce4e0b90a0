import { mean, sampleStandardDeviation } from "simple-statistics";
import type { RunPoint } from "./test_history.ts";

/** A pass rate that has moved. Rates are shares, 0–1. */
export interface Drift {
  readonly direction: "falling" | "rising";
  /** Mean of the runs before the last {@link WATCHED}. */
  readonly usual: number;
  /** The moving average now. */
  readonly average: number;
  /** How far from `usual` it may be by chance. */
  readonly limit: number;
}

/** Weight of the newest run. */
const WEIGHT = 0.2;
/** Standard deviations that the average may be off. */
const WIDTH = 3;
/** Runs whose average is followed. */
const WATCHED = 10;
/** Runs before them that say what is usual. */
const LEAST_BEFORE = 10;

/**
 * Follows the pass rate by an exponentially weighted moving average (S. W. Roberts, "Control chart
 * tests based on geometric moving averages", 1959): small changes that last show in it earlier than
 * in single runs. What is usual is the mean of the runs before the last ten; how much it varies their
 * deviation, but no less than the chance of each test alone would make it.
 *
 * @param runs the oldest first; those in which nothing ran are left out.
 * @returns null where there is no drift, or fewer than 20 runs.
 */
export function findDrift(runs: readonly RunPoint[]): Drift | null {
  const ran = runs.filter(({ passed, failed }) => passed + failed > 0);
  const rates = ran.map(({ passed, failed }) => passed / (passed + failed));
  const before = rates.slice(0, -WATCHED);
  if (before.length < LEAST_BEFORE) return null;
  const usual = mean(before);
  const tests = mean(ran.map(({ passed, failed }) => passed + failed));
  // Half a test at either end, so that a suite that always passed has a deviation too.
  const chance = Math.min(Math.max(usual, 0.5 / tests), 1 - 0.5 / tests);
  const deviation = Math.max(
    sampleStandardDeviation(before),
    Math.sqrt(chance * (1 - chance) / tests),
  );
  const watched = rates.slice(-WATCHED);
  const average = watched.reduce((last, rate) => WEIGHT * rate + (1 - WEIGHT) * last, usual);
  const shrink = WEIGHT / (2 - WEIGHT) * (1 - (1 - WEIGHT) ** (2 * watched.length));
  const limit = WIDTH * deviation * Math.sqrt(shrink);
  if (Math.abs(average - usual) <= limit) return null;
  return { direction: average < usual ? "falling" : "rising", usual, average, limit };
}
