import type { JsonObject } from "../../platform/json/json_value.ts";
import { findLostFields } from "./own_fields.ts";
import type { ParsedReport, ParsedResult } from "./report_model.ts";

/** The results of one test: its attempts, or a single result. */
export type TestRows = readonly ParsedResult[];

/**
 * Writes a report in another format.
 *
 * @param tests the results, grouped by test.
 * @param lost fields that the format has no place for, to be added to the test of the same index.
 */
export type RenderReport<Output> = (
  report: ParsedReport,
  tests: readonly TestRows[],
  lost: readonly (JsonObject | null)[],
) => Output;

/**
 * Writes a report so that `parse` reads the same results back: renders it once to find the fields that
 * the format loses, and again with these fields added.
 */
export function writeLossless<Output>(
  report: ParsedReport,
  render: RenderReport<Output>,
  parse: (output: Output) => ParsedReport,
): Output {
  const keepsAttempts = (rows: TestRows) => {
    const read = parse(render({ ...report, extra: null, results: rows }, [rows], [])).results;
    return read.length === rows.length &&
      rows.every((row, index) => findLostFields(row, read[index]) === null);
  };
  const tests = groupAttempts(report.results, keepsAttempts);
  const read = parse(render(report, tests, [])).results;
  let at = 0;
  const lost = tests.map((rows) => {
    const [row] = rows;
    const found = rows.length > 1 || row === undefined ? null : findLostFields(row, read[at]);
    at += rows.length;
    return found;
  });
  return render(report, tests, lost);
}

/**
 * Groups consecutive attempts of one test if the format keeps everything about them. Every other result
 * is a group of its own.
 */
function groupAttempts(
  results: readonly ParsedResult[],
  keepsAttempts: (rows: TestRows) => boolean,
): TestRows[] {
  const groups: TestRows[] = [];
  for (let at = 0; at < results.length;) {
    let end = at + 1;
    while (
      results[end]?.attempt === end - at + 1 && results[end]?.tool_name === results[at]?.tool_name
    ) end++;
    const rows = results.slice(at, end);
    if (rows.length > 1 && rows[0]?.attempt === 1 && keepsAttempts(rows)) groups.push(rows);
    else groups.push(...rows.map((row) => [row]));
    at = end;
  }
  return groups;
}
