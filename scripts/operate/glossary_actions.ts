import { z } from "zod";
import { chatSchemaSchema } from "../../supabase/functions/_shared/chat/chat_schema.ts";
import { checkQuery } from "../../supabase/functions/_shared/chat/gate/check_query.ts";
import type { Fault } from "../../supabase/functions/_shared/chat/gate/refusal.ts";
import { literal, type SqlRunner } from "../support/run_sql.ts";
import type { Action } from "./actions.ts";

const schemaRowsSchema = z.tuple([z.object({ schema: chatSchemaSchema })]);
const workedQuestionsSchema = z.array(z.object({
  id: z.coerce.number(),
  question: z.string(),
  sql: z.string(),
}));

/** Returns a check that lists what the project's gate has against a statement. */
async function openGate(sql: SqlRunner): Promise<(statement: string) => Promise<readonly Fault[]>> {
  const rows = await sql.run("select public.chat_schema() as schema");
  const [{ schema }] = schemaRowsSchema.parse(rows);
  return async (statement) => {
    const verdict = await checkQuery(statement, schema);
    return verdict.ok ? [] : verdict.faults;
  };
}

function describe(faults: readonly Fault[]): string {
  return faults.map(({ reason, hint }) => `  ${reason} ${hint}`).join("\n");
}

/** What operators teach the chat. */
export const GLOSSARY_ACTIONS: readonly Action[] = [
  {
    usage: "add-term <term> <meaning> [synonyms...]",
    description: "teach the chat a word, or change what it means",
    run: async (sql, [term = "", meaning = "", ...synonyms]) => {
      const others = synonyms.map(literal).join(", ");
      await sql.run(
        `insert into private.chat_glossary (term, meaning, synonyms)
        values (${literal(term)}, ${literal(meaning)}, array[${others}]::text[])
        on conflict (owner_id, lower(term)) do update
        set meaning = excluded.meaning, synonyms = excluded.synonyms`,
      );
      return `The chat knows "${term}" within a minute.`;
    },
  },
  {
    usage: "remove-term <term>",
    description: "make the chat forget a word",
    run: async (sql, [term = ""]) => {
      const removed = await sql.run(
        `delete from private.chat_glossary where owner_id is null and lower(term) = lower(${
          literal(term)
        }) returning id`,
      );
      if (removed.length === 0) throw new Error(`no term is "${term}"`);
      return `The chat forgets "${term}" within a minute.`;
    },
  },
  {
    usage: "add-question <question> <sql> [note]",
    description: "teach the chat a question by a statement that answers it",
    run: async (sql, [question = "", statement = "", note = ""]) => {
      const faults = await (await openGate(sql))(statement);
      if (faults.length > 0) {
        throw new Error(`the chat may not run this statement:\n${describe(faults)}`);
      }
      await sql.run(
        `insert into private.chat_worked_questions (question, sql, note)
        values (${literal(question)}, ${literal(statement)}, ${literal(note)})
        on conflict (owner_id, lower(question)) do update
        set sql = excluded.sql, note = excluded.note`,
      );
      return `The chat knows the answer to "${question}" within a minute.`;
    },
  },
  {
    usage: "check-questions",
    description: "list the worked questions that the chat does not use, with what is wrong",
    run: async (sql) => {
      const rows = await sql.run(
        "select id, question, sql from private.chat_worked_questions order by id",
      );
      const questions = workedQuestionsSchema.parse(rows);
      const check = await openGate(sql);
      const refused: string[] = [];
      for (const { id, question, sql: statement } of questions) {
        const faults = await check(statement);
        if (faults.length > 0) refused.push(`${id}  ${question}\n${describe(faults)}`);
      }
      if (refused.length === 0) return `All ${questions.length} worked questions are used.`;
      throw new Error(
        `${refused.length} of ${questions.length} worked questions are not used:\n${
          refused.join("\n")
        }`,
      );
    },
  },
];
