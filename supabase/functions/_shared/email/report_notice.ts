/** What is known of a report whose customer is to hear that it is ready. */
export interface ReportNotice {
  readonly reportId: string;
  readonly status: string;
  /** Null where the account is gone. */
  readonly recipient: string | null;
  readonly shareToken: string | null;
  readonly modelCount: number;
  readonly imageCount: number;
  readonly recommendation: Recommendation | null;
  /** Why nothing is recommended, in a sentence or two; null where something is, or nothing was said. */
  readonly noRecommendation: string | null;
}

export interface Recommendation {
  readonly modelName: string;
  /** Why, in a sentence or two. */
  readonly rationale: string | null;
  /** What speaks against relying on it; null where nothing does. */
  readonly doubt: string | null;
}

/** Why a report's customer is not written to, or null where he is. */
export function reasonForSilence(notice: ReportNotice): string | null {
  if (notice.status !== "complete") return `the report is ${notice.status}`;
  if (notice.recipient === null) return "the account has no e-mail address";
  if (notice.shareToken === null) return "the report has no link";
  return null;
}
