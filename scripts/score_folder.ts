/**
 * Scores predictions against truths that lie in a folder, as a benchmark scores its runs, so that
 * anybody can check the scorer on data of their own.
 *
 *     deno task score <folder or .jsonl> [--predictions <folder or .jsonl>] [--schema schema.json] [--json]
 *
 * Where the folder holds a `schema.json` it is used without being named. Exits 1 where the files
 * cannot be read, never for a bad score.
 */
import { join } from "node:path";
import Table from "cli-table3";
import { Command } from "commander";
import { z } from "zod";
import { jsonObjectSchema } from "../supabase/functions/_shared/benchmark/json_value.ts";
import {
  type FieldRules,
  findRuleProblems,
  NO_RULES,
  readRules,
} from "../supabase/functions/_shared/compare/field_rules.ts";
import { PairsError, readPairs } from "./score/read_pairs.ts";
import { type FolderScore, scorePairs } from "./score/score_pairs.ts";

const MOST_FIELDS = 15;
const MOST_DOCUMENTS = 10;

const optionsSchema = z.object({
  predictions: z.string().optional(),
  schema: z.string().optional(),
  json: z.boolean().default(false),
});

async function readRulesFrom(folder: string, named: string | undefined): Promise<FieldRules> {
  const file = named ?? join(folder, "schema.json");
  const text = await Deno.readTextFile(file).catch((error: unknown) => {
    if (named === undefined) return null;
    throw new PairsError(
      `${file} cannot be read: ${error instanceof Error ? error.message : error}`,
    );
  });
  if (text === null) return NO_RULES;
  const schema = jsonObjectSchema.safeParse(parseSchema(text, file));
  if (!schema.success) throw new PairsError(`${file} is no JSON schema.`);
  const problems = findRuleProblems(schema.data);
  if (problems.length > 0) {
    throw new PairsError(
      problems.map(({ path, message }) => `${file}: ${path}: ${message}`).join("\n"),
    );
  }
  return readRules(schema.data);
}

function parseSchema(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new PairsError(`${file} is no JSON.`);
  }
}

function print(score: FolderScore): void {
  const percent = (rate: number) => `${rate.toFixed(1)} %`;
  const count = score.documents.length;
  console.log(`${count} documents, ${score.noAnswers} without an answer\n`);
  const table = createTable(["", "Relaxed", "Strict"]);
  table.push(
    [
      "Accuracy, mean of documents",
      percent(score.mean.accuracy),
      percent(score.mean.strictAccuracy),
    ],
    ["Accuracy, all fields", percent(score.relaxed.accuracy), percent(score.strict.accuracy)],
    ["Recall", percent(score.relaxed.recall), percent(score.strict.recall)],
    ["Precision", percent(score.relaxed.precision), percent(score.strict.precision)],
    ["F1", percent(score.relaxed.f1), percent(score.strict.f1)],
  );
  console.log(table.toString());
  console.log(`\nExact matches  ${score.exactMatches} of ${count}`);
  console.log(`Format only    ${score.formatOnly} fields`);
  console.log(`ANLS*          ${percent(score.mean.anls)}`);

  if (score.fields.length > 0) {
    const fields = createTable(["Field", "Errors", "Format only"]);
    for (const { field, errors, formatOnly } of score.fields.slice(0, MOST_FIELDS)) {
      fields.push([field, errors, formatOnly]);
    }
    console.log(`\n${fields.toString()}`);
  }
  const worst = score.documents
    .filter(({ fieldAccuracy }) => fieldAccuracy < 100)
    .sort((one, other) => one.fieldAccuracy - other.fieldAccuracy)
    .slice(0, MOST_DOCUMENTS);
  if (worst.length > 0) {
    const documents = createTable(["Document", "Accuracy", "ANLS*"]);
    for (const { name, fieldAccuracy, detail, hasAnswer } of worst) {
      documents.push([
        hasAnswer ? name : `${name} (no answer)`,
        percent(fieldAccuracy),
        percent(detail.anls),
      ]);
    }
    console.log(`\n${documents.toString()}`);
  }
}

function createTable(head: readonly string[]) {
  return new Table({
    head: [...head],
    colAligns: head.map((_, index) => index === 0 ? "left" : "right"),
    style: { head: [], border: [] },
  });
}

await new Command()
  .name("score")
  .argument("<path>", "folder of pairs, or a file of JSON Lines")
  .option("--predictions <path>", "where the answers are, when <path> holds truths alone")
  .option("--schema <file>", "JSON schema whose x-compare says how fields are compared")
  .option("--json", "print everything as JSON")
  .action(async (path: string, given: unknown) => {
    const options = optionsSchema.parse(given);
    try {
      const score = scorePairs(
        await readPairs(path, options.predictions),
        await readRulesFrom(path, options.schema),
      );
      if (options.json) console.log(JSON.stringify(score, null, 2));
      else print(score);
    } catch (error) {
      if (!(error instanceof PairsError)) throw error;
      console.error(error.message);
      Deno.exitCode = 1;
    }
  })
  .parseAsync(Deno.args, { from: "user" });
