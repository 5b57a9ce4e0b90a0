import type { Interval } from "../statistics/interval.ts";

/** Figures of a model on the images that both reports have. */
export interface CommonFigures {
  /** Mean field accuracy, 0 to 100; each image counts once. */
  readonly accuracy: number;
  /** USD; null if unknown. */
  readonly cost_per_run: number | null;
  /** Milliseconds; null if unknown. */
  readonly median_latency: number | null;
}

/** Accuracy of one model less that of another, in points, on their common images. */
export interface AccuracyChange {
  readonly images: number;
  readonly points: number | null;
  readonly interval: Interval | null;
  readonly verdict: "better" | "worse" | "indistinguishable" | "too_few_images";
}

/** Two reports on the same images. */
export interface ReportComparison {
  readonly before: ReportHead;
  readonly after: ReportHead;
  /** Number of common images. */
  readonly images: number;
  /** What else than the models differs, as accuracies may differ for that reason alone. */
  readonly differs: readonly ("prompt" | "schema" | "scorer")[];
  /** Models of both reports: first those of both, then those of the later one. */
  readonly models: readonly {
    readonly model_id: string;
    readonly name: string;
    readonly before: CommonFigures | null;
    readonly after: CommonFigures | null;
    /** Null unless both reports measured it. */
    readonly change: AccuracyChange | null;
  }[];
  /** The recommended models beside each other; null unless both reports recommend one. */
  readonly recommended: AccuracyChange & { readonly text: string } | null;
}

/** What identifies a compared report. */
export interface ReportHead {
  readonly report_id: string;
  readonly created_at: string;
  readonly recommended_model: string | null;
}
