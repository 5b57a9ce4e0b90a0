import { isJsonObject, type JsonObject } from "../../platform/json/json_value.ts";
import type { ReviewedResult, ReviewedRun } from "./review_store.ts";

/** Keys that may name the tool in a review that was imported from a file. */
const NAMES = ["tool_name", "tool", "test_name", "test", "name"];

/**
 * Writes the watcher's reviews of a run as a file of `watcher_observations/`. A review that was
 * imported from such a file is written key for key as it was read.
 */
export function writeReviewFile({ observed, ...run }: ReviewedRun): JsonObject {
  return { ...run, observations: observed.map(writeReview) };
}

function writeReview({ insight: review, ...result }: ReviewedResult): JsonObject {
  const { raw_observation, is_malformed, ...opinion } = review;
  const raw = isJsonObject(raw_observation) ? raw_observation : {};
  if (NAMES.some((name) => typeof raw[name] === "string")) return raw;
  return {
    ...raw,
    ...Object.fromEntries(
      Object.entries(result).filter(([, value]) => value !== null && value !== ""),
    ),
    ...opinion,
    ...is_malformed ? { is_malformed, raw_observation } : {},
  };
}
