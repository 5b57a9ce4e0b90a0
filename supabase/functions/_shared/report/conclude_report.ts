import type { ReportConclusion, ReportRow, ReportRun } from "./report_types.ts";
import { transformRunsToReport } from "./transform_runs_to_report.ts";

/**
 * A report with a single completed run is complete; one with none has failed, with the reason. So has
 * one in which every model rejected what it was sent: then prompt, schema or images are at fault.
 */
export function concludeReport(
  { reportId, snapshot }: {
    readonly reportId: string;
    readonly snapshot: ReportRow["config_snapshot"];
  },
  runs: readonly ReportRun[],
): ReportConclusion {
  const row: ReportRow = {
    id: reportId,
    config_snapshot: snapshot,
    recommended_model: null,
    rationale: null,
    total_api_cost: null,
    started_at: null,
    completed_at: null,
  };
  const {
    recommendedModelId,
    rationale,
    // Of the row, not of the summary.
    totalApiCost: _cost,
    priorities: _priorities,
    startedAt: _started,
    completedAt: _completed,
    ...summary
  } = transformRunsToReport(row, runs);
  if (runs.some(({ status, error_kind }) => status === "complete" && error_kind !== "rejected")) {
    return { status: "complete", recommendedModelId, rationale, summary, error: null };
  }
  const error = commonest(runs.map(({ error_message }) => error_message)) ??
    summary.noRecommendation?.text ?? "No run was completed.";
  return { status: "failed", recommendedModelId: null, rationale: null, summary, error };
}

function commonest(messages: readonly (string | null)[]): string | null {
  const counts = new Map<string, number>();
  for (const message of messages) {
    if (message !== null) counts.set(message, (counts.get(message) ?? 0) + 1);
  }
  let [found, most]: [string | null, number] = [null, 0];
  for (const [message, count] of counts) if (count > most) [found, most] = [message, count];
  return found;
}
