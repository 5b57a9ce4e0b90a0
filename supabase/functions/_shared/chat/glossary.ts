import { z } from "zod";
import type { Logger } from "../platform/logger.ts";
import type { ChatSchema } from "./chat_schema.ts";
import { type FewShotExample, relationsOf } from "./examples/subject.ts";
import type { CheckQuery } from "./gate/check_query.ts";
import { foldWords, similarity, wordsOf } from "./words.ts";

const termSchema = z.object({
  term: z.string(),
  synonyms: z.array(z.string()),
  meaning: z.string(),
  /** Account whose word it is; null: everybody's. */
  owner_id: z.string().nullable(),
}).transform((entry) => ({
  ...entry,
  /** The term, folded. */
  name: fold(entry.term),
  /** Term and synonyms, folded, the longest first. */
  names: longestFirst([entry.term, ...entry.synonyms].map(fold).filter((name) => name !== "")),
}));
/** Term with its meaning, and its names as questions are searched for them. */
export type Term = z.infer<typeof termSchema>;

const workedQuestionSchema = z.object({
  id: z.int(),
  question: z.string(),
  sql: z.string(),
  note: z.string(),
  owner_id: z.string().nullable(),
});
type WorkedQuestion = z.infer<typeof workedQuestionSchema>;

/** Result of the SQL function `load_chat_glossary()`. */
export const glossarySchema = z.object({
  terms: z.array(termSchema),
  questions: z.array(workedQuestionSchema),
});

/** What operators taught the chat: terms with their meaning, and questions with their statement. */
export type Glossary = z.infer<typeof glossarySchema>;

/** Part of a glossary that has to do with a question. */
export interface RecalledGlossary {
  /** Terms that it names. */
  readonly terms: readonly Term[];
  /** Worked questions that share words with it. The gate accepts their statements. */
  readonly examples: readonly FewShotExample[];
}

/** Part of an empty glossary. */
export const NOTHING_RECALLED: RecalledGlossary = { terms: [], examples: [] };

/** Most terms, synonyms of each and worked questions of one question, which bounds the prompt. */
export const MOST_RECALLED = { terms: 10, synonyms: 5, examples: 6 } as const;

/** Question to recall a glossary for, and who judges and hears of statements. */
export interface RecallOptions {
  readonly accountId: string;
  readonly question: string;
  /** Earlier questions of the conversation. */
  readonly past: readonly string[];
  readonly schema: ChatSchema;
  readonly checkQuery: CheckQuery;
  readonly log: Logger;
}

/**
 * Returns the terms that a question or the conversation before it names, and the worked questions
 * nearest to it. A worked question whose statement the gate refuses is left out and logged.
 */
export async function recallGlossary(
  glossary: Glossary,
  { accountId, question, past, schema, checkQuery, log }: RecallOptions,
): Promise<RecalledGlossary> {
  const isTheirs = (entry: { readonly owner_id: string | null }) =>
    entry.owner_id === null || entry.owner_id === accountId;
  const terms = findTerms(glossary.terms.filter(isTheirs), [question, ...past]);
  const asked = wordsOf(withTerms(question, terms));
  const near = glossary.questions.filter(isTheirs)
    .map((worked) => ({
      worked,
      nearness: similarity(wordsOf(withTerms(worked.question, terms)), asked),
    }))
    .filter(({ nearness }) => nearness > 0)
    .sort((one, other) => other.nearness - one.nearness)
    .slice(0, MOST_RECALLED.examples);
  const checked = await Promise.all(near.map(async ({ worked }) => ({
    worked,
    isUsable: await isUsable(worked, schema, checkQuery, log),
  })));
  const examples = checked.filter(({ isUsable }) => isUsable).map(({ worked }) =>
    toExample(worked)
  );
  return { terms, examples };
}

/** Returns a worked question as an example for the model. */
export function toExample({ question, sql, note }: Glossary["questions"][number]): FewShotExample {
  return {
    question,
    sql,
    reason: note || "As the operator of this site answers it.",
    relations: relationsOf(sql),
  };
}

/** Returns the terms that the texts name, those of the first text first. */
function findTerms(terms: readonly Term[], texts: readonly string[]): readonly Term[] {
  const found = new Map<string, Term>();
  for (const text of texts.map(pad)) {
    for (const term of terms) {
      // A user's own term comes before everybody's of the same name.
      if (found.size === MOST_RECALLED.terms || found.has(term.name)) continue;
      if (term.names.some((name) => text.includes(` ${name} `))) found.set(term.name, term);
    }
  }
  return [...found.values()];
}

/** Returns a text, folded, in which the glossary's term stands in place of each of its synonyms. */
export function withTerms(text: string, terms: readonly Term[]): string {
  if (terms.length === 0) return text;
  const nameOf = new Map(
    terms.flatMap(({ name, names }) => names.map((other) => [other, name] as const)),
  );
  // Folded names hold letters, digits and spaces alone.
  const anyName = new RegExp(`(?<= )(?:${longestFirst([...nameOf.keys()]).join("|")})(?= )`, "gu");
  return pad(text).replace(anyName, (found) => nameOf.get(found) ?? found);
}

/** Returns terms as the model reads them, or nothing if there are none. */
export function describeTerms(terms: readonly Term[]): string {
  if (terms.length === 0) return "";
  const lines = terms.map(({ term, synonyms, meaning }) => {
    const others = synonyms.slice(0, MOST_RECALLED.synonyms).map(flatten);
    const also = others.length === 0 ? "" : ` (also ${others.join(", ")})`;
    return `- ${flatten(term)}${also}: ${flatten(meaning)}`;
  });
  return `\n\nWords of those who ask, and what they mean here:\n${lines.join("\n")}`;
}

/** Verdicts by worked question: the store keeps one for a minute and hands it to every question. */
const verdicts = new WeakMap<WorkedQuestion, Promise<boolean>>();

function isUsable(
  worked: WorkedQuestion,
  schema: ChatSchema,
  checkQuery: CheckQuery,
  log: Logger,
): Promise<boolean> {
  const known = verdicts.get(worked);
  if (known !== undefined) return known;
  const verdict = checkQuery(worked.sql, schema).then((verdict) => {
    if (verdict.ok) return true;
    log.warn("worked question is not used: correct its statement or delete it", {
      worked_question: worked.id,
      question: worked.question,
      faults: verdict.faults,
    });
    return false;
  });
  verdicts.set(worked, verdict);
  return verdict;
}

function fold(text: string): string {
  return foldWords(text).join(" ");
}

/** Folds a text and puts spaces around it, so that a name in spaces is found as whole words. */
function pad(text: string): string {
  return ` ${fold(text)} `;
}

function longestFirst(names: string[]): readonly string[] {
  return names.sort((one, other) => other.length - one.length);
}

/** A line break in an entry would look like another entry. */
function flatten(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
