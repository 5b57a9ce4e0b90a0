import type { Column, Expression, Source } from "./sources.ts";
import { meanOf, tooLarge } from "./value.ts";
import type { Refusal } from "../refusal.ts";

/**
 * Most that a statement may cost, in bytes. Costs are what no timeout ends: memory that planning takes,
 * and values that exist at the same time because one row is computed from them. What takes time without
 * looking for a cancellation counts as a byte for 16 ns, so a row takes at most a second. Everything else
 * is bounded by statement_timeout, and the settings of read_as_chat_reader().
 */
const BUDGET = 64_000_000;
/** Most bytes of one value. An answer has 256 kB. */
const MAX_VALUE = 5_000_000;
/** Most rows of all series of a FROM, if they do not depend on data. More take seconds. */
const MAX_SERIES = 1_000_000;
/** Most relations of a FROM without a condition that compares two of them. */
const MAX_UNLINKED = 3;

/** Planning takes up to this much for each part of an expression: 16,384 conditions took 86 MB. */
export const NODE = 2_500;
/** One relation of a FROM, with its part in the search for the order of joins. */
export const SOURCE = 700_000;
/** A view is planned with the tables that it reads. */
export const VIEW = 500_000;
const SELECT = 100_000;
/** Memory of a sort, or of rows that are kept, without their values. */
export const SORT = 150_000;
/** Rows that a sort of one column keeps: Postgres 17 counts 24 bytes of each for `work_mem`, which is 64 kB. */
const SORTED_ROWS = 2_800;
/** Rows that aggregates can collect before the timeout. */
const COLLECTED_ROWS = 1_000_000;
/** One grouping set: cube of 12 columns took 33 MB. */
const GROUPING_SET = 10_000;
/** Bytes that keeping a value takes beside it. */
const KEPT = 64;

/** Rows of a view and of a series, as the model assumes. Only values that keep rows depend on it. */
export const VIEW_ROWS = 100_000;
export const CATALOGUE_ROWS = 1_000;
export const SERIES_ROWS = 10_000_000;
/** Rows that a function makes of a value in a row, as the model assumes: elements, words, subscripts. */
export const ELEMENTS = 25;

/** What is counted of one select. */
export class Tally {
  /** Cost in bytes, with the selects in it. */
  own = SELECT;
  /** How often it keeps rows: to join them, and to sort them for GROUP BY, DISTINCT and windows. */
  sorts = 0;
  /** Comparisons by which rows of two relations are put together. */
  links = 0;
  aggregates = 0;
  /** Rows that one value of its aggregates collects on average. */
  collected = 1;
  /** Columns and results that it reads before its rows are grouped. */
  readonly read = new Set<Column>();
  /** Sources that it reads of the selects around it. */
  readonly outer = new Set<Source>();
  /** Functions in its result that return several rows. */
  readonly unnested: Source[] = [];
  /** What is compared with the select around it: may be kept, to be looked up for that one's next row. */
  readonly keys: Expression[] = [];
  #series = 1;

  /** @param largest what the whole statement spends most on */
  constructor(private readonly largest = { what: "", bytes: 0 }) {}

  /** Returns the tally of a select inside this one. */
  inner(): Tally {
    return new Tally(this.largest);
  }

  spend(bytes: number, what: string): void {
    this.own += bytes;
    if (bytes > this.largest.bytes) Object.assign(this.largest, { what, bytes });
  }

  /** Notes which of these sources belong to the selects around it. */
  note(reads: Iterable<Source>, own: readonly Source[]): void {
    for (const source of reads) if (!own.includes(source)) this.outer.add(source);
  }

  /** Counts the rows of a series. */
  addSeries(rows: number): void {
    this.#series *= rows;
    if (this.#series > MAX_SERIES) {
      throw tooLarge(
        `The series of generate_series have more than ${MAX_SERIES} rows.`,
        "Write a larger step or nearer bounds.",
      );
    }
  }

  /** Notes how the rows of the sources are combined, once its conditions are known. */
  combine(sources: readonly Source[], isGrouped: boolean): void {
    const linked = rowsOf(sources) / VIEW_ROWS ** this.links;
    const isSpread = isGrouped || this.links > 0;
    this.collected = Math.min(COLLECTED_ROWS, linked) / (isSpread ? SORTED_ROWS : 1);
    if (sources.filter(({ rows }) => rows >= CATALOGUE_ROWS).length - this.links > MAX_UNLINKED) {
      throw tooLarge(
        "Too many relations are combined row by row.",
        "Join them by conditions that compare their columns.",
      );
    }
  }

  /** Spends what sorts of so many rows with these values take. */
  sort(parts: Iterable<Expression>, times = 1, rows = SORTED_ROWS): void {
    const width = Math.max(0, ...[...parts].map(({ value }) => meanOf(value)));
    this.spend(times * (SORT + Math.min(SORTED_ROWS, rows) * width), "sorting and joining");
  }

  /** Spends what all its joins and sorts take, and so many grouping sets of its results. */
  keep(sets: number, columns: readonly Column[]): void {
    this.sort(this.read, this.sorts);
    this.spend((sets - 1) * (GROUPING_SET + widthOf(columns)), "the number of grouping sets");
  }

  /** Returns the refusal of the whole statement, if it may cost too much. */
  refuse(bytes: number): Refusal | undefined {
    return refuse(
      bytes,
      BUDGET,
      `The statement may take SIZE; most is for ${this.largest.what}.`,
      'Leave parts out, limit the rows of subqueries, shorten texts by left(x, 500), cast numbers from JSON to double precision, or compute once in "with t as materialized (select ...)" what is named often.',
    );
  }
}

/** Returns the refusal of a value, if it may be too large. */
export function refuseValue(bytes: number, what: string): Refusal | undefined {
  return refuse(
    bytes,
    MAX_VALUE,
    `What ${what} makes may take SIZE.`,
    "Shorten texts by left(x, 500), cast numbers from JSON to double precision, or write the length as a number.",
  );
}

function refuse(bytes: number, most: number, reason: string, hint: string): Refusal | undefined {
  if (bytes <= most) return undefined;
  const [size, limit] = [bytes, most].map((each) =>
    Number.isFinite(each) ? `${Math.ceil(each / 1e6).toLocaleString("en")} MB` : "any amount"
  );
  return tooLarge(reason.replace("SIZE", `${size}, and ${limit} are allowed`), hint);
}

/** Returns the mean bytes of these values together. */
export function widthOf(parts: readonly Expression[]): number {
  return parts.reduce((sum, { value }) => sum + meanOf(value), 0);
}

/** Returns the rows that sources make if all are combined with all. */
export function rowsOf(sources: Iterable<Source>): number {
  return [...new Set(sources)].reduce((product, { rows }) => product * rows, 1);
}

/** Returns the bytes that keeping expressions of so many rows takes; by default of all different ones. */
export function keptBytes(
  parts: readonly Expression[],
  rows = Infinity,
  isDistinct = true,
): number {
  const most = isDistinct ? rowsOf(parts.flatMap(({ reads }) => reads)) : Infinity;
  return parts.length === 0 ? 0 : Math.min(rows, most) * (KEPT + widthOf(parts));
}
