import { z } from "zod";
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  jsonWithin,
} from "../benchmark/json_value.ts";
import { REPORT_LIMITS } from "./read_json_report.ts";

const remarks = z.array(z.string()).default([]);
const json = jsonWithin(REPORT_LIMITS);

/** One observation: what was tested, how it ended, what the watcher thinks. Other keys are kept. */
export const observationSchema = z.object({
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
  raw_observation: json.optional(),
  is_malformed: z.boolean().optional(),
}).catchall(json);
export type Observation = z.output<typeof observationSchema>;

/** A file of `watcher_observations/`: what a watcher said of one run. */
export const observationFileSchema = z.object({
  suite: z.string().optional(),
  /** ISO 8601. */
  run_timestamp: z.string().optional(),
  branch_name: z.string().optional(),
  commit_hash: z.string().nullish(),
  watcher_model: z.string().nullish(),
  observations: z.array(observationSchema),
}).catchall(json);
export type ObservationFile = z.output<typeof observationFileSchema>;

/** An insight as it is stored: of a file that says less, less. */
export interface StoredInsight {
  readonly quality_score: number | null;
  readonly strengths: readonly string[];
  readonly weaknesses: readonly string[];
  readonly anomalies: readonly string[];
  readonly recommendations: readonly string[];
  readonly confidence_level: "high" | "medium" | "low" | null;
  readonly raw_observation: JsonValue;
  readonly is_malformed: boolean;
}

/** A result that a watcher has said something of: columns of `test_results`. */
export interface ObservedResult {
  readonly tool_name: string;
  readonly variation: string;
  readonly provider: string;
  readonly model: string;
  readonly status: "PASS" | "FAIL" | "SKIP" | "ERROR";
  readonly duration_secs: number | null;
  readonly cost_usd: number | null;
  readonly tokens_total: number | null;
  readonly error_message: string | null;
  readonly insight: StoredInsight;
}

/** A run as far as a watcher has said something of it. */
export interface ObservedRun {
  readonly suite: string;
  readonly run_timestamp: string;
  readonly branch_name: string;
  readonly commit_hash: string | null;
  readonly watcher_model: string | null;
  readonly observed: readonly ObservedResult[];
}

/** Reads what a watcher has said of an owner's run; null for another's run and for none. */
export type ReadObservations = (ownerId: string, runId: number) => Promise<ObservedRun | null>;

/** Keys by which observations in files name their tool: such a one is written as it was read. */
const NAMES = ["tool_name", "tool", "test_name", "test", "name"];

/**
 * Writes what a watcher said of a run as its file. An observation that came from such a file is the
 * same again, key for key.
 */
export function writeObservationFile({ observed, ...run }: ObservedRun): JsonObject {
  return { ...run, observations: observed.map(writeObservation) };
}

function writeObservation({ insight, ...result }: ObservedResult): JsonObject {
  const { raw_observation, is_malformed, ...judgement } = insight;
  const raw = isJsonObject(raw_observation) ? raw_observation : {};
  if (NAMES.some((name) => typeof raw[name] === "string")) return raw;
  return {
    ...raw,
    ...Object.fromEntries(
      Object.entries(result).filter(([, value]) => value !== null && value !== ""),
    ),
    ...writeJudgement(judgement),
    ...is_malformed ? { is_malformed, raw_observation } : {},
  };
}

function writeJudgement(judgement: Omit<StoredInsight, "raw_observation" | "is_malformed">) {
  const { quality_score, strengths, weaknesses, anomalies, recommendations, confidence_level } =
    judgement;
  return {
    quality_score,
    strengths: [...strengths],
    weaknesses: [...weaknesses],
    anomalies: [...anomalies],
    recommendations: [...recommendations],
    confidence_level,
  };
}

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
