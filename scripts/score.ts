/**
 * Scores predictions against truths in a folder, as a benchmark scores its runs, so that anybody can
 * check the scorer on their own data.
 *
 *     deno task score <folder or .jsonl> [--predictions <folder or .jsonl>] [--schema schema.json] [--json]
 *
 * A `schema.json` in the folder is used by default. Files and lines that cannot be used are left out
 * and listed. Exits 1 if nothing can be scored, and with `--strict` also if something was left out. A
 * bad score is never an error.
 */
import { join } from "node:path";
import { Presets, SingleBar } from "cli-progress";
import { Command } from "commander";
import { z } from "zod";
import { findRuleProblems, readRules } from "../supabase/functions/_shared/compare/field_rules.ts";
import {
  type JsonObject,
  jsonObjectSchema,
} from "../supabase/functions/_shared/platform/json/json_value.ts";
import { parseJson, writeJson } from "../supabase/functions/_shared/platform/json/lossless_json.ts";
import { type LeftOut, PairsError, readPairs } from "./score/read_pairs.ts";
import { type FolderScore, scorePairs } from "./score/score_pairs.ts";
import { print, printData, printError, renderTable } from "./support/terminal.ts";

const MOST_FIELDS = 15;
const MOST_DOCUMENTS = 10;
const MOST_LEFT_OUT = 50;
/** Longest name in a table, in characters, so that the table fits into 80 columns. */
const LONGEST_NAME = 42;

const limit = z.coerce.number().int().positive();
const optionsSchema = z.object({
  predictions: z.string().optional(),
  schema: z.string().optional(),
  json: z.boolean().default(false),
  strict: z.boolean().default(false),
  progress: z.boolean().default(Deno.stderr.isTerminal()),
  maxValues: limit,
  maxCharacters: limit,
  maxDepth: limit,
});

async function readSchema(folder: string, named: string | undefined): Promise<JsonObject | null> {
  const file = named ?? join(folder, "schema.json");
  const text = await Deno.readTextFile(file).catch((error: unknown) => {
    if (named === undefined) return null;
    throw new PairsError(
      `${file} cannot be read: ${error instanceof Error ? error.message : error}`,
    );
  });
  if (text === null) return null;
  const schema = jsonObjectSchema.safeParse(parseSchema(text, file));
  if (!schema.success) throw new PairsError(`${file} is not a JSON schema.`);
  const problems = findRuleProblems(schema.data);
  if (problems.length > 0) {
    throw new PairsError(
      problems.map(({ path, message }) => `${file}: ${path}: ${message}`).join("\n"),
    );
  }
  return schema.data;
}

function parseSchema(text: string, file: string): unknown {
  try {
    return parseJson(text);
  } catch {
    throw new PairsError(`${file} is not valid JSON.`);
  }
}

/** Reports progress on standard error: a bar in a terminal, otherwise one line per second. */
function createProgress(total: number): { done(count: number): void; stop(): void } {
  if (Deno.stderr.isTerminal()) {
    const bar = new SingleBar({
      format: "Scoring  {bar}  {value}/{total} documents",
      hideCursor: true,
      clearOnComplete: true,
    }, Presets.shades_classic);
    bar.start(total, 0);
    return { done: (count) => bar.update(count), stop: () => bar.stop() };
  }
  let saidAt = performance.now();
  return {
    done(count) {
      if (count < total && performance.now() - saidAt < 1_000) return;
      saidAt = performance.now();
      printError(`Scored ${count} of ${total} documents`);
    },
    stop() {},
  };
}

const NO_PROGRESS = { done() {}, stop() {} };

