import { mean, quantileSorted, sampleStandardDeviation } from "simple-statistics";
import { Problem } from "../platform/http/problem.ts";
import { tMargin } from "../statistics/clustered_mean.ts";
import { adjustHolm } from "../statistics/holm.ts";
import { type Interval, intervalAround, SIGNIFICANCE } from "../statistics/interval.ts";
import { signFlipP } from "../statistics/sign_flip.ts";
import { type GraderAgreement, measureAgreement } from "./grader_agreement.ts";
import type { ComparedCell, ComparedRun } from "./prompt_run.ts";

/** Comparison of two runs over all models, for each model, and of their graders with humans. */
export interface RunComparison extends CellComparison {
  readonly runs: { readonly before: ComparedRun["run"]; readonly after: ComparedRun["run"] };
  /** Models by the labels that both runs have. Their verdicts go by the adjusted p-value. */
  readonly models: readonly (CellComparison & {
    readonly label: string;
    /** p-value after Holm's correction for the number of models. */
    readonly adjusted_p_value: number | null;
  })[];
  readonly agreement: { readonly before: GraderAgreement; readonly after: GraderAgreement };
}

/** Paired comparison of the cells of two runs. */
export interface CellComparison {
  readonly before: CellTotals;
  readonly after: CellTotals;
  /** Number of rows with a grade in both runs. */
  readonly rows: number;
  readonly better: number;
  readonly worse: number;
  readonly unchanged: number;
  /** Mean over the rows of the later score minus the earlier one, -1 to 1. */
  readonly difference: number | null;
  /**
   * 95 % confidence interval of the difference, by t over the rows. Null for fewer than two rows, and if
   * all rows differ by the same amount: no variation in a sample does not prove that there is none.
   */
  readonly interval: Interval | null;
  /** Two-sided p-value of the sign-flip permutation test over rows. Null without rows. */
  readonly p_value: number | null;
  readonly verdict: "better" | "worse" | "indistinguishable" | "too_few_rows";
  /** Rows that changed most, the worst first; at most {@link MAX_CHANGES}. */
  readonly changes: readonly RowPair[];
}

/** Totals of one side of a comparison. */
interface CellTotals {
  readonly graded: number;
  /** 0–1, over the rows. */
  readonly mean_score: number | null;
  readonly tokens: number;
  /** USD; null if no cell has a cost. */
  readonly cost_usd: number | null;
  /** Milliseconds. Cached answers do not count. */
  readonly latency_p50_ms: number | null;
  readonly latency_p95_ms: number | null;
}

/** Mean scores of a row with a grade in both runs, 0–1. */
interface RowPair {
  /** From 0; null if the runs have no dataset. */
  readonly row_index: number | null;
  readonly before: number;
  readonly after: number;
}

const MAX_CHANGES = 50;

/** Fewest rows with a verdict. With five the smallest possible p-value is 2 / 2⁵, above 0.05. */
const MIN_ROWS = 6;

/** Smaller differences between scores are rounding errors. */
const EPSILON = 1e-9;

/**
 * Compares two runs of one dataset.
 *
 * @throws {Problem} `prompt_runs.not_comparable` if the runs have different datasets
 */
export function comparePromptRuns(before: ComparedRun, after: ComparedRun): RunComparison {
  if (before.run.dataset_id !== after.run.dataset_id) {
    throw new Problem(
      "prompt_runs.not_comparable",
      "Runs are compared row by row, so both need the same dataset.",
    );
  }
  const labelsOf = ({ cells }: ComparedRun) => new Set(cells.map(({ model_label }) => model_label));
  const labels = [...labelsOf(before).intersection(labelsOf(after))].toSorted();
  const models = labels.map((label) => {
    const isOf = ({ model_label }: ComparedCell) => model_label === label;
    return { label, ...compareCells(before.cells.filter(isOf), after.cells.filter(isOf)) };
  });
  const adjusted = adjustHolm(models.map(({ p_value }) => p_value ?? 1));
  return {
    ...compareCells(before.cells, after.cells),
    runs: { before: before.run, after: after.run },
    models: models.map((model, index) => {
      const p = model.p_value === null ? null : adjusted[index] ?? null;
      return { ...model, verdict: verdictOf(model.rows, model.difference, p), adjusted_p_value: p };
    }),
    agreement: { before: measureAgreement(before.cells), after: measureAgreement(after.cells) },
  };
}

