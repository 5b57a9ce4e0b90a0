import assert from "node:assert/strict";
import type { EvaluatedCase, Outcome } from "./evaluate.ts";
import { PAGE_FILE, RESULTS_FILE } from "./keep_file.ts";
import {
  accuracyOf,
  keepResult,
  printResult,
  resultsSchema,
  summarize,
  writePage,
} from "./report.ts";

const LUNA = {
  model: "openai/gpt-6-luna",
  provider: "openai",
  date: "2026-12-01",
  is_simulated: false,
};
const SIMULATED = { ...LUNA, model: "simulated", provider: "simulated", is_simulated: true };

function evaluated(area: string, outcome: Outcome, more: Partial<EvaluatedCase> = {}) {
  const fault = outcome === "right" ? null : "another result";
  const cost = { repairs: 0, milliseconds: 100, costUsd: 0.01 };
  return { area, kind: "join", question: "?", outcome, fault, ...cost, ...more } as const;
}

const CASES = [
  evaluated("tests", "right", { milliseconds: 300 }),
  evaluated("tests", "refused", { repairs: 2 }),
  evaluated("tests", "timed_out", { milliseconds: 900, repairs: 1 }),
  evaluated("prompts", "right", { kind: "gap", milliseconds: 200 }),
  evaluated("prompts", "unavailable", { costUsd: null, milliseconds: 60_000 }),
];

/** Returns a text without the white space and the lines of tables that `deno fmt` may change. */
function bare(text: string): string {
  return text.replace(/[\s|:-]+/g, " ").trim();
}

Deno.test("accuracy is counted by area and by kind, without questions that the provider did not answer", () => {
  const result = summarize(CASES, LUNA);
  assert.deepEqual(result.shares, [
    { name: "tests", right: 1, questions: 3 },
    { name: "prompts", right: 1, questions: 1 },
    { name: "joins", right: 1, questions: 3 },
    { name: "gaps", right: 1, questions: 1 },
    { name: "all questions", right: 2, questions: 4 },
  ]);
  assert.equal(accuracyOf(result), 50);
  assert.deepEqual(result.outcomes, { refused: 1, timed_out: 1 });
  assert.equal(result.repaired, 2);
  assert.equal(result.median_ms, 250);
  assert.equal(result.cost_usd, 0.04);
});

Deno.test("the cost is unknown as soon as that of one question is", () => {
  const result = summarize([...CASES, evaluated("tests", "wrong", { costUsd: null })], LUNA);
  assert.equal(result.cost_usd, null);
  assert.match(printResult(result, 80), /Cost unknown/);
});

Deno.test("the page has accuracy with intervals, refusals, cost and latency of a model", () => {
  const page = bare(writePage([summarize(CASES, LUNA)]));
  assert.match(page, /openai\/gpt 6 luna \(openai\), 2026 12 01/);
  // Wilson's interval of 2 of 4.
  assert.match(page, /all questions 4 2 50\.0 15\.0 to 85\.0/);
  assert.match(page, /1 refused by the gate, 1 timed out\./);
  assert.match(page, /Cost \$0\.0400, \$0\.010 a question; median 250 ms/);
});

Deno.test("the simulated model's run is shown as a check of the harness and never beside models", () => {
  const simulated = summarize(CASES, SIMULATED);
  const page = writePage([summarize(CASES, LUNA), simulated]);
  const [models = "", check = ""] = page.split("## Check of the harness");
  assert.doesNotMatch(models, /simulated/);
  assert.match(check, /nothing about any model\.\n\n2026-12-01: 2 of 4 questions\./);
  assert.match(writePage([simulated]), /Only the simulated model has been run/);
  assert.equal(simulated.cost_usd, null);
  assert.match(printResult(simulated, 80), /measure no model/);
});

Deno.test("a model's new result takes the place of its last one, and the better model comes first", () => {
  const [good, bad] = [summarize(CASES.slice(0, 1), LUNA), summarize(CASES.slice(1, 2), LUNA)];
  const other = summarize(CASES, { ...LUNA, model: "other" });
  assert.deepEqual(keepResult([bad, other], good), [good, other]);
  assert.deepEqual(keepResult([good, other], bad), [other, bad]);
});

Deno.test("the page in docs is the one that its results give", async () => {
  const results = resultsSchema.parse(JSON.parse(await Deno.readTextFile(RESULTS_FILE)));
  assert.equal(bare(await Deno.readTextFile(PAGE_FILE)), bare(writePage(results)));
});
