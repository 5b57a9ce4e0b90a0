/** What became of one leaf. */
export type LeafOutcome = "correct" | "wrong" | "missing" | "extra";

/** How many leaves came to what. Correct, wrong and missing ones together are all that is expected. */
export type LeafCounts = Record<LeafOutcome, number>;

/** What counts come to, each 0 to 100. */
export interface LeafRates {
  /** Of all expected and extra leaves, those that are correct: the headline. */
  accuracy: number;
  /** Of the expected leaves, those that are correct. */
  recall: number;
  /** Of the given leaves, those that are correct. */
  precision: number;
  /** The harmonic mean of recall and precision. */
  f1: number;
}

export function emptyCounts(): LeafCounts {
  return { correct: 0, wrong: 0, missing: 0, extra: 0 };
}

/** Of no leaves at all everything is right: nothing was asked and nothing given. */
export function rateCounts({ correct, wrong, missing, extra }: LeafCounts): LeafRates {
  const share = (part: number, whole: number) => whole === 0 ? 100 : (100 * part) / whole;
  const expected = correct + wrong + missing;
  const given = correct + wrong + extra;
  return {
    accuracy: share(correct, expected + extra),
    recall: share(correct, expected),
    // Where nothing was given of what was asked for, nothing given was right.
    precision: given === 0 && expected > 0 ? 0 : share(correct, given),
    f1: share(2 * correct, expected + given),
  };
}

/** The sum of several answers' counts, for a rate over all their leaves. */
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
