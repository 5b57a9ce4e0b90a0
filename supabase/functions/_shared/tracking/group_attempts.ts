import type { ParsedResult } from "./report_model.ts";

/**
 * Splits results into tests: several where the attempts of one follow one another and `isNatural`
 * says that the format can put them into one test, else one.
 */
export function groupAttempts(
  results: readonly ParsedResult[],
  isNatural: (rows: readonly ParsedResult[]) => boolean,
): (readonly ParsedResult[])[] {
  const groups: ParsedResult[][] = [];
  for (let at = 0; at < results.length;) {
    let end = at + 1;
    while (
      results[end]?.attempt === end - at + 1 && results[end]?.toolName === results[at]?.toolName
    ) end++;
    const rows = results.slice(at, end);
    if (rows.length > 1 && rows[0]?.attempt === 1 && isNatural(rows)) groups.push(rows);
    else groups.push(...rows.map((row) => [row]));
    at = end;
  }
  return groups;
}
