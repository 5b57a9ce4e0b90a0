import { Problem } from "../platform/http/problem.ts";
import { adjustHolm } from "../statistics/holm.ts";
import {
  type ComparedCell,
  comparePromptRuns,
  measureAgreement,
  type RunComparison,
  type RunFigures,
  verdictOf,
} from "./compare_prompt_runs.ts";
import type { ComparedRun } from "./ports.ts";

/** Rows that changed most are named, not all. */
const NAMED_CHANGES = 50;

/**
 * Two runs of one dataset as clients are told: over all models, and for each label that both have. Of
 * several models one is sooner better by chance: their verdicts go by Holm's p.
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
  const models = [...labelsOf(before)].filter((label) => others.has(label)).toSorted()
    .map((label) => {
      const isOf = ({ modelLabel }: ComparedCell) => modelLabel === label;
      return {
        label,
        compared: comparePromptRuns(before.cells.filter(isOf), after.cells.filter(isOf)),
      };
    });
  const adjusted = adjustHolm(models.map(({ compared }) => compared.pValue ?? 1));
  return {
    ...toJson(comparePromptRuns(before.cells, after.cells)),
    runs: { before: before.run, after: after.run },
    models: models.map(({ label, compared }, index) => {
      const p = compared.pValue === null ? null : adjusted[index] ?? null;
      return {
        label,
        ...toJson({ ...compared, verdict: verdictOf(compared.rows, compared.difference, p) }),
        adjusted_p_value: p,
      };
    }),
    agreement: { before: describeAgreement(before), after: describeAgreement(after) },
  };
}

function describeAgreement({ cells }: ComparedRun) {
  const { meanDistance, ...agreement } = measureAgreement(cells);
  return { ...agreement, mean_distance: meanDistance };
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
