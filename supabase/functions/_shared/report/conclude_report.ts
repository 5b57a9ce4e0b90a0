import type { ReportRun } from "./report_run.ts";
import type { ReportConclusion } from "./report_summary.ts";
import { type ReportRow, transformRunsToReport } from "./transform_runs_to_report.ts";

/**
 * Returns the conclusion of a report whose runs have all ended. It is complete if at least one run
 * completed without being rejected. Otherwise it has failed, with the most frequent error of its
 * runs: if every model rejected the request, the prompt, the schema or the images are at fault.
 */
export function concludeReport(
  { reportId, snapshot }: {
    readonly reportId: string;
    readonly snapshot: ReportRow["config_snapshot"];
  },
  runs: readonly ReportRun[],
): ReportConclusion {
  const { recommendedModelId, rationale, ...summary } = transformRunsToReport(
    { id: reportId, config_snapshot: snapshot },
    runs,
  );
  if (runs.some(({ status, error_kind }) => status === "complete" && error_kind !== "rejected")) {
    return { status: "complete", recommendedModelId, rationale, summary, error: null };
  }
  const error = commonest(runs.map(({ error_message }) => error_message)) ??
    summary.noRecommendation?.text ?? "No run was completed.";
  return { status: "failed", recommendedModelId: null, rationale: null, summary, error };
}

function commonest(messages: readonly (string | null)[]): string | null {
  const alike = Map.groupBy(messages.filter((message) => message !== null), (message) => message);
  return [...alike.values()].sort((one, other) => other.length - one.length)[0]?.[0] ?? null;
}
