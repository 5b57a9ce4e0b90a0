import type { ChatSchema } from "./chat_schema.ts";
import { BENCHMARKS } from "./examples/benchmarks.ts";
import { PROMPT_RUNS } from "./examples/prompt_runs.ts";
import { type FewShotExample, relationsOf, type Subject } from "./examples/subject.ts";
import { TEST_RUNS } from "./examples/test_runs.ts";
import { NOTHING_RECALLED, type RecalledGlossary, withTerms } from "./glossary.ts";
import type { PastMessage } from "./store.ts";
import { similarity, wordsOf } from "./words.ts";

/** Subjects that the chat answers questions about. A new one is a file in `examples/` and a line here. */
export const SUBJECTS: readonly Subject[] = [BENCHMARKS, PROMPT_RUNS, TEST_RUNS];

/** Few-shot examples of all subjects. */
export const FEW_SHOT_EXAMPLES: readonly FewShotExample[] = SUBJECTS.flatMap(({ examples }) =>
  examples.map((example) => ({ ...example, relations: relationsOf(example.sql) }))
);

/** Similarity from which on two questions count as the same, from 0 to 1. */
const SAME = 0.9;

/**
 * Returns the `count` examples nearest to a question, the operator's worked questions among them. The
 * nearest is the last, because a model gives the most weight to what it reads last.
 */
export function chooseExamples(
  schema: ChatSchema,
  question: string,
  count: number,
  recalled: RecalledGlossary = NOTHING_RECALLED,
): readonly FewShotExample[] {
  return rank(schema, question, recalled).slice(0, count).reverse().map(({ example }) => example);
}

/**
 * Returns up to `count` questions that may be asked next: those of the examples nearest to this
 * question that were not asked in the conversation. Each has a statement, so each can be answered.
 */
export function suggestFollowUps(
  schema: ChatSchema,
  question: string,
  history: readonly PastMessage[],
  count: number,
  recalled: RecalledGlossary = NOTHING_RECALLED,
): readonly string[] {
  const past = history.filter(({ role }) => role === "user").map(({ content }) => content);
  const asked = [question, ...past].map((text) => wordsOf(withTerms(text, recalled.terms)));
  return rank(schema, question, recalled)
    .filter(({ words }) => !asked.some((other) => similarity(words, other) >= SAME))
    .slice(0, count)
    .map(({ example }) => example.question);
}

const EXAMPLES_WITH_WORDS = FEW_SHOT_EXAMPLES.map(addWords);

function addWords(example: FewShotExample) {
  return {
    example,
    words: wordsOf(example.question),
    subject: wordsOf(example.relations.join(" ").replaceAll("_", " ")),
  };
}

/** Orders the examples whose relations all exist in `schema`, the nearest to the question first. */
function rank(schema: ChatSchema, question: string, { terms, examples }: RecalledGlossary) {
  const known = new Set(schema.relations.map(({ name }) => name));
  const asked = wordsOf(withTerms(question, terms));
  const ours = EXAMPLES_WITH_WORDS
    .filter(({ example }) => example.relations.every((name) => known.has(name)));
  return [...examples.map(addWords), ...ours]
    .map((candidate) => {
      const words = terms.length === 0
        ? candidate.words
        : wordsOf(withTerms(candidate.example.question, terms));
      // Names of relations help where a question about the same things is asked in other words.
      const nearness = similarity(words, asked) + similarity(candidate.subject, asked) / 4;
      return { ...candidate, words, nearness };
    })
    // The sort is stable: of two equally near examples the more useful one stays first.
    .sort((one, other) => other.nearness - one.nearness);
}
