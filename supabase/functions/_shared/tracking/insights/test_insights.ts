import { z } from "zod";

/** Identity of a test, as in `test_results`. */
export const testName = {
  tool_name: z.string(),
  variation: z.string(),
  class_name: z.string(),
  provider: z.string(),
  model: z.string(),
};

const growthSchema = z.object({
  /** Median of the earlier values. */
  before: z.number(),
  /** Median of the last values. */
  now: z.number(),
  /** `now / before`; null if `before` is 0. */
  ratio: z.number().nullable(),
  /** One-sided exact p of the Mann–Whitney test. */
  p: z.number(),
});

const outlierSchema = z.object({
  value: z.number(),
  /** Median of the earlier values. */
  usual: z.number(),
  /** Largest value that is no outlier. */
  limit: z.number(),
});

const driftSchema = z.object({
  direction: z.enum(["falling", "rising"]),
  /** Mean of the runs before the last 10. */
  usual: z.number(),
  /** Current moving average. */
  average: z.number(),
  /** Largest distance from `usual` that chance explains. */
  limit: z.number(),
});

/** Statistics over the last runs of a suite on a branch, as the API answers them. */
export const testInsightsSchema = z.object({
  /** Tests that pass and fail without a change of the code, or that keep changing. */
  flaky: z.array(z.object({
    ...testName,
    reason: z.enum(["same_commit", "turning"]),
    /** Share of the steps from run to run with another outcome, 0–1. */
    score: z.number(),
  })),
  /** Tests that only fail, with the number of failures in a row. */
  broken: z.array(z.object({ ...testName, failures: z.number() })),
  /** Seconds. */
  slower: z.array(growthSchema.extend(testName)),
  /** USD. */
  costlier: z.array(growthSchema.extend(testName)),
  /** Results of the last run that lie far above the test's own history, in seconds or USD. */
  outliers: z.array(
    outlierSchema.extend({ ...testName, measure: z.enum(["duration_secs", "cost_usd"]) }),
  ),
  /** Change of the pass rate, in shares (0–1); null if there is none. */
  drift: driftSchema.nullable(),
});

export type TestInsights = z.output<typeof testInsightsSchema>;
export type TestName = Pick<TestInsights["broken"][number], keyof typeof testName>;
/** Values that have grown and stayed larger. */
export type Growth = z.output<typeof growthSchema>;
/** One value far above the earlier ones. */
export type Outlier = z.output<typeof outlierSchema>;
/** A pass rate that has moved. */
export type Drift = z.output<typeof driftSchema>;
