import { z } from "zod";
import type { StoredInsight } from "../tracking/observation_file.ts";

const remarks = z.array(z.string()).default([]);

/** One observation: what was tested, how it ended, what the watcher thinks. Other keys are kept. */
const observationSchema = z.object({
  tool_name: z.string().min(1),
  variation: z.string().optional(),
  provider: z.string().optional(),
  model: z.string().optional(),
  status: z.enum(["PASS", "FAIL", "SKIP", "ERROR"]).optional(),
  duration_secs: z.number().nonnegative().optional(),
  cost_usd: z.number().nonnegative().optional(),
  tokens_total: z.number().nonnegative().optional(),
  error_message: z.string().optional(),
  /** 1–10; null where the watcher's answer could not be read. */
  quality_score: z.number().min(1).max(10).nullish(),
  strengths: remarks,
  weaknesses: remarks,
  anomalies: remarks,
  recommendations: remarks,
  confidence_level: z.enum(["high", "medium", "low"]).nullish(),
  /** The watcher's answer as it came, where it could not be read. */
  raw_observation: z.json().optional(),
  is_malformed: z.boolean().optional(),
}).catchall(z.json());
type Observation = z.output<typeof observationSchema>;

/** A file of `watcher_observations/`: what a watcher said of one run. */
export const observationFileSchema = z.object({
  suite: z.string().optional(),
  /** ISO 8601. */
  run_timestamp: z.string().optional(),
  branch_name: z.string().optional(),
  commit_hash: z.string().nullish(),
  watcher_model: z.string().nullish(),
  observations: z.array(observationSchema),
}).catchall(z.json());

/** The insight that an observation of a file holds. */
export function readObservedInsight(observation: Observation): StoredInsight {
  const { quality_score, confidence_level, raw_observation, is_malformed = false } = observation;
  return {
    quality_score: quality_score == null ? null : Math.round(quality_score),
    strengths: observation.strengths,
    weaknesses: observation.weaknesses,
    anomalies: observation.anomalies,
    recommendations: observation.recommendations,
    confidence_level: confidence_level ?? null,
    raw_observation: is_malformed ? raw_observation ?? null : observation,
    is_malformed,
  };
}
