import { mean } from "simple-statistics";
import type { ComparedCell } from "./prompt_run.ts";

/** Agreement of a grader with the humans who overrode it. */
export interface GraderAgreement {
  /** Number of cells with both grades. */
  readonly cells: number;
  /** Share of these cells that both judge right, or both wrong. */
  readonly agreement: number | null;
  /** Cohen's kappa: agreement beyond chance, at most 1. Null if both always give the same verdict. */
  readonly kappa: number | null;
  /** Mean distance of their scores, 0–1. */
  readonly mean_distance: number | null;
}

/** A score above it is right: half right is not. */
const PASS_MARK = 0.5;

/** Measures agreement (Cohen, "A coefficient of agreement for nominal scales", 1960). */
export function measureAgreement(
  cells: readonly Pick<ComparedCell, "grader_score" | "human_score">[],
): GraderAgreement {
  const scores = cells.flatMap(({ grader_score, human_score }) =>
    grader_score === null || human_score === null ? [] : [[grader_score, human_score] as const]
  );
  if (scores.length === 0) return { cells: 0, agreement: null, kappa: null, mean_distance: null };
  const verdicts = scores.map(([grader, human]) =>
    [grader > PASS_MARK, human > PASS_MARK] as const
  );
  const share = (isMeant: (verdict: readonly [boolean, boolean]) => boolean) =>
    verdicts.filter(isMeant).length / verdicts.length;
  const agreement = share(([grader, human]) => grader === human);
  const [grader, human] = [share(([passes]) => passes), share(([, passes]) => passes)];
  const chance = grader * human + (1 - grader) * (1 - human);
  return {
    cells: scores.length,
    agreement,
    kappa: chance === 1 ? null : (agreement - chance) / (1 - chance),
    mean_distance: mean(scores.map(([grader, human]) => Math.abs(grader - human))),
  };
}