/** Compares the cells of two runs in pairs of rows, see {@link pairRows}. */
export function compareCells(
  before: readonly ComparedCell[],
  after: readonly ComparedCell[],
): CellComparison {
  const pairs = pairRows(before, after);
  const differences = pairs.map((pair) => pair.after - pair.before);
  const changes = pairs.filter((pair) => Math.abs(pair.after - pair.before) > EPSILON)
    .toSorted((one, other) => (one.after - one.before) - (other.after - other.before));
  const better = changes.filter((pair) => pair.after > pair.before).length;
  const difference = differences.length === 0 ? null : mean(differences);
  const p = pairs.length === 0 ? null : signFlipP(differences);
  return {
    before: totalsOf(before),
    after: totalsOf(after),
    rows: pairs.length,
    better,
    worse: changes.length - better,
    unchanged: pairs.length - changes.length,
    difference,
    interval: difference === null ? null : intervalOf(difference, differences),
    p_value: p,
    verdict: verdictOf(pairs.length, difference, p),
    changes: changes.length <= MAX_CHANGES
      ? changes
      : [...changes.slice(0, MAX_CHANGES / 2), ...changes.slice(-MAX_CHANGES / 2)],
  };
}

/**
 * Pairs the rows with a grade in both runs. Within a row, repeats are averaged first and then models.
 * A model counts in a row only if both runs graded it there: otherwise a model that failed in one run
 * would change what is compared. Runs without a common model are compared as wholes.
 */
export function pairRows(
  before: readonly ComparedCell[],
  after: readonly ComparedCell[],
): RowPair[] {
  const labels = new Set(before.map(({ model_label }) => model_label));
  const sharesModels = after.some(({ model_label }) => labels.has(model_label));
  const modelOf = (cell: ComparedCell) => sharesModels ? cell.model_label : "";
  const later = scoreRows(after, modelOf);
  return [...scoreRows(before, modelOf)].flatMap(([row_index, scores]) => {
    const others = later.get(row_index);
    const both = [...scores].flatMap(([model, score]) => {
      const other = others?.get(model);
      return other === undefined ? [] : [{ score, other }];
    });
    if (both.length === 0) return [];
    return [{
      row_index,
      before: mean(both.map(({ score }) => score)),
      after: mean(both.map(({ other }) => other)),
    }];
  });
}

/** Returns the mean grade by row and model, of those that have one. */
function scoreRows(
  cells: readonly ComparedCell[],
  modelOf: (cell: ComparedCell) => string,
): Map<number | null, Map<string, number>> {
  const graded = cells.filter(({ grade_score }) => grade_score !== null);
  return new Map(
    [...Map.groupBy(graded, ({ row_index }) => row_index)].map(([row, cells]) => [
      row,
      new Map(
        [...Map.groupBy(cells, modelOf)].map(([model, cells]) => [
          model,
          mean(cells.flatMap(({ grade_score }) => grade_score ?? [])),
        ]),
      ),
    ]),
  );
}

/** @param p adjusted if it is one of several */
function verdictOf(
  rows: number,
  difference: number | null,
  p: number | null,
): CellComparison["verdict"] {
  if (rows < MIN_ROWS || difference === null || p === null) return "too_few_rows";
  if (p >= SIGNIFICANCE) return "indistinguishable";
  return difference > 0 ? "better" : "worse";
}

function intervalOf(difference: number, differences: readonly number[]): Interval | null {
  if (differences.length < 2) return null;
  const error = sampleStandardDeviation([...differences]) / Math.sqrt(differences.length);
  if (error < EPSILON) return null;
  const margin = tMargin(error, differences.length);
  return intervalAround(difference, difference - margin, difference + margin, [-1, 1]);
}

function totalsOf(cells: readonly ComparedCell[]): CellTotals {
  const scores = [...scoreRows(cells, () => "").values()].flatMap((row) => [...row.values()]);
  const costs = cells.flatMap(({ cost_usd }) => cost_usd ?? []);
  const latencies = cells.flatMap(({ latency_ms, is_cached }) => is_cached ? [] : latency_ms ?? [])
    .toSorted((a, b) => a - b);
  const quantile = (share: number) =>
    latencies.length === 0 ? null : quantileSorted(latencies, share);
  return {
    graded: cells.filter(({ grade_score }) => grade_score !== null).length,
    mean_score: scores.length === 0 ? null : mean(scores),
    tokens: cells.reduce((total, { tokens }) => total + (tokens ?? 0), 0),
    cost_usd: costs.length === 0 ? null : costs.reduce((total, cost) => total + cost, 0),
    latency_p50_ms: quantile(0.5),
    latency_p95_ms: quantile(0.95),
  };
}