function showScore(score: FolderScore, leftOut: readonly LeftOut[]): void {
  const percent = (rate: number) => `${rate.toFixed(1)} %`;
  const count = score.documents.length;
  const of = [`${score.noAnswers} without an answer`];
  if (leftOut.length > 0) of.push(`${leftOut.length} left out`);
  print(`${count} ${count === 1 ? "document" : "documents"}, ${of.join(", ")}\n`);
  const { mean, relaxed, strict } = score;
  const rates: [string, number, number][] = [
    ["Accuracy, mean of documents", mean.accuracy, mean.strictAccuracy],
    ["Accuracy, all fields", relaxed.accuracy, strict.accuracy],
    ["Recall", relaxed.recall, strict.recall],
    ["Precision", relaxed.precision, strict.precision],
    ["F1", relaxed.f1, strict.f1],
  ];
  const rows = rates.map(([label, ...pair]) => [label, ...pair.map(percent)]);
  print(renderTable(["", "Relaxed", "Strict"], rows));
  print(`\nExact matches  ${score.exactMatches} of ${count}`);
  print(`Format only    ${score.formatOnly} fields`);
  print(`ANLS*          ${percent(mean.anls)}`);

  if (score.fields.length > 0) {
    const fields = score.fields.slice(0, MOST_FIELDS).map(({ field, errors, formatOnly }) => [
      shorten(field),
      errors,
      formatOnly,
    ]);
    print(`\n${renderTable(["Field", "Errors", "Format only"], fields)}`);
    sayMore(score.fields.length - MOST_FIELDS, "fields");
  }
  const worst = score.documents
    .filter(({ fieldAccuracy }) => fieldAccuracy < 100)
    .sort((one, other) => one.fieldAccuracy - other.fieldAccuracy);
  if (worst.length > 0) {
    const documents = worst.slice(0, MOST_DOCUMENTS)
      .map(({ name, fieldAccuracy, detail, hasAnswer }) => [
        hasAnswer ? shorten(name) : `${shorten(name)} (no answer)`,
        percent(fieldAccuracy),
        percent(detail.anls),
      ]);
    print(`\n${renderTable(["Document", "Accuracy", "ANLS*"], documents)}`);
    sayMore(worst.length - MOST_DOCUMENTS, "documents");
  }
  if (leftOut.length > 0) {
    print("\nLeft out:");
    for (const { place, reason } of leftOut.slice(0, MOST_LEFT_OUT)) {
      print(`  ${place}\n    ${reason}`);
    }
    sayMore(leftOut.length - MOST_LEFT_OUT, "files or lines");
  }
}

function sayMore(count: number, what: string): void {
  if (count > 0) print(`and ${count} more ${what}; --json lists all`);
}

/** Shortens a name to its end, which distinguishes it from others in its folder. */
function shorten(name: string): string {
  return name.length <= LONGEST_NAME ? name : `…${name.slice(1 - LONGEST_NAME)}`;
}

await new Command()
  .name("score")
  .argument("<path>", "folder of pairs, or a file of JSON Lines")
  .option("--predictions <path>", "predictions, if <path> contains only truths")
  .option("--schema <file>", "JSON schema with x-compare rules for its fields")
  .option("--json", "print everything as JSON")
  .option("--strict", "exit with 1 if something was left out")
  .option("--progress", "report progress even without a terminal")
  .option("--max-values <number>", "largest truth or prediction, in values", "1000000")
  .option("--max-characters <number>", "largest truth or prediction, in characters", "20000000")
  .option("--max-depth <number>", "deepest truth or prediction, in levels", "100")
  .action(async (path: string, given: unknown) => {
    try {
      await score(path, readOptions(given));
    } catch (error) {
      if (!(error instanceof PairsError)) throw error;
      printError(error.message);
      Deno.exitCode = 1;
    }
  })
  .parseAsync(Deno.args, { from: "user" });

function readOptions(given: unknown): z.output<typeof optionsSchema> {
  const options = optionsSchema.safeParse(given);
  if (options.success) return options.data;
  const [issue] = options.error.issues;
  throw new PairsError(`${String(issue?.path[0])} must be a positive whole number.`);
}

async function score(path: string, options: z.output<typeof optionsSchema>): Promise<void> {
  const schema = await readSchema(path, options.schema);
  const { pairs, leftOut } = await readPairs(path, {
    predictions: options.predictions,
    schema: schema ?? undefined,
    limits: {
      nodes: options.maxValues,
      characters: options.maxCharacters,
      depth: options.maxDepth,
    },
  });
  const progress = options.progress ? createProgress(pairs.length) : NO_PROGRESS;
  const scored = scorePairs(pairs, readRules(schema ?? {}), progress.done);
  progress.stop();
  if (options.json) printData(writeJson({ ...scored, leftOut }, 2));
  else showScore(scored, leftOut);
  if (options.strict && leftOut.length > 0) Deno.exitCode = 1;
}
