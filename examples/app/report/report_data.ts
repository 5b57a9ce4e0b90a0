/** Types of the parts of the function `report`'s answer that the page shows. */

declare global {
  interface JSON {
    /** Returns an object that `JSON.stringify` writes as `text` (ECMAScript 2026). */
    rawJSON(text: string): object;
  }
}

/** Where a value lies with 95 % confidence. */
export interface Interval {
  low: number;
  high: number;
}

/** Standing of a model relative to the most accurate one, by the order's criteria. */
export type Standing =
  | "best"
  | "good_enough"
  | "within_margin_unproven"
  | "worse"
  | "below_minimum"
  | "not_comparable"
  | "not_measured"
  | "answered_by_another"
  | "stopped";

/** One model of `reports.summary`; what older reports do not hold is optional. */
export interface Model {
  modelId: string;
  modelName: string;
  provider: string;
  tier: string;
  /** Weakest schema enforcement among its counted runs; null if unknown. */
  schemaRegime?: "strict" | "reduced" | "prompt" | null;
  /** Percentages are 0 to 100. */
  accuracy: number | null;
  accuracyInterval?: Interval | null;
  exactMatchRate: number | null;
  exactMatchInterval?: Interval | null;
  /** USD. */
  costPerRun: number | null;
  costInterval?: Interval | null;
  /** Milliseconds. */
  medianLatency: number | null;
  p95Latency: number | null;
  /** No 95 % interval: too narrow. */
  p95LatencyInterval?: Interval | null;
  p95FromFewCalls?: boolean;
  spread: number | null;
  runsCompleted: number;
  runsAttempted: number;
  /** Runs without a usable answer and runs that do not count, by cause. */
  outcomes?: { runs: number; text: string }[];
  /** Why the model has no figures, to follow a colon. */
  notMeasuredBecause?: string | null;
  /** Means a run. */
  outputTokens?: number | null;
  reasoningTokens?: number | null;
  /** A race stopped it after so many images. */
  stoppedAfterImages?: number | null;
  standing?: Standing | null;
  leaves?: {
    recall: number;
    precision: number;
    f1: number;
    strictAccuracy: number;
    anls: number;
    formatOnly: number;
  } | null;
}

/** The first in one respect, in a sentence that sets it beside the second. */
export interface Pick {
  modelId: string;
  text: string;
}

export interface Summary {
  models: Model[];
  paretoModelIds?: string[];
  /** Percent of the fields that a recommended model had to exceed. */
  minimumAccuracy?: number;
  /** Points that it may be behind the most accurate one. */
  accuracyMargin?: number;
  /** Sentence that says what "good enough" means by the order's criteria. */
  goodEnough?: string;
  picks?: {
    mostAccurate: Pick | null;
    cheapestGoodEnough: Pick | null;
    fastestGoodEnough: Pick | null;
  };
  reason?: string | null;
  higherAccuracy?: { text: string } | null;
  caution?: { text: string } | null;
  noRecommendation?: { text: string } | null;
  outlook?: { text: string } | null;
  /** Models whose providers end them soon, the first to end first. */
  endings?: { modelId: string; text: string }[];
  /** Images that were shrunk or converted for every model; missing in older reports. */
  fittedImages?: { text: string } | null;
  /** What a race has spared. */
  race?: { savedCalls: number; allCalls: number; savedUsd: number } | null;
}

export interface FieldError {
  fieldPath: string;
  /** Absent where nothing was expected. */
  expected?: unknown;
  /** Absent where nothing was given. */
  actual?: unknown;
  /** Right, and only written otherwise. */
  formatOnly?: boolean;
}

export interface Run {
  model_id: string;
  image_index: number;
  repeat_index: number;
  status: string;
  field_accuracy: number | null;
  field_errors: FieldError[] | null;
  output_json: unknown;
  response_time_ms: number | null;
  error_message: string | null;
  skip_reason: string | null;
}

export interface Report {
  status: string;
  recommended_model: string | null;
  rationale: string | null;
  summary: Summary | null;
  model_count: number;
  partial: boolean | null;
  partial_reason: string | null;
  error: string | null;
  total_api_cost: number | null;
  completed_at: string | null;
}

/** One scoring of the answers. */
export interface Revision {
  revision: number;
  status: string;
  scorer_version: number;
  completed_at: string | null;
}

export interface ReportData {
  report: Report;
  /** The one that is shown. */
  revision: number;
  revisions: Revision[];
  runs: Run[];
  priorities: string[];
  image_count: number;
  /** Null where the owner does not share it. */
  order: { expected: unknown[] } | null;
}

/** A report that has a summary. */
export interface ShownReport extends ReportData {
  report: Report & { summary: Summary };
}

/** Runs of one model by their status. */
export interface ModelProgress {
  name: string;
  queued: number;
  running: number;
  complete: number;
  failed: number;
  skipped: number;
}

/** A provider that is down or refuses calls, so that runs wait for it. */
export interface Wait {
  /** Its key, such as `openrouter`. */
  provider: string;
  next_try_at: string | null;
}

export interface Progress {
  status: string;
  models: ModelProgress[];
  waiting_for?: Wait[];
}
