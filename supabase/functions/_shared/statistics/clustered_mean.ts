import { sum } from "simple-statistics";
import { tQuantile } from "./distributions.ts";
import { CONFIDENCE } from "./interval.ts";

/** Mean of all values of all clusters with its uncertainty. */
interface ClusteredMean {
  mean: number;
  /** Null for a single cluster. */
  standardError: number | null;
  /** Half the width of the 95 % interval; null for a single cluster. */
  margin: number | null;
}

/**
 * Returns the mean of values that come in clusters; null without a value. Runs on one image are a
 * cluster: they tell less than the same number of runs on different images. Empty clusters are
 * ignored.
 *
 * The standard error is the cluster-robust one of a mean (Liang and Zeger, "Longitudinal data
 * analysis using generalized linear models", Biometrika 73, 1986; for evaluations of language
 * models, Miller, "Adding Error Bars to Evals", arXiv:2411.00640), with the correction C/(C−1)
 * for few clusters. The margin uses t with C−1 degrees of freedom. With clusters of one size the
 * result is the same as that of averaging within each cluster first.
 */
export function clusteredMean(clusters: readonly (readonly number[])[]): ClusteredMean | null {
  const filled = clusters.filter(({ length }) => length > 0);
  const count = filled.reduce((total, { length }) => total + length, 0);
  if (count === 0) return null;
  const totals = filled.map((values) => sum([...values]));
  const mean = sum(totals) / count;
  if (filled.length === 1) return { mean, standardError: null, margin: null };
  const squares = filled.map(({ length }, index) => ((totals[index] ?? 0) - length * mean) ** 2);
  const correction = filled.length / (filled.length - 1);
  const standardError = Math.sqrt(correction * sum(squares)) / count;
  return { mean, standardError, margin: tMargin(standardError, filled.length) };
}

/**
 * Returns the margin of error of the mean of `count` independent values at a confidence of 0 to 1, by
 * t with count − 1 degrees of freedom.
 */
export function tMargin(standardError: number, count: number, confidence = CONFIDENCE): number {
  return tQuantile((1 + confidence) / 2, count - 1) * standardError;
}
