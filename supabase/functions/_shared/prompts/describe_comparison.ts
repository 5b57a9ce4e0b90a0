import { Problem } from "../http/problem.ts";
import {
  comparePromptRuns,
  measureAgreement,
  type RunComparison,
  type RunFigures,
} from "./compare_prompt_runs.ts";
import type { ComparedRun } from "./ports.ts";

/** Rows that changed most are named, not all. */
const NAMED_CHANGES = 50;

/**
 * Two runs of one dataset as clients are told: over all models, and for each label that both have.
 *
 * @throws {Problem} `prompt_runs.not_comparable` where their rows are not the same
 */
export function describeComparison(before: ComparedRun, after: ComparedRun) {
  if (before.run.dataset_id !== after.run.dataset_id) {
    throw new Problem(
      "prompt_runs.not_comparable",
      "Runs are compared row by row, so both need the same dataset.",
    );
  }
  const labelsOf = ({ cells }: ComparedRun) => new Set(cells.map(({ modelLabel }) => modelLabel));
  const others = labelsOf(after);
  const shared = [...labelsOf(before)].filter((label) => others.has(label)).toSorted();
  return {
    ...toJson(comparePromptRuns(before.cells, after.cells)),
    runs: { before: before.run, after: after.run },
    models: shared.map((label) => ({
      label,
      ...toJson(comparePromptRuns(
        before.cells.filter(({ modelLabel }) => modelLabel === label),
        after.cells.filter(({ modelLabel }) => modelLabel === label),
      )),
    })),
    agreement: {
      before: measureAgreement(before.cells),
      after: measureAgreement(after.cells),
    },
  };
}

function toJson(comparison: RunComparison) {
  const { before, after, pValue, changes, ...others } = comparison;
  const half = NAMED_CHANGES / 2;
  const named = changes.length <= NAMED_CHANGES
    ? changes
    : [...changes.slice(0, half), ...changes.slice(-half)];
  return {
    ...others,
    p_value: pValue,
    before: toFigures(before),
    after: toFigures(after),
    changes: named.map(({ rowIndex, ...scores }) => ({ row_index: rowIndex, ...scores })),
  };
}

function toFigures(figures: RunFigures) {
  return {
    graded: figures.graded,
    mean_score: figures.meanScore,
    tokens: figures.tokens,
    cost_usd: figures.costUsd,
    latency_p50_ms: figures.latencyP50,
    latency_p95_ms: figures.latencyP95,
  };
}
