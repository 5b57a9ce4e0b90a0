import { mean, quantileSorted } from "simple-statistics";
import { tMargin } from "../statistics/clustered_mean.ts";
import { type Interval, intervalAround, SIGNIFICANCE } from "../statistics/interval.ts";
import { signFlipP } from "../statistics/sign_flip.ts";

/** A cell of a run, as far as comparing goes. */
export interface ComparedCell {
  readonly modelLabel: string;
  /** Null where the run has no dataset. */
  readonly rowIndex: number | null;
  /** 0–1, the one that counts; null where there is none. */
  readonly gradeScore: number | null;
  readonly graderScore: number | null;
  readonly humanScore: number | null;
  readonly latencyMs: number | null;
  readonly tokens: number | null;
  /** USD. */
  readonly costUsd: number | null;
  readonly isCached: boolean;
}

/** One side of a comparison. */
export interface RunFigures {
  readonly graded: number;
  readonly meanScore: number | null;
  readonly tokens: number;
  /** Null where no cell has a cost. */
  readonly costUsd: number | null;
  /** Milliseconds over the calls that were made, cached answers aside. */
  readonly latencyP50: number | null;
  readonly latencyP95: number | null;
}

/** Two runs, row by row. */
export interface RunComparison {
  readonly before: RunFigures;
  readonly after: RunFigures;
  /** Rows with a grade in both runs. */
  readonly rows: number;
  readonly better: number;
  readonly worse: number;
  readonly unchanged: number;
  /** Mean over the rows of the later score less the earlier. */
  readonly difference: number | null;
  /**
   * Holds the true difference with 95 % confidence: t on the rows. Null for fewer than two, and where
   * all differ by the same: that nothing varied here does not say that nothing does.
   */
  readonly interval: Interval | null;
  /** Two-sided, of the sign-flip permutation test over rows. Null without rows. */
  readonly pValue: number | null;
  readonly verdict: "better" | "worse" | "indistinguishable" | "too_few_rows";
  /** Rows that changed, the worst first. */
  readonly changes: readonly RowPair[];
}

/** Under so many rows no difference is told from chance: 2⁻⁵ is the least p of five. */
const FEWEST_ROWS = 6;

/** Scores closer than this are the same but for rounding. */
const SAME = 1e-9;

/**
 * Compares two runs in pairs of rows. Within a row repeats are averaged first and then models, as far
 * as both runs have a grade of theirs there: else a model that failed in one of them would change what
 * is compared with what. Runs that share no model are compared as wholes.
 */
export function comparePromptRuns(
  before: readonly ComparedCell[],
  after: readonly ComparedCell[],
): RunComparison {
  const pairs = pairRows(before, after);
  const differences = pairs.map((pair) => pair.after - pair.before);
  const changed = pairs.filter((pair) => Math.abs(pair.after - pair.before) > SAME);
  const better = changed.filter((pair) => pair.after > pair.before).length;
  const difference = differences.length === 0 ? null : mean(differences);
  const interval = difference === null ? null : intervalOf(difference, differences);
  const pValue = pairs.length === 0 ? null : signFlipP(differences);
  return {
    before: figuresOf(before),
    after: figuresOf(after),
    rows: pairs.length,
    better,
    worse: changed.length - better,
    unchanged: pairs.length - changed.length,
    difference,
    interval,
    pValue,
    verdict: verdictOf(pairs.length, difference, pValue),
    changes: changed.toSorted((one, other) =>
      (one.after - one.before) - (other.after - other.before)
    ),
  };
}

function intervalOf(difference: number, differences: readonly number[]): Interval | null {
  if (differences.length < 2) return null;
  const error = standardError(differences);
  if (error < SAME) return null;
  const margin = tMargin(error, differences.length);
  return intervalAround(difference, difference - margin, difference + margin, [-1, 1]);
}

/** @param pValue adjusted, where it is one of several. */
export function verdictOf(
  rows: number,
  difference: number | null,
  pValue: number | null,
): RunComparison["verdict"] {
  if (rows < FEWEST_ROWS || difference === null || pValue === null) return "too_few_rows";
  if (pValue >= SIGNIFICANCE) return "indistinguishable";
  return difference > 0 ? "better" : "worse";
}

/** A row with a grade in both runs. */
export interface RowPair {
  readonly rowIndex: number | null;
  readonly before: number;
  readonly after: number;
}

