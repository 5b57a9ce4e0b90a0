import { z } from "zod";
import { notFound } from "../../_shared/platform/http/problem.ts";
import type { ReportModel } from "../../_shared/report/model_summary.ts";
import { listModels, type ReportView } from "../../_shared/report/report_view.ts";
import type { ReportViews } from "../../_shared/report/store.ts";
import { writeReportMarkdown } from "../../_shared/report/write_report_markdown.ts";
import { READS_ONLY, type Tool } from "../tool.ts";

const MAX_MISTAKES = 20;

const figure = z.number().nullable();
const text = z.string().nullable();
const input = z.strictObject({ report_id: z.guid() });
const output = z.object({
  report_id: z.string(),
  status: z.string(),
  recommended_model: text,
  rationale: text,
  caution: text.describe("Reason not to rely on the figures, if there is one."),
  error: text,
  image_count: z.number(),
  run_count: z.number(),
  cost_usd: figure,
  created_at: z.string(),
  completed_at: text,
  models: z.array(z.object({
    model: z.string(),
    name: z.string(),
    provider: z.string(),
    standing: text.describe("Beside the most accurate model, such as good_enough or worse."),
    accuracy_percent: figure.describe("Mean field accuracy."),
    accuracy_interval: z.object({ low: z.number(), high: z.number() }).nullable()
      .describe("95 % confidence."),
    exact_match_percent: figure,
    cost_per_run_usd: figure,
    median_latency_ms: figure,
    p95_latency_ms: figure,
    runs_completed: z.number(),
    runs_attempted: z.number(),
    not_measured_because: text,
  })).describe("The most accurate first. Figures are null until the report has ended."),
  mistakes: z.array(z.object({
    model: z.string(),
    field: z.string(),
    runs: z.number().describe("Runs of the model in which the field is wrong."),
    percent: z.number(),
  })).describe(`The fields that models most often get wrong, at most ${MAX_MISTAKES}.`),
});

/** Creates the tool that shows one report to its owner. */
export function createGetReport(
  reports: Pick<ReportViews, "view">,
): Tool<typeof input, typeof output> {
  return {
    name: "get_report",
    title: "Read a benchmark report",
    description:
      "Shows one of the user's reports: recommendation with its reasons, each model's accuracy, cost and time, and where models err.",
    input,
    output,
    annotations: READS_ONLY,
    run: async ({ report_id: reportId }, { member }) => {
      const viewer = { reportId, ownerId: member.accountId };
      const view = await reports.view(viewer, { withRuns: false, revision: null });
      if (view === null) throw notFound("The report");
      return { output: describeReport(view), text: writeReportMarkdown(view) };
    },
  };
}

function describeReport(view: ReportView): z.output<typeof output> {
  const { report, image_count, run_count } = view;
  const { status, recommended_model, rationale, error, created_at, completed_at } = report;
  return {
    report_id: report.id,
    ...{ status, recommended_model, rationale },
    caution: report.summary?.caution?.text ?? null,
    ...{ error, image_count, run_count },
    cost_usd: report.total_api_cost,
    ...{ created_at, completed_at },
    models: listModels(view).map(describeModel),
    mistakes: (report.summary?.errorPatterns ?? []).slice(0, MAX_MISTAKES)
      .map(({ modelId, fieldPath, occurrences, percentage }) => ({
        model: modelId,
        field: fieldPath,
        runs: occurrences,
        percent: percentage,
      })),
  };
}

function describeModel(model: ReportModel): z.output<typeof output>["models"][number] {
  return {
    model: model.modelId,
    name: model.modelName,
    provider: model.provider,
    standing: model.standing,
    accuracy_percent: model.accuracy,
    accuracy_interval: model.accuracyInterval,
    exact_match_percent: model.exactMatchRate,
    cost_per_run_usd: model.costPerRun,
    median_latency_ms: model.medianLatency,
    p95_latency_ms: model.p95Latency,
    runs_completed: model.runsCompleted,
    runs_attempted: model.runsAttempted,
    not_measured_because: model.notMeasuredBecause,
  };
}
