import { markdownTable } from "markdown-table";
import { countTests } from "./count_tests.ts";
import type { ParsedReport, ParsedResult } from "./report_model.ts";

const MOST_FAILURES = 200;

/** Writes a run's totals and failures as Markdown with GitHub's tables. */
export function writeResultsMarkdown(report: ParsedReport): string {
  const counts = countTests(report.results);
  const ran = counts.passed + counts.failed;
  const failures = report.results.filter(({ status, is_counted }) =>
    is_counted && (status === "FAIL" || status === "ERROR")
  );
  const parts = [
    `# ${escape(report.suite ?? "Test run")}`,
    [
      report.run_timestamp,
      report.branch_name === null ? null : `branch ${escape(report.branch_name)}`,
      report.commit_hash === null ? null : `commit ${escape(report.commit_hash)}`,
    ].filter((part) => part !== null).join(", "),
    markdownTable([
      ["Tests", "Passed", "Failed", "Skipped", "Pass rate", "Seconds"],
      [
        counts.total,
        counts.passed,
        counts.failed,
        counts.skipped,
        ran === 0 ? "–" : `${(counts.passed / ran * 100).toFixed(2)} %`,
        counts.seconds.toFixed(3),
      ].map(String),
    ], { align: ["r", "r", "r", "r", "r", "r"] }),
    failures.length === 0 ? "Nothing failed." : markdownTable([
      ["Failed", "Class", "Status", "Seconds", "Why"],
      ...failures.slice(0, MOST_FAILURES).map(toRow),
    ], { align: ["l", "l", "l", "r", "l"] }),
    failures.length > MOST_FAILURES ? `And ${failures.length - MOST_FAILURES} more.` : "",
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function toRow(result: ParsedResult): string[] {
  const names = [result.tool_name, result.variation, result.provider, result.model];
  return [
    escape(names.filter((name) => name !== "").join(" · ")),
    escape(result.class_name),
    result.status,
    result.duration_secs?.toFixed(3) ?? "–",
    escape((result.error_message ?? "").split("\n", 1)[0]?.slice(0, 200) ?? ""),
  ];
}

/** Escapes Markdown, so that the text stays plain in a table cell. */
function escape(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\`*_{}[\]<>#|!~]/g, "\\$&");
}
