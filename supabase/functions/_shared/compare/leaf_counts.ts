import { z } from "zod";

/**
 * Numbers of leaves by outcome. The correct, wrong and missing ones together are all expected
 * leaves.
 */
export const leafCountsSchema = z.object({
  correct: z.number(),
  wrong: z.number(),
  missing: z.number(),
  extra: z.number(),
});
export type LeafCounts = z.infer<typeof leafCountsSchema>;

/** Outcome of comparing one leaf. */
export type LeafOutcome = keyof LeafCounts;

/** Rates computed from leaf counts, each 0 to 100. */
export interface LeafRates {
  /** Correct leaves among all expected and extra ones: the headline figure. */
  accuracy: number;
  /** Correct leaves among the expected ones. */
  recall: number;
  /** Correct leaves among the given ones. */
  precision: number;
  /** Harmonic mean of recall and precision. */
  f1: number;
}

/** Returns counts that are all 0. */
export function emptyCounts(): LeafCounts {
  return { correct: 0, wrong: 0, missing: 0, extra: 0 };
}

/** Computes the rates. Without any leaf all are 100: nothing was asked for and nothing was given. */
export function rateCounts({ correct, wrong, missing, extra }: LeafCounts): LeafRates {
  const share = (part: number, whole: number) => whole === 0 ? 100 : (100 * part) / whole;
  const expected = correct + wrong + missing;
  const given = correct + wrong + extra;
  return {
    accuracy: share(correct, expected + extra),
    recall: share(correct, expected),
    // If leaves were expected and none was given, precision is 0 and not 0/0.
    precision: given === 0 && expected > 0 ? 0 : share(correct, given),
    f1: share(2 * correct, expected + given),
  };
}

/** Adds up several answers' counts, for a rate over all their leaves. */
export function sumCounts(all: readonly LeafCounts[]): LeafCounts {
  const sum = emptyCounts();
  for (const counts of all) {
    sum.correct += counts.correct;
    sum.wrong += counts.wrong;
    sum.missing += counts.missing;
    sum.extra += counts.extra;
  }
  return sum;
}
