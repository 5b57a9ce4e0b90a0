import type { PastMessage } from "./ports.ts";
import type { ChatSchema } from "./schema.ts";
import { BENCHMARK_SHOTS } from "./shots/benchmarks.ts";
import { PROMPT_RUN_SHOTS } from "./shots/prompt_runs.ts";
import type { Shot } from "./shots/shot.ts";
import { TEST_RUN_SHOTS } from "./shots/test_runs.ts";
import { similarity, wordsOf } from "./similarity.ts";

/** All that there are. A part of the product that can be asked about adds a file of its own. */
export const SHOTS: readonly Shot[] = [
  ...BENCHMARK_SHOTS,
  ...PROMPT_RUN_SHOTS,
  ...TEST_RUN_SHOTS,
];

/** Not of what was just asked: that the user has had. */
const SAME = 0.9;

/** The examples nearest to a question, the nearest last, where a model minds them most. */
export function chooseShots(schema: ChatSchema, question: string, count: number): readonly Shot[] {
  return rank(schema, question).slice(0, count).reverse().map(({ shot }) => shot);
}

/**
 * What may be asked next: the questions nearest to this one that have not been asked in the
 * conversation. Each has a statement, so each can be answered.
 */
export function suggestFollowUps(
  schema: ChatSchema,
  question: string,
  history: readonly PastMessage[],
  count: number,
): readonly string[] {
  const asked = [
    question,
    ...history.filter(({ role }) => role === "user").map(({ content }) => content),
  ]
    .map(wordsOf);
  return rank(schema, question)
    .filter(({ words }) => !asked.some((other) => similarity(words, other) >= SAME))
    .slice(0, count)
    .map(({ shot }) => shot.question);
}

const SHOT_WORDS = SHOTS.map((shot) => ({
  shot,
  words: wordsOf(shot.question),
  subject: wordsOf(shot.relations.join(" ").replaceAll("_", " ")),
}));

function rank(schema: ChatSchema, question: string) {
  const known = new Set(schema.relations.map(({ name }) => name));
  const asked = wordsOf(question);
  return SHOT_WORDS
    .filter(({ shot }) => shot.relations.every((name) => known.has(name)))
    .map(({ shot, words, subject }) => ({
      shot,
      words,
      // In other words it may still be about the same things: that decides between the less near.
      nearness: similarity(words, asked) + similarity(subject, asked) / 4,
    }))
    // Sorting is stable: of equals the one that stands first is the more useful one.
    .sort((one, other) => other.nearness - one.nearness);
}
