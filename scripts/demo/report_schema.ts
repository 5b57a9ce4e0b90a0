import { z } from "zod";

const figure = z.number().nullable();
const pick = z.object({ modelId: z.string(), text: z.string() }).nullable();
const interval = z.object({ low: z.number(), high: z.number() }).nullable();

/** A row of `reports` that has ended, as far as the demo prints it. */
export const finishedReportSchema = z.object({
  status: z.string(),
  share_token: z.string(),
  recommended_model: z.string().nullable(),
  rationale: z.string().nullable(),
  total_api_cost: z.coerce.number().nullable(),
  partial_reason: z.string().nullable(),
  error: z.string().nullable(),
  summary: z.object({
    models: z.array(z.object({
      modelId: z.string(),
      modelName: z.string(),
      accuracy: figure,
      accuracyInterval: interval,
      costPerRun: figure,
      medianLatency: figure,
      p95Latency: figure,
      p95FromFewCalls: z.boolean(),
      runsCompleted: z.number(),
      runsAttempted: z.number(),
      runsLostToOutages: z.number(),
      runsCutByLimit: z.number(),
      reasoningTokens: figure,
      stoppedAfterImages: figure,
      standing: z.string(),
    })),
    goodEnough: z.string(),
    picks: z.object({ mostAccurate: pick, cheapestGoodEnough: pick, fastestGoodEnough: pick }),
    race: z.object({ savedCalls: z.number(), allCalls: z.number(), savedUsd: z.number() })
      .nullable(),
    reason: z.string().nullable(),
    higherAccuracy: z.object({ text: z.string() }).nullable(),
    caution: z.object({ text: z.string() }).nullable(),
    noRecommendation: z.object({ text: z.string() }).nullable(),
    outlook: z.object({ text: z.string() }).nullable(),
    fieldErrors: z.array(z.object({
      fieldPath: z.string(),
      expected: z.unknown().optional(),
      actual: z.unknown().optional(),
      formatOnly: z.boolean().default(false),
      occurrences: z.number(),
      percentage: z.number(),
    })),
  }).nullable(),
});
export type FinishedReport = z.infer<typeof finishedReportSchema>;
