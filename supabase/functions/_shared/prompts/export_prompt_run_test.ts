import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import type { ExportFormat } from "./export_formats.ts";
import { exportPromptRun } from "./export_prompt_run.ts";
import type { RunCell, RunPage } from "./prompt_run.ts";

const MODEL = "22222222-2a4b-4c8d-9e10-5b6a7c8d9e0f";

function makeCell(id: number, output_text: string): RunCell {
  return {
    id,
    run_model_id: MODEL,
    row_index: id,
    repeat: 0,
    status: "complete",
    output_text,
    answer_ending: id === 1 ? "length" : "stop",
    error_text: null,
    latency_ms: 5,
    tokens_in: 1,
    tokens_out: 1,
    tokens_cached: 0,
    cost_usd: 0.001,
    is_cached: false,
    attempts: 1,
    grade_score: 1,
    grade_reason: null,
    graded_by: "grader",
    grader_score: 1,
    grader_reason: null,
    grader_error: null,
    grader_cost_usd: null,
    human_score: null,
    human_reason: null,
    started_at: null,
    completed_at: null,
  };
}

function makePage(cells: RunCell[]): RunPage {
  return {
    run: {
      id: "11111111-2a4b-4c8d-9e10-5b6a7c8d9e0f",
      name: "A | run",
      status: "complete",
      error: null,
      prompt_version_id: MODEL,
      dataset_id: null,
      grader_version_id: null,
      grader: null,
      parameters: {},
      repeats: 1,
      use_cache: false,
      cell_count: 3,
      estimated_cost_usd: null,
      cost_ceiling_usd: 7,
      spent_usd: 0.003,
      written_off_usd: 0,
      created_at: "2026-11-21T20:00:00Z",
      started_at: null,
      completed_at: null,
    },
    models: [{
      id: MODEL,
      label: "=model",
      provider: "groq",
      model: "small",
      cells: { queued: 0, running: 0, complete: 3, failed: 0, skipped: 0, cancelled: 0 },
      cut_off: 1,
      cached: 0,
      graded: 3,
      overridden: 0,
      grader_failures: 0,
      mean_score: 1,
      tokens_in: 3,
      tokens_out: 3,
      tokens_cached: 0,
      cost_usd: 0.003,
      grader_cost_usd: 0,
      latency_p50_ms: 5,
      latency_p95_ms: 5,
    }],
    cells,
  };
}

const OUTPUTS = ["=cmd()", 'two\nlines, "quoted"', "<b>|</b>"];

async function write(format: ExportFormat, perPage: number): Promise<string> {
  const cells = OUTPUTS.map((output, index) => makeCell(index + 1, output));
  const pages = async function* () {
    for (let at = 0; at <= cells.length; at += perPage) {
      yield await Promise.resolve(makePage(cells.slice(at, at + perPage)));
    }
  };
  return (await Array.fromAsync(exportPromptRun(format, pages()))).join("");
}

Deno.test("an export is the same text whatever the page size, an empty last page included", async () => {
  for (const format of ["csv", "json", "md"] as const) {
    const whole = await write(format, 10);
    for (const perPage of [1, 2, 3]) {
      const paged = await write(format, perPage);
      if (format === "json") assert.deepEqual(JSON.parse(paged), JSON.parse(whole));
      else if (format === "csv") assert.equal(paged, whole);
      // The width of Markdown's columns is that of a page's widest cell.
      else assert.equal(paged.replace(/[ -]+/g, " "), whole.replace(/[ -]+/g, " "));
    }
  }
});

Deno.test("CSV reads back as the answers, with a quote before what would be a formula", async () => {
  const rows: Record<string, string>[] = parse(await write("csv", 2), { columns: true });
  assert.deepEqual(rows.map(({ output }) => output), ["'=cmd()", ...OUTPUTS.slice(1)]);
  assert.deepEqual(rows.map(({ model }) => model), ["'=model", "'=model", "'=model"]);
});

Deno.test("in Markdown a model's answer makes no tag and ends no cell", async () => {
  const text = await write("md", 2);
  assert.match(text, /\\<b\\>\\\|\\<\/b\\>/);
  assert.match(text, /^# A \\\| run$/m);
  assert.equal(text.match(/complete, cut off/g)?.length, 1);
});
