import { stringify } from "csv-stringify/sync";
import { markdownTable } from "markdown-table";
import { writeJson } from "../platform/json/lossless_json.ts";
import {
  escapeMarkdown as escape,
  type ExportFormat,
  formatMs,
  formatUsd,
} from "./export_formats.ts";
import type { RunCell, RunModelTotals, RunPage } from "./prompt_run.ts";

/** Columns of an export, each with its field of a cell. A model is shown by its label. */
const COLUMNS = {
  cell_id: "id",
  model: "run_model_id",
  row: "row_index",
  repeat: "repeat",
  status: "status",
  output: "output_text",
  answer_ending: "answer_ending",
  error: "error_text",
  score: "grade_score",
  reason: "grade_reason",
  graded_by: "graded_by",
  grader_score: "grader_score",
  grader_error: "grader_error",
  human_score: "human_score",
  latency_ms: "latency_ms",
  tokens_in: "tokens_in",
  tokens_out: "tokens_out",
  cost_usd: "cost_usd",
  grader_cost_usd: "grader_cost_usd",
  cached: "is_cached",
} as const satisfies Record<string, keyof RunCell>;

/** Longest answer in a Markdown table. */
const MAX_SHOWN_CHARACTERS = 200;

/**
 * Exports a run as text, page by page, with one row per cell. Rows and repeats are counted from 0. CSV
 * is RFC 4180 in UTF-8 without a byte order mark, and escapes what a spreadsheet would run as a formula.
 */
export async function* exportPromptRun(
  format: ExportFormat,
  pages: AsyncIterable<RunPage>,
): AsyncGenerator<string> {
  let isFirst = true;
  for await (const page of pages) {
    const labels = new Map(page.models.map(({ id, label }) => [id, label]));
    const rows = page.cells.map((cell) => toRow(cell, labels.get(cell.run_model_id) ?? ""));
    if (format === "csv") yield writeCsv(rows, isFirst);
    else if (format === "json") yield writePage(page, rows, isFirst);
    else yield writeMarkdown(page, rows, isFirst);
    isFirst = false;
  }
  if (format === "json") yield "]}\n";
}

type Row = Readonly<Record<keyof typeof COLUMNS, string | number | boolean | null>>;

function toRow(cell: RunCell, model: string): Row {
  const fields = Object.entries(COLUMNS).map(([column, field]) => [column, cell[field]]);
  return { ...Object.fromEntries(fields), model };
}

function writeCsv(rows: readonly Row[], isFirst: boolean): string {
  return stringify([...rows], {
    header: isFirst,
    columns: Object.keys(COLUMNS),
    record_delimiter: "windows",
    // A model's answer must not run as a formula in the spreadsheet that opens the file.
    escape_formulas: true,
    cast: { boolean: String },
  });
}

function writePage(page: RunPage, rows: readonly Row[], isFirst: boolean): string {
  const cells = rows.map((row) => writeJson(row)).join(",\n");
  if (!isFirst) return cells === "" ? "" : `,\n${cells}`;
  const { run, models } = page;
  return `{"run": ${writeJson(run)},\n"models": ${writeJson(models)},\n"cells": [${cells}`;
}

function writeMarkdown(page: RunPage, rows: readonly Row[], isFirst: boolean): string {
  const table = markdownTable([
    ["Row", "Repeat", "Model", "Status", "Score", "Answer or error"],
    ...rows.map((row) => [
      String(row.row ?? "–"),
      String(row.repeat),
      escape(String(row.model)),
      row.answer_ending === "length" ? `${row.status}, cut off` : String(row.status),
      row.score === null ? "–" : Number(row.score).toFixed(2),
      escape(shorten(String(row.output ?? row.error ?? row.grader_error ?? ""))),
    ]),
  ]).split("\n");
  // Later pages continue the table of the first one.
  if (!isFirst) return table.slice(2).map((line) => `\n${line}`).join("");
  const { run, models } = page;
  const parts = [
    `# ${escape(run.name === "" ? `Run ${run.id}` : run.name)}`,
    `${run.status}, ${run.cell_count} calls, ${formatUsd(run.spent_usd)} spent.` +
    (run.error === null ? "" : ` ${escape(run.error)}`),
    markdownTable([
      ["Model", "Answered", "Cut off", "Failed", "Mean score", "Tokens", "Cost", "p50", "p95"],
      ...models.map(toTotals),
    ], { align: ["l", "r", "r", "r", "r", "r", "r", "r", "r"] }),
    table.join("\n"),
  ];
  return parts.join("\n\n");
}

function toTotals(model: RunModelTotals): string[] {
  return [
    escape(model.label),
    String(model.cells.complete),
    String(model.cut_off),
    String(model.cells.failed),
    model.mean_score === null ? "–" : model.mean_score.toFixed(3),
    String(model.tokens_in + model.tokens_out),
    formatUsd(model.cost_usd),
    formatMs(model.latency_p50_ms),
    formatMs(model.latency_p95_ms),
  ];
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > MAX_SHOWN_CHARACTERS ? `${line.slice(0, MAX_SHOWN_CHARACTERS)}…` : line;
}
