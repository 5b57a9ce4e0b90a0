import { sum } from "simple-statistics";
import { tQuantile } from "./distributions.ts";
import { CONFIDENCE } from "./interval.ts";

/** The mean of all values of all clusters, and how far it may be off. */
export interface ClusteredMean {
  mean: number;
  /** Null for a single cluster. */
  standardError: number | null;
  /** Half the width of the 95 % interval; null for a single cluster. */
  margin: number | null;
}

/**
 * The mean of values that come in clusters: the runs on an image are about the same image, and so
 * tell less than as many runs on different ones. Null without a value; empty clusters do not count.
 *
 * The standard error is the cluster-robust one of a mean (Liang and Zeger, "Longitudinal data
 * analysis using generalized linear models", Biometrika 73, 1986; for evaluations of language
 * models, Miller, "Adding Error Bars to Evals", arXiv:2411.00640), with the correction C/(C−1)
 * for few clusters; the margin takes t on C−1 degrees of freedom. With clusters of one size this is
 * what averaging within each cluster first gives.
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
 * How far off the mean of `count` independent values may be, with the confidence given; by t on
 * count − 1 degrees of freedom.
 */
export function tMargin(standardError: number, count: number, confidence = CONFIDENCE): number {
  return tQuantile((1 + confidence) / 2, count - 1) * standardError;
}
