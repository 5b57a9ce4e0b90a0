import { mean, sampleStandardDeviation } from "simple-statistics";
import type { RunPoint } from "./test_history.ts";
import type { Drift } from "./test_insights.ts";

/** Weight of the newest run. */
const WEIGHT = 0.2;
/** Standard deviations that the average may deviate by. */
const WIDTH = 3;
/** Number of last runs that the moving average covers. */
const WATCHED = 10;
/** Fewest earlier runs that a baseline is computed from. */
const LEAST_BEFORE = 10;

/**
 * Finds a lasting change of the pass rate by an exponentially weighted moving average (S. W. Roberts,
 * "Control chart tests based on geometric moving averages", 1959). It shows small lasting changes
 * earlier than single runs do.
 *
 * The baseline is the mean of the runs before the last 10. Its spread is their standard deviation, but
 * at least the binomial deviation of that many tests.
 *
 * @param runs the oldest first. Runs in which no test ran are left out.
 * @returns null if there is no drift, or fewer than 20 runs.
 */
export function findDrift(runs: readonly RunPoint[]): Drift | null {
  const ran = runs.filter(({ tests_passed, tests_failed }) => tests_passed + tests_failed > 0);
  const rates = ran.map(({ tests_passed, tests_failed }) =>
    tests_passed / (tests_passed + tests_failed)
  );
  const before = rates.slice(0, -WATCHED);
  if (before.length < LEAST_BEFORE) return null;
  const usual = mean(before);
  const tests = mean(ran.map(({ tests_passed, tests_failed }) => tests_passed + tests_failed));
  // Kept half a test away from 0 and 1, so that a suite that always passed has a deviation too.
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
