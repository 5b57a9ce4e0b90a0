import { stringify } from "csv-stringify/sync";
import { markdownTable } from "markdown-table";
import { writeJson } from "../platform/json/lossless_json.ts";
import {
  type CellComparison,
  comparePromptRuns,
  pairRows,
  type RunComparison,
} from "./compare_prompt_runs.ts";
import { escapeMarkdown, type ExportFormat, formatMs, formatUsd } from "./export_formats.ts";
import type { ComparedRun } from "./prompt_run.ts";

const VERDICTS: Readonly<Record<RunComparison["verdict"], string>> = {
  better: "The later run is better.",
  worse: "The later run is worse.",
  indistinguishable: "The runs cannot be told apart on these rows.",
  too_few_rows: "There are too few rows to tell the runs apart.",
};

/**
 * Exports the comparison of two runs as text. JSON is a {@link RunComparison}. CSV has one row for each
 * row of the dataset that both runs graded, the worst change first. Markdown is for people.
 *
 * @throws {Problem} `prompt_runs.not_comparable` if the runs have different datasets
 */
export function exportComparison(
  format: ExportFormat,
  before: ComparedRun,
  after: ComparedRun,
): string {
  const comparison = comparePromptRuns(before, after);
  if (format === "json") return writeJson(comparison);
  return format === "csv" ? writeCsv(before, after) : writeMarkdown(comparison);
}

function writeCsv(before: ComparedRun, after: ComparedRun): string {
  const rows = pairRows(before.cells, after.cells)
    .map((pair) => ({ ...pair, difference: pair.after - pair.before }))
    .toSorted((one, other) => one.difference - other.difference);
  return stringify(rows, {
    header: true,
    columns: [
      { key: "row_index", header: "row" },
      { key: "before", header: "score_before" },
      { key: "after", header: "score_after" },
      { key: "difference" },
    ],
    record_delimiter: "windows",
  });
}

function writeMarkdown(comparison: RunComparison): string {
  const { runs, models, agreement } = comparison;
  const nameOf = ({ prompt_name, prompt_version }: ComparedRun["run"]) =>
    `${escapeMarkdown(prompt_name)}, version ${prompt_version}`;
  const table = markdownTable([
    [
      ...["", "Score before", "after", "Difference", "p", "Better", "Worse", "Unchanged"],
      ...["Tokens", "Cost", "p50", "p95", "Verdict"],
    ],
    ...models.map((model) => [
      escapeMarkdown(model.label),
      ...cellsOf(model, model.adjusted_p_value),
    ]),
    ["All models", ...cellsOf(comparison, comparison.p_value)],
  ], { align: ["l", ..."r".repeat(11), "l"] });
  const graders = Object.entries(agreement).flatMap(([side, { cells, agreement, kappa }]) =>
    agreement === null ? [] : [
      `Grader and human agree on ${Math.round(agreement * cells)} of ${cells} answers ${side}` +
      (kappa === null ? "." : `, kappa ${kappa.toFixed(2)}.`),
    ]
  );
  return [
    `# ${nameOf(runs.before)} → ${nameOf(runs.after)}`,
    `${VERDICTS[comparison.verdict]} ${comparison.rows} rows were compared.`,
    table,
    "Difference: mean over the rows and 95 % interval; p of a permutation test, of models after Holm.",
    ...graders,
    "",
  ].join("\n\n");
}

function cellsOf(
  { before, after, ...compared }: CellComparison,
  p: number | null,
): string[] {
  const { difference, interval } = compared;
  return [
    formatScore(before.mean_score),
    formatScore(after.mean_score),
    interval === null
      ? formatScore(difference)
      : `${formatScore(difference)} [${formatScore(interval.low)}, ${formatScore(interval.high)}]`,
    p === null ? "–" : p < 0.001 ? "< 0.001" : p.toFixed(3),
    String(compared.better),
    String(compared.worse),
    String(compared.unchanged),
    `${before.tokens} → ${after.tokens}`,
    `${formatUsd(before.cost_usd)} → ${formatUsd(after.cost_usd)}`,
    `${formatMs(before.latency_p50_ms)} → ${formatMs(after.latency_p50_ms)}`,
    `${formatMs(before.latency_p95_ms)} → ${formatMs(after.latency_p95_ms)}`,
    compared.verdict.replaceAll("_", " "),
  ];
}

function formatScore(score: number | null): string {
  return score === null ? "–" : score.toFixed(3);
}
