/** So that nothing a model wrote is a tag, a link or an end of a cell. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_[\]<>|]/g, "\\$&").replace(/\s+/g, " ");
}

/** USD; a dash where nobody knows. */
export function formatUsd(usd: number | null): string {
  return usd === null ? "–" : `$${usd.toFixed(usd < 0.01 ? 6 : 4)}`;
}

/** Milliseconds; a dash where nothing was measured. */
export function formatMs(ms: number | null): string {
  return ms === null ? "–" : `${Math.round(ms)} ms`;
}
