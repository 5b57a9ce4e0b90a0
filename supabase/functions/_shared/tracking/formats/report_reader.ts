import type { ParsedReport, ParsedResult, ReportWarning } from "./report_model.ts";

/**
 * Change of a result that was passed on before, because whether a test is counted can depend on a later
 * one. It applies only if the result has this name and class.
 */
export type Amendment = Pick<
  ParsedResult,
  "ordinal" | "tool_name" | "class_name" | "execution_status" | "is_counted"
>;

/** What is known only at the end of a report. */
export interface ReportEnd {
  /** Results that the end completes. */
  readonly results: readonly ParsedResult[];
  readonly amendments: readonly Amendment[];
  readonly head: Omit<ParsedReport, "results">;
}

/** Reads a report from pieces of its text, which may be cut anywhere. Its methods throw `ReportError`. */
export interface ReportReader {
  /** Returns the results that the piece completes. */
  push(piece: string): readonly ParsedResult[];
  end(): ReportEnd;
}

/** Warnings of a report that are kept. */
export const MAX_WARNINGS = 100;

/** Collects a report's warnings. */
export class Warnings {
  readonly list: ReportWarning[] = [];

  /** Adds a warning unless there are very many: each test of a report can have one. */
  add(warning: ReportWarning): void {
    if (this.list.length < MAX_WARNINGS) this.list.push(warning);
  }
}

/** How a report came, and where its warnings go. */
export interface ReportContext {
  readonly arrivedAt: Date;
  /** Offset of the sender's clock, such as `+02:00`: times without an offset are read so. Null if unknown. */
  readonly utcOffset: string | null;
  readonly warnings: Warnings;
}

/** Makes the context of a report that arrives now. */
export function arriveNow(utcOffset: string | null = null): ReportContext {
  return { arrivedAt: new Date(), utcOffset, warnings: new Warnings() };
}

/** Reads a report while its results are iterated over, once. `end` can be called after that. */
export function readPieces(reader: ReportReader, pieces: Iterable<string>): {
  readonly results: Iterable<readonly ParsedResult[]>;
  readonly end: () => Omit<ReportEnd, "results">;
} {
  let ended: ReportEnd | undefined;
  return {
    results: (function* () {
      for (const piece of pieces) yield reader.push(piece);
      ended = reader.end();
      yield ended.results;
    })(),
    end() {
      if (ended === undefined) throw new Error("the report has not been read to its end");
      return ended;
    },
  };
}

/** Reads all pieces of a report and applies the amendments. */
export function readWhole(reader: ReportReader, pieces: Iterable<string>): ParsedReport {
  const { results: batches, end } = readPieces(reader, pieces);
  const results: ParsedResult[] = [];
  for (const batch of batches) for (const result of batch) results.push(result);
  const { amendments, head } = end();
  for (const amendment of amendments) {
    const { ordinal, tool_name, class_name } = amendment;
    const result = results[ordinal];
    if (result?.tool_name !== tool_name || result.class_name !== class_name) continue;
    results[ordinal] = { ...result, ...amendment };
  }
  return { ...head, results };
}
