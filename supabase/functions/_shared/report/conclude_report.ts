import type { ConfigSnapshot } from "../benchmark/config.ts";
import { generateRationale } from "./generate_rationale.ts";
import { recommendModel } from "./recommend_model.ts";
import type { ReportConclusion, ReportRun, ReportSummary } from "./report_types.ts";
import { getModelFieldErrors, summarizeRuns } from "./summarize_runs.ts";

const MOST_FIELD_ERRORS = 20;

/** A report with a single completed run is complete; one with none has failed, with the reason. */
export function concludeReport(
  { models, images, priorities }: Pick<ConfigSnapshot, "models" | "images" | "priorities">,
  runs: readonly ReportRun[],
): ReportConclusion {
  const summaries = summarizeRuns(models, runs);
  const completed = runs.filter(({ status }) => status === "complete");
  const summary: ReportSummary = {
    models: summaries,
    fieldErrors: getModelFieldErrors(completed).slice(0, MOST_FIELD_ERRORS),
    imageCount: images.length,
    modelCount: models.length,
  };
  if (completed.length === 0) {
    const error = commonest(runs.map(({ error_message }) => error_message)) ??
      "No run was completed.";
    return { status: "failed", recommendedModelId: null, rationale: null, summary, error };
  }
  const recommended = recommendModel(summaries, priorities);
  return {
    status: "complete",
    recommendedModelId: recommended?.modelId ?? null,
    rationale: recommended && generateRationale(recommended, summaries, priorities),
    summary,
    error: null,
  };
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
