import { fileURLToPath } from "node:url";
import { type EvaluationResult, keepResult, resultsSchema, writePage } from "./report.ts";

const DOCS = new URL("../../docs/", import.meta.url);
/** Last result of each model. */
export const RESULTS_FILE = fileURLToPath(new URL("chat-eval.json", DOCS));
/** Page that is written from the results. */
export const PAGE_FILE = fileURLToPath(new URL("chat-eval.md", DOCS));

/** Puts a result in place of the last one of the same model, and writes the page again. */
export async function keepFile(result: EvaluationResult): Promise<void> {
  const kept = resultsSchema.parse(JSON.parse(await Deno.readTextFile(RESULTS_FILE)));
  const results = keepResult(kept, result);
  await Deno.writeTextFile(RESULTS_FILE, JSON.stringify(results));
  await Deno.writeTextFile(PAGE_FILE, writePage(results));
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", RESULTS_FILE, PAGE_FILE] })
    .output();
}
