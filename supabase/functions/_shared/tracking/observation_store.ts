import { z } from "zod";
import { type Database, query } from "../platform/database.ts";
import { jsonWithin } from "../platform/json/json_value.ts";
import type { ReadObservations } from "./observation_file.ts";
import { REPORT_LIMITS } from "./read_json_report.ts";

const json = jsonWithin(REPORT_LIMITS);
const text = z.string().nullable();
const number = z.number().nullable();
const remarks = z.array(z.string());

const observedRunSchema = z.object({
  suite: z.string(),
  run_timestamp: z.string(),
  branch_name: z.string(),
  commit_hash: text,
  watcher_model: text,
  observed: z.array(z.object({
    tool_name: z.string(),
    variation: z.string(),
    provider: z.string(),
    model: z.string(),
    status: z.enum(["PASS", "FAIL", "SKIP", "ERROR"]),
    duration_secs: number,
    cost_usd: number,
    tokens_total: number,
    error_message: text,
    insight: z.object({
      quality_score: number,
      strengths: remarks,
      weaknesses: remarks,
      anomalies: remarks,
      recommendations: remarks,
      confidence_level: z.enum(["high", "medium", "low"]).nullable(),
      raw_observation: json,
      is_malformed: z.boolean(),
    }),
  })),
}).nullable();

/** Reads observations by the door that the database opens to `service_role`. */
export function createObservationReader(sql: Database): ReadObservations {
  return async (ownerId, runId) => {
    const [row] = await query(() =>
      sql<{ result: unknown }[]>`
        select public.read_watcher_observations(${ownerId}::uuid, ${runId}::bigint) as result`
    );
    return observedRunSchema.parse(row?.result ?? null);
  };
}
