import { isJsonObject, type JsonObject, type JsonValue } from "../platform/json/json_value.ts";

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
