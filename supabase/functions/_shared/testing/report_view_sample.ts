import { type ReportView, reportViewSchema } from "../report/report_view.ts";

/** The id of {@link sampleView}'s report. */
export const SAMPLE_REPORT = "0a8f5a0e-5c0b-4a39-8d1e-6a4f5f0c1d11";

/** A finished report of one model, one image and one run, with `changes` to its row. */
export function sampleView(
  changes: Record<string, unknown> = {},
  output: unknown = { total: 2 },
): ReportView {
  return reportViewSchema.parse({
    report: {
      id: SAMPLE_REPORT,
      status: "complete",
      recommended_model: "acme/large",
      rationale: "Large achieved 98% field accuracy.",
      summary: {
        models: [{
          modelId: "acme/large",
          modelName: "Large",
          provider: "Acme",
          tier: "mid",
          accuracy: 98,
          exactMatchRate: 50,
          costPerRun: 0.002,
          medianLatency: 900,
          p95Latency: 1200,
          spread: 2,
          runsCompleted: 2,
          runsAttempted: 2,
        }],
      },
      model_count: 1,
      partial: false,
      partial_reason: null,
      error: null,
      total_api_cost: 0.004,
      completed_at: "2026-11-21T10:00:00Z",
      ...changes,
    },
    runs: [{
      model_id: "acme/large",
      image_index: 0,
      repeat_index: 0,
      status: "complete",
      is_valid_json: true,
      exact_match: false,
      field_accuracy: 96,
      field_errors: [{ fieldPath: "total", expected: 1, actual: 2 }],
      output_json: output,
      response_time_ms: 900,
      input_tokens: 10,
      output_tokens: 5,
      cached_tokens: 0,
      actual_cost: 0.002,
      error_message: null,
      skip_reason: null,
    }],
    revision: 1,
    scorer_version: 1,
    revisions: [{
      revision: 1,
      status: "complete",
      scorer_version: 1,
      created_at: "2026-11-21T10:00:00Z",
      completed_at: "2026-11-21T10:00:00Z",
      error: null,
    }],
    run_count: 1,
    models: [{ id: "acme/large", name: "Large", provider: "Acme", tier: "mid" }],
    priorities: ["accuracy", "cost", "speed"],
    image_count: 1,
    order: null,
  });
}
