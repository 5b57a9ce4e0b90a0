/** What is known of a report whose customer is to hear that it is ready. */
export interface ReportNotice {
  readonly reportId: string;
  readonly status: string;
  /** Null where the account is gone. */
  readonly recipient: string | null;
  readonly shareToken: string | null;
  readonly modelCount: number;
  /** Of these, the models of which no call counts, and those that another model answered for. */
  readonly unmeasuredCount: number;
  readonly imageCount: number;
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
  /** What speaks against relying on it; null where nothing does. */
  readonly doubt: string | null;
  /** How the most accurate model stands beside the second, in a sentence; null where none was measured. */
  readonly runnerUp: string | null;
}

/** What the recommended model measured, as far as it is known. */
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
