/** Formats that a run or a comparison can be exported in. */
export const EXPORT_FORMATS = ["csv", "json", "md"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export const MEDIA_TYPES: Readonly<Record<ExportFormat, string>> = {
  csv: "text/csv; charset=utf-8",
  json: "application/json",
  md: "text/markdown; charset=utf-8",
};

/** Escapes text for a Markdown table, so that a model's answer makes no tag, link or end of a cell. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_[\]<>|]/g, "\\$&").replace(/\s+/g, " ");
}

/** Formats an amount in USD; null is a dash. */
export function formatUsd(usd: number | null): string {
  return usd === null ? "–" : `$${usd.toFixed(usd < 0.01 ? 6 : 4)}`;
}

/** Formats milliseconds; null is a dash. */
export function formatMs(ms: number | null): string {
  return ms === null ? "–" : `${Math.round(ms)} ms`;
}
