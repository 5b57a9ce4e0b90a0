import assert from "node:assert/strict";
import { GLOSSARY_ACTIONS } from "../scripts/operate/glossary_actions.ts";
import { readSnippet } from "../scripts/support/read_snippet.ts";
import { connectByUrl } from "../scripts/support/run_sql.ts";
import { startTestDatabase } from "../scripts/testing/database.ts";

const database = await startTestDatabase();
const sql = connectByUrl(database.url);

/** Does what `deno task operate <name> <args>` does. */
async function operate(name: string, ...args: string[]): Promise<string> {
  const action = GLOSSARY_ACTIONS.find(({ usage }) => usage.split(" ")[0] === name);
  assert.ok(action, name);
  return await action.run(sql, args);
}

Deno.test.afterAll(async () => {
  await sql[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

Deno.test("a term that is added again changes its meaning, and one that is removed is gone", async () => {
  await operate("add-term", "O'Neill's test", "A test.", "onl", "o'n");
  await operate("add-term", "o'neill's test", "The test pays by card.");
  const read = () =>
    sql.run("select term, meaning, synonyms from private.chat_glossary where term ~* 'neill'");
  assert.deepEqual(await read(), [
    { term: "O'Neill's test", meaning: "The test pays by card.", synonyms: [] },
  ]);
  await operate("remove-term", "O'NEILL'S TEST");
  assert.deepEqual(await read(), []);
  await assert.rejects(operate("remove-term", "O'Neill's test"), /no term is "O'Neill's test"/);
});

Deno.test("the operator hears which worked question the chat may not run, before and after it is added", async () => {
  const statement = "select email from auth.users";
  await operate("add-question", "How many tests?", "select count(*) from test_results", "All.");
  assert.match(await operate("check-questions"), /^All 1 /);
  await assert.rejects(
    operate("add-question", "Who?", statement),
    /may not run this statement:\n {2}.*auth/,
  );
  // As the dashboard adds it, without a check.
  await sql.run(
    `insert into private.chat_worked_questions (question, sql) values ('Who?', '${statement}')`,
  );
  await assert.rejects(
    operate("check-questions"),
    /^Error: 1 of 2 worked questions are not used:\n\d+ {2}Who\?\n {2}.*auth/,
  );
});

Deno.test("the dashboard's snippets add a term and a worked question that the gate accepts", async () => {
  const path = new URL("../supabase/snippets/chat_glossary.sql", import.meta.url);
  const [addTerm, addQuestion, list] = readSnippet(await Deno.readTextFile(path));
  await sql.run("delete from private.chat_worked_questions");
  for (const query of [addTerm, addTerm, addQuestion, addQuestion]) {
    assert.equal((await sql.run(query?.sql ?? "")).length, 1, query?.title);
  }
  const rows = await sql.run(list?.sql ?? "");
  assert.deepEqual(rows.map(({ kind }) => kind), ["question", "term"]);
  assert.match(await operate("check-questions"), /^All 1 /);
});
