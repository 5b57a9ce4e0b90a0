import type { NoAnswer, NoResult } from "../benchmark/run_result.ts";
import { count, listNames } from "./format_figures.ts";
import type { RunOutcome } from "./model_summary.ts";

type NotAnswered = "answered_by_another" | "answered_itself";
type Skipped = "soft_ceiling" | "hard_ceiling" | "race" | "race_won";

/** Outcomes of runs, worded to follow the number of runs: "8 lost to outages". */
const WORDS: Readonly<Record<NoAnswer | NoResult | NotAnswered | Skipped, string>> = {
  outage: "lost to outages",
  unavailable: "refused, as the provider does not offer the model",
  no_access: "refused, as the provider did not accept our account",
  schema_refused: "refused because of the schema",
  parameter_refused: "refused because of a setting of ours",
  image_unreadable: "with an image that the provider could not load",
  cut_by_limit: "cut off by our token limit",
  fault: "lost to a fault of ours",
  rejected: "rejected",
  no_json: "without JSON",
  refusal: "refused by the model",
  filtered: "withheld by the provider",
  cut_off: "cut off before the end",
  empty: "empty",
  timeout: "too slow",
  answered_by_another: "answered by another model",
  answered_itself: "answered by the model itself",
  soft_ceiling: "not made, as the budget was used up",
  hard_ceiling: "not made, as the budget was used up",
  race: "not made, as the race had stopped the model",
  race_won: "not made, as the race was decided",
};

/** Reasons why a model is not measured, worded to follow a colon. */
const REASONS: Readonly<Record<NoResult | "rejected", string>> = {
  outage: "the provider was down or overloaded",
  unavailable: "the provider no longer has the model, or does not offer it to us",
  no_access: "the provider did not accept our account",
  schema_refused: "the provider does not accept the report's schema in any form",
  parameter_refused: "the provider refused a setting of our requests",
  image_unreadable: "the provider could not load the images",
  cut_by_limit: "the answers did not fit our token limit",
  fault: "the calls failed because of a fault of ours",
  rejected: "the calls were rejected, as the model cannot take what was sent",
};

const has = <Key extends string>(table: Readonly<Record<Key, string>>, key: string): key is Key =>
  Object.hasOwn(table, key);

const wordsFor = (kind: string) => has(WORDS, kind) ? WORDS[kind] : kind.replaceAll("_", " ");

/** Columns of `benchmark_runs` that tell the outcome of a run. */
interface EndedRun {
  readonly status: string;
  readonly error_kind: string | null;
  readonly skip_reason: string | null;
  /** True if a model other than the one asked for answered. */
  readonly served_other: boolean;
}

/** Describes the outcome of a run in words for customers. */
export function describeRun({ status, error_kind, served_other, skip_reason }: EndedRun): string {
  if (status === "skipped") return wordsFor(skip_reason ?? status);
  if (status === "failed") return wordsFor(error_kind ?? "fault");
  if (status !== "complete") return status;
  return served_other ? WORDS.answered_by_another : wordsFor(error_kind ?? "answered");
}

/**
 * Counts a model's ended runs that have no usable answer or do not count, by kind, the most frequent
 * first. The runs that do not count and `counted` together are all that completed or failed.
 *
 * @param counted Runs that the model's figures are computed from; see `count_runs.ts`.
 * @param served Names of other models that answered in its place.
 */
export function listOutcomes(
  runs: readonly EndedRun[],
  counted: readonly EndedRun[],
  served: readonly string[],
): RunOutcome[] {
  const isCounted = new Set(counted);
  const areOfAnother = counted[0]?.served_other;
  const kindOf = (run: EndedRun): string => {
    const isOfCountedKind = areOfAnother === undefined || run.served_other === areOfAnother;
    if (run.status === "failed" || isOfCountedKind) return run.error_kind ?? "fault";
    return run.served_other ? "answered_by_another" : "answered_itself";
  };
  const told = runs.filter((run) =>
    isCounted.has(run) ? run.error_kind !== null : run.status === "complete" ||
      run.status === "failed"
  );
  return [...Map.groupBy(told, kindOf)].map(([kind, own]) => ({
    kind,
    runs: own.length,
    counts: own.some((run) => isCounted.has(run)),
    text: kind === "answered_by_another" && served.length > 0
      ? `answered by ${listNames(served)}`
      : wordsFor(kind),
  })).sort((one, other) => other.runs - one.runs || (one.kind < other.kind ? -1 : 1));
}

/** Explains why none of a model's runs counts; null if none has ended. */
export function explainUnmeasured(
  outcomes: readonly RunOutcome[],
  runs: readonly EndedRun[],
): string | null {
  const reasons = outcomes.map(({ kind, runs }) => ({
    reason: has(REASONS, kind) ? REASONS[kind] : REASONS.fault,
    runs,
  }));
  const [first, ...more] = reasons;
  if (first !== undefined) {
    return more.length === 0
      ? first.reason
      : listNames(reasons.map(({ reason, runs }) => `${reason} (${count(runs, "call")})`));
  }
  const skipped = runs.find(({ status }) => status === "skipped");
  return skipped === undefined ? null : `the calls were ${describeRun(skipped)}`;
}
