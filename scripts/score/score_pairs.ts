import {
  type LeafRates,
  type OutputScore,
  rateCounts,
  scoreOutput,
  sumCounts,
} from "../../supabase/functions/_shared/compare/compare.ts";
import type { FieldRules } from "../../supabase/functions/_shared/compare/field_rules.ts";
import type { Pair } from "./read_pairs.ts";

/** One document's score. */
export interface DocumentScore extends OutputScore {
  readonly name: string;
  readonly hasAnswer: boolean;
}

/** How often a field is not right over all documents, list positions taken together. */
export interface FieldTally {
  /** As `items[].price`. */
  readonly field: string;
  /** Wrong, missing or extra. */
  errors: number;
  formatOnly: number;
}

/** What all documents come to. Rates are 0 to 100. */
export interface FolderScore {
  readonly documents: readonly DocumentScore[];
  /** Means over the documents, each counting alike. */
  readonly mean: { readonly accuracy: number; readonly strictAccuracy: number; anls: number };
  /** Over all leaves, larger documents counting more. */
  readonly relaxed: LeafRates;
  readonly strict: LeafRates;
  readonly exactMatches: number;
  readonly noAnswers: number;
  readonly formatOnly: number;
  /** The most errors first. */
  readonly fields: readonly FieldTally[];
}

/**
 * Scores every pair as a run of a benchmark is scored.
 *
 * @param onScored called after each pair, with the number of those done.
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
