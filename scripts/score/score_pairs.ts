import {
  type LeafRates,
  type OutputScore,
  rateCounts,
  scoreOutput,
  sumCounts,
} from "../../supabase/functions/_shared/compare/compare.ts";
import type { FieldRules } from "../../supabase/functions/_shared/compare/field_rules.ts";
import type { Pair } from "./read_pairs.ts";

/** Score of one document. */
export interface DocumentScore extends OutputScore {
  readonly name: string;
  readonly hasAnswer: boolean;
}

/** Number of errors of a field over all documents. All positions of a list count as one field. */
export interface FieldTally {
  /** Path such as `items[].price`. */
  readonly field: string;
  /** Number of wrong, missing or extra values. */
  errors: number;
  formatOnly: number;
}

/** Score of all documents. Rates are 0 to 100. */
export interface FolderScore {
  readonly documents: readonly DocumentScore[];
  /** Means over the documents. Each document has the same weight. */
  readonly mean: { readonly accuracy: number; readonly strictAccuracy: number; anls: number };
  /** Rates over all leaves. Larger documents have more weight. */
  readonly relaxed: LeafRates;
  readonly strict: LeafRates;
  readonly exactMatches: number;
  readonly noAnswers: number;
  readonly formatOnly: number;
  /** Fields with the most errors first. */
  readonly fields: readonly FieldTally[];
}

/**
 * Scores every pair as a benchmark scores a run.
 *
 * @param onScored called after each pair with the number of scored pairs.
 */
export function scorePairs(
  pairs: readonly Pair[],
  rules: FieldRules,
  onScored: (done: number) => void = () => {},
): FolderScore {
  const documents = pairs.map(({ name, truth, prediction }, index): DocumentScore => {
    const score = scoreOutput(truth, prediction, rules);
    onScored(index + 1);
    return { name, hasAnswer: prediction !== undefined, ...score };
  });
  const mean = (read: (document: DocumentScore) => number) =>
    documents.reduce((sum, document) => sum + read(document), 0) / documents.length;
  return {
    documents,
    mean: {
      accuracy: mean(({ fieldAccuracy }) => fieldAccuracy),
      strictAccuracy: mean(({ detail, hasAnswer }) =>
        hasAnswer ? rateCounts(detail.strict).accuracy : 0
      ),
      anls: mean(({ detail }) => detail.anls),
    },
    relaxed: rateCounts(sumCounts(documents.map(({ detail }) => detail.relaxed))),
    strict: rateCounts(sumCounts(documents.map(({ detail }) => detail.strict))),
    exactMatches: documents.filter(({ exactMatch }) => exactMatch).length,
    noAnswers: documents.filter(({ hasAnswer }) => !hasAnswer).length,
    formatOnly: documents.reduce((sum, { detail }) => sum + detail.formatOnly, 0),
    fields: tallyFields(documents),
  };
}

function tallyFields(documents: readonly DocumentScore[]): FieldTally[] {
  const tallies = new Map<string, FieldTally>();
  for (const { fieldPath, formatOnly } of documents.flatMap(({ fieldErrors }) => fieldErrors)) {
    const field = fieldPath.replace(/\[\d+\]/g, "[]");
    const tally = tallies.get(field) ?? { field, errors: 0, formatOnly: 0 };
    if (formatOnly === true) tally.formatOnly++;
    else tally.errors++;
    tallies.set(field, tally);
  }
  return [...tallies.values()].sort((one, other) =>
    other.errors - one.errors || other.formatOnly - one.formatOnly ||
    (one.field < other.field ? -1 : 1)
  );
}