/** The rows that {@link comparePromptRuns} compares. */
export function pairRows(
  before: readonly ComparedCell[],
  after: readonly ComparedCell[],
): RowPair[] {
  const labels = new Set(before.map(({ modelLabel }) => modelLabel));
  const sharesModels = after.some(({ modelLabel }) => labels.has(modelLabel));
  const modelOf = (cell: ComparedCell) => sharesModels ? cell.modelLabel : "";
  const later = scoreRows(after, modelOf);
  return [...scoreRows(before, modelOf)].flatMap(([rowIndex, scores]) => {
    const others = later.get(rowIndex);
    const both = [...scores].flatMap(([model, score]) => {
      const other = others?.get(model);
      return other === undefined ? [] : [{ score, other }];
    });
    if (both.length === 0) return [];
    return [{
      rowIndex,
      before: mean(both.map(({ score }) => score)),
      after: mean(both.map(({ other }) => other)),
    }];
  });
}

/** Mean grade of each row and model that have one. */
function scoreRows(
  cells: readonly ComparedCell[],
  modelOf: (cell: ComparedCell) => string,
): Map<number | null, Map<string, number>> {
  const graded = cells.filter(({ gradeScore }) => gradeScore !== null);
  return new Map(
    [...Map.groupBy(graded, ({ rowIndex }) => rowIndex)].map(([row, cells]) => [
      row,
      new Map(
        [...Map.groupBy(cells, modelOf)].map(([model, cells]) => [
          model,
          mean(cells.flatMap(({ gradeScore }) => gradeScore ?? [])),
        ]),
      ),
    ]),
  );
}

function standardError(values: readonly number[]): number {
  const center = mean([...values]);
  const squares = values.reduce((total, value) => total + (value - center) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1) / values.length);
}

function figuresOf(cells: readonly ComparedCell[]): RunFigures {
  const scores = [...scoreRows(cells, () => "").values()].flatMap((row) => [...row.values()]);
  const costs = cells.flatMap(({ costUsd }) => costUsd ?? []);
  const latencies = cells.flatMap(({ latencyMs, isCached }) => isCached ? [] : latencyMs ?? [])
    .toSorted((a, b) => a - b);
  const quantile = (share: number) =>
    latencies.length === 0 ? null : quantileSorted(latencies, share);
  return {
    graded: cells.filter(({ gradeScore }) => gradeScore !== null).length,
    meanScore: scores.length === 0 ? null : mean(scores),
    tokens: cells.reduce((total, { tokens }) => total + (tokens ?? 0), 0),
    costUsd: costs.length === 0 ? null : costs.reduce((total, cost) => total + cost, 0),
    latencyP50: quantile(0.5),
    latencyP95: quantile(0.95),
  };
}

/** How far a grader agrees with those who overrode it. */
export interface GraderAgreement {
  /** Cells with both grades. */
  readonly cells: number;
  /** Share of them on which both say right, or both wrong. */
  readonly agreement: number | null;
  /** Cohen's kappa: agreement beyond chance, at most 1. Null where both have one and the same opinion. */
  readonly kappa: number | null;
  /** Mean distance of their scores. */
  readonly meanDistance: number | null;
}

/**
 * Compares a grader with the humans, a score above `passMark` being right: half right is not (Cohen, "A coefficient
 * of agreement for nominal scales", 1960).
 */
export function measureAgreement(
  cells: readonly Pick<ComparedCell, "graderScore" | "humanScore">[],
  passMark = 0.5,
): GraderAgreement {
  const scores = cells.flatMap(({ graderScore, humanScore }) =>
    graderScore === null || humanScore === null ? [] : [[graderScore, humanScore] as const]
  );
  if (scores.length === 0) return { cells: 0, agreement: null, kappa: null, meanDistance: null };
  const pairs = scores.map(([grader, human]) => [grader > passMark, human > passMark] as const);
  const share = (isMeant: (pair: readonly [boolean, boolean]) => boolean) =>
    pairs.filter(isMeant).length / pairs.length;
  const agreement = share(([grader, human]) => grader === human);
  const [grader, human] = [share(([passes]) => passes), share(([, passes]) => passes)];
  const chance = grader * human + (1 - grader) * (1 - human);
  const kappa = chance === 1 ? null : (agreement - chance) / (1 - chance);
  const meanDistance = mean(scores.map(([grader, human]) => Math.abs(grader - human)));
  return { cells: pairs.length, agreement, kappa, meanDistance };
}
