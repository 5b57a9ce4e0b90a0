import type { ChatSchema } from "./chat_schema.ts";
import { BENCHMARKS } from "./examples/benchmarks.ts";
import { PROMPT_RUNS } from "./examples/prompt_runs.ts";
import type { FewShotExample, Subject } from "./examples/subject.ts";
import { TEST_RUNS } from "./examples/test_runs.ts";
import type { PastMessage } from "./store.ts";

/** Subjects that the chat answers questions about. A new one is a file in `examples/` and a line here. */
export const SUBJECTS: readonly Subject[] = [BENCHMARKS, PROMPT_RUNS, TEST_RUNS];

/** Few-shot examples of all subjects. */
export const FEW_SHOT_EXAMPLES: readonly FewShotExample[] = SUBJECTS.flatMap(({ examples }) =>
  examples.map((example) => ({ ...example, relations: relationsOf(example.sql) }))
);

/** Returns the names after FROM and JOIN, except those of common table expressions. */
function relationsOf(sql: string): string[] {
  const names = Array.from(
    sql.matchAll(/\b(?:(?<!distinct )from|join) (\w+)/g),
    ([, name = ""]) => name,
  );
  return [...new Set(names)].filter((name) => !sql.includes(`${name} as (`));
}

/** Similarity from which on two questions count as the same, from 0 to 1. */
const SAME = 0.9;

/**
 * Returns the `count` examples nearest to a question. The nearest is the last, because a model gives
 * the most weight to what it reads last.
 */
export function chooseExamples(
  schema: ChatSchema,
  question: string,
  count: number,
): readonly FewShotExample[] {
  return rank(schema, question).slice(0, count).reverse().map(({ example }) => example);
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
): readonly string[] {
  const past = history.filter(({ role }) => role === "user").map(({ content }) => content);
  const asked = [question, ...past].map(wordsOf);
  return rank(schema, question)
    .filter(({ words }) => !asked.some((other) => similarity(words, other) >= SAME))
    .slice(0, count)
    .map(({ example }) => example.question);
}

/** Words that do not tell what a question is about: every subject has runs, for instance. */
const COMMON = new Set(
  ("a about all an and any are as at by can compared did do does each ever every for from had has " +
    "have how i in is it its last many me month most much my of on or our per run runs show so some " +
    "tell than that the their them there these this to today was we week were what when which who why " +
    "with you your").split(" "),
);

const EXAMPLES_WITH_WORDS = FEW_SHOT_EXAMPLES.map((example) => ({
  example,
  words: wordsOf(example.question),
  subject: wordsOf(example.relations.join(" ").replaceAll("_", " ")),
}));

/** Orders the examples whose relations all exist in `schema`, the nearest to the question first. */
function rank(schema: ChatSchema, question: string) {
  const known = new Set(schema.relations.map(({ name }) => name));
  const asked = wordsOf(question);
  return EXAMPLES_WITH_WORDS
    .filter(({ example }) => example.relations.every((name) => known.has(name)))
    .map((candidate) => ({
      ...candidate,
      // Names of relations help where a question about the same things is asked in other words.
      nearness: similarity(candidate.words, asked) + similarity(candidate.subject, asked) / 4,
    }))
    // The sort is stable: of two equally near examples the more useful one stays first.
    .sort((one, other) => other.nearness - one.nearness);
}

/** Returns the words that tell what a text is about, in lower case and without a plural's ending. */
function wordsOf(text: string): ReadonlySet<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return new Set(words.filter((word) => !COMMON.has(word)).map(stem));
}

/** Returns the share of words that two sets have in common (Dice coefficient), from 0 to 1. */
function similarity(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  if (one.size === 0 || other.size === 0) return 0;
  const shared = [...one].filter((word) => other.has(word)).length;
  return (2 * shared) / (one.size + other.size);
}

function stem(word: string): string {
  return word.length > 3 ? word.replace(/(?<=[^s])s$/, "") : word;
}
