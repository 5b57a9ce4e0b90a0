import { z } from "zod";
import { type Database, query } from "../../platform/database.ts";
import { jsonWithin } from "../../platform/json/json_value.ts";
import { REPORT_LIMITS } from "../formats/report_model.ts";

const text = z.string().nullable();
const number = z.number().nullable();
const remarks = z.array(z.string());

/** A review as it is stored. A review imported from a file may lack a score and a confidence. */
const storedReviewSchema = z.object({
  /** 1–10. */
  quality_score: number,
  strengths: remarks,
  weaknesses: remarks,
  anomalies: remarks,
  recommendations: remarks,
  confidence_level: z.enum(["high", "medium", "low"]).nullable(),
  /** The model's JSON, or its text if that could not be read. */
  raw_observation: jsonWithin(REPORT_LIMITS),
  is_malformed: z.boolean(),
});

/** A result with its review: columns of `test_results`. */
const reviewedResultSchema = z.object({
  tool_name: z.string(),
  variation: z.string(),
  provider: z.string(),
  model: z.string(),
  status: z.enum(["PASS", "FAIL", "SKIP", "ERROR"]),
  duration_secs: number,
  /** USD. */
  cost_usd: number,
  tokens_total: number,
  error_message: text,
  insight: storedReviewSchema,
});

const reviewedRunSchema = z.object({
  suite: z.string(),
  /** ISO 8601. */
  run_timestamp: z.string(),
  branch_name: z.string(),
  commit_hash: text,
  watcher_model: text,
  /** The results that have a review. */
  observed: z.array(reviewedResultSchema),
});

export type StoredReview = z.output<typeof storedReviewSchema>;
export type ReviewedResult = z.output<typeof reviewedResultSchema>;
/** A run with its reviewed results. */
export type ReviewedRun = z.output<typeof reviewedRunSchema>;

/** Reads the watcher's reviews of a run; null if the run does not exist or is another owner's. */
export type ReadReviews = (ownerId: string, runId: number) => Promise<ReviewedRun | null>;

/** Makes the reader of reviews. It calls `read_watcher_observations`, which is for `service_role`. */
export function createReviewReader(sql: Database): ReadReviews {
  return async (ownerId, runId) => {
    const [row] = await query(() =>
      sql<{ result: unknown }[]>`
        select public.read_watcher_observations(${ownerId}::uuid, ${runId}::bigint) as result`
    );
    return reviewedRunSchema.nullable().parse(row?.result ?? null);
  };
}
