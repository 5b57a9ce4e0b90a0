import type { ReportRun } from "./report_run.ts";
import type { ReportConclusion, ReportSummary } from "./report_summary.ts";
import { type ReportRow, transformRunsToReport } from "./transform_runs_to_report.ts";

/** Reasons why runs have no answer that are neither the model's nor the customer's. */
const TROUBLES: ReadonlySet<string> = new Set(["no_access", "outage", "unavailable"]);

/**
 * Returns the conclusion of a report whose runs have all ended. It has failed if no model was
 * measured, or if our or a provider's trouble left no model with half of the images. Its error is
 * for the customer: the most frequent one of its runs, since if every model rejected the request,
 * the prompt, the schema or the images are at fault; but of trouble with a provider or our account
 * only that it was there.
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
  const error = explainFailure(runs, summary);
  return error === null
    ? { status: "complete", recommendedModelId, rationale, summary, error }
    : { status: "failed", recommendedModelId: null, rationale: null, summary, error };
}

/** Returns why a report has failed; null if it has not. */
function explainFailure(
  runs: readonly ReportRun[],
  { noRecommendation, models, imageCount }: ReportSummary,
): string | null {
  if (noRecommendation?.code === "nothing_measured") {
    const messages = runs.map(({ error_kind, error_message }) =>
      TROUBLES.has(error_kind ?? "") ? null : error_message
    );
    return commonest(messages) ?? noRecommendation.text;
  }
  const lost = runs.filter(({ status, error_kind }) =>
    status === "failed" && TROUBLES.has(error_kind ?? "")
  );
  // A race that is decided reads the other images with no model.
  const isDecided = runs.some(({ skip_reason }) => skip_reason === "race_won");
  const most = Math.max(0, ...models.map(({ imagesCompleted }) => imagesCompleted));
  if (lost.length === 0 || isDecided || 2 * most >= imageCount) return null;
  return `Too little was measured for an answer: ${
    most === 1 ? "1 image was" : `${most} images were`
  } read of ${imageCount}, since providers of the models were down or did not accept our account ` +
    "for too long.";
}

function commonest(messages: readonly (string | null)[]): string | null {
  const alike = Map.groupBy(messages.filter((message) => message !== null), (message) => message);
  return [...alike.values()].sort((one, other) => other.length - one.length)[0]?.[0] ?? null;
}
