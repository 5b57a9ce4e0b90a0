import { ANSWERABLE, findKnown, KNOWN_QUESTIONS } from "../services/openai/known_questions.ts";

const COUNT = ANSWERABLE.reduce((sum, { questions }) => sum + questions.length, 0);

/** Says that no model answers. */
export const SIMULATION_NOTICE =
  `No model answers, but a simulation, since OPENAI_API_KEY is not set. It knows ${COUNT} questions, word for word, and no others.`;

/** Returns whether the simulation knows a question. */
export function isKnownToSimulation(question: string): boolean {
  return findKnown(KNOWN_QUESTIONS, question) !== undefined;
}

/** Lists what the simulation can answer, by subject. */
export function listQuestions(): string {
  return ANSWERABLE.map(({ subject, questions }) =>
    [subject, ...questions.map((question) => `  · ${question}`)].join("\n")
  ).join("\n\n");
}
