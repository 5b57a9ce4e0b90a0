import type { Priority } from "../benchmark/config.ts";
import type { ModelSummary } from "./report_types.ts";

const NOTABLE_SAVING_PERCENT = 10;
const CONSISTENT_SPREAD_POINTS = 5;

/**
 * Says in one sentence why `recommended` was chosen: how it did on the top priority, what it saves
 * against the dearest of `all` models (when over 10 %; of a free model, what that one costs), and that its results are consistent (when
 * they spread by less than 5 points).
 *
 * @example "GPT-4o mini achieved 97.3% field accuracy, costing 85% less than GPT-4o, with consistent
 * results (±2.1%)."
 */
export function generateRationale(
  recommended: ModelSummary,
  all: readonly ModelSummary[],
  priorities: readonly Priority[],
): string {
  const strength = strengthOf(recommended, priorities);
  const parts = [describeStrength(recommended, strength)];
  const saving = describeSaving(recommended, all, strength);
  if (saving !== null) parts.push(saving);
  const { spread } = recommended;
  if (spread !== null && spread < CONSISTENT_SPREAD_POINTS) {
    parts.push(`with consistent results (±${round(spread)}%)`);
  }
  return `${parts.join(", ")}.`;
}

/** The highest priority whose number is known; accuracy is known of every completed model. */
function strengthOf(
  { medianLatency, costPerRun }: ModelSummary,
  priorities: readonly Priority[],
): Priority {
  const known = { accuracy: true, speed: medianLatency !== null, cost: costPerRun !== null };
  return priorities.find((priority) => known[priority]) ?? "accuracy";
}

function describeStrength(model: ModelSummary, strength: Priority): string {
  const { modelName, accuracy, medianLatency, costPerRun } = model;
  switch (strength) {
    case "speed":
      return `${modelName} responded in ${Math.round(medianLatency ?? 0)}ms median`;
    case "cost":
      return `${modelName} costs $${formatUsd(costPerRun ?? 0)}/call`;
    case "accuracy":
      return `${modelName} achieved ${round(accuracy ?? 0)}% field accuracy`;
  }
}

function describeSaving(
  model: ModelSummary,
  all: readonly ModelSummary[],
  strength: Priority,
): string | null {
  const { costPerRun } = model;
  if (costPerRun === null) return null;
  const dearest = all.reduce(
    (one, other) => (other.costPerRun ?? -1) > (one.costPerRun ?? -1) ? other : one,
    model,
  );
  if (dearest.costPerRun === null || dearest.costPerRun === 0) return null;
  if (costPerRun === 0) {
    const other = `where ${dearest.modelName} costs $${formatUsd(dearest.costPerRun)}/call`;
    return strength === "cost" ? other : `at no cost, ${other}`;
  }
  const percent = 100 * (1 - costPerRun / dearest.costPerRun);
  if (percent <= NOTABLE_SAVING_PERCENT) return null;
  // Rounded down: 99.97 % less is not free.
  return `costing ${Math.floor(percent)}% less than ${dearest.modelName}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Three significant digits, at least two decimals: `0`, `0.00421`, `0.05`, `1.25`. */
function formatUsd(usd: number): string {
  if (usd === 0) return "0";
  const decimals = Math.min(20, Math.max(2, 2 - Math.floor(Math.log10(usd))));
  return usd.toFixed(decimals).replace(/(\.\d\d+?)0+$/, "$1");
}
