/** Data of a finished report for the e-mail to its customer. */
export interface ReportNotice {
  readonly reportId: string;
  readonly status: string;
  /** Null where the account is gone. */
  readonly recipient: string | null;
  readonly shareToken: string | null;
  readonly modelCount: number;
  /** Number of those models without a counted call or answered for by another model. */
  readonly unmeasuredCount: number;
  readonly imageCount: number;
  /** Sentence on the images that were shrunk or converted; null if none was. */
  readonly fittedImages: string | null;
  readonly recommendation: Recommendation | null;
  /** Why nothing is recommended, in a sentence or two; null where something is, or nothing was said. */
  readonly noRecommendation: string | null;
}

/** The model to take, with what is said of it. */
export interface Recommendation {
  readonly modelName: string;
  /** Why, in a sentence or two. */
  readonly rationale: string | null;
  /** Null where the report does not hold them. */
  readonly figures: RecommendedFigures | null;
  /** Reasons not to rely on the recommendation; null if there are none. */
  readonly doubt: string | null;
  /** Sentence that compares the most accurate model with the second; null if none was measured. */
  readonly runnerUp: string | null;
}

/** Measured figures of the recommended model; null where unknown. */
export interface RecommendedFigures {
  /** 0 to 100. */
  readonly accuracy: number | null;
  readonly accuracyInterval: { readonly low: number; readonly high: number } | null;
  /** USD. */
  readonly costPerRun: number | null;
  /** Milliseconds. */
  readonly medianLatency: number | null;
}

/** Why a report's customer is not written to, or null where he is. */
export function reasonForSilence(notice: ReportNotice): string | null {
  if (notice.status !== "complete") return `the report is ${notice.status}`;
  if (notice.recipient === null) return "the account has no e-mail address";
  if (notice.shareToken === null) return "the report has no link";
  return null;
}
