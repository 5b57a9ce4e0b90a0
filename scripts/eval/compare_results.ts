import type { QueryResult } from "../../supabase/functions/_shared/chat/query_result.ts";

type Rows = QueryResult["rows"];

/** Largest relative difference of two figures that count as equal. */
const SLACK = 1e-6;
/** Most columns of a result that is compared: all orders of the columns are tried. */
const MAX_COLUMNS = 12;

/**
 * Returns whether a result contains the reference: each of its columns, under any name and in any
 * position, with the same values in the same rows. Additional columns are allowed.
 *
 * @param isOrdered whether the order of rows must be the same
 */
export function isSameResult(
  reference: QueryResult,
  actual: QueryResult,
  isOrdered: boolean,
): boolean {
  if (reference.rows.length !== actual.rows.length) return false;
  if (reference.rows.length === 0) return true;
  if (actual.columns.length > MAX_COLUMNS) return false;
  const wanted = tabulate(reference.rows, isOrdered);
  return placements(reference, actual).some((places) => {
    const projected = actual.rows.map((row) => places.map((place) => row[place]));
    const found = tabulate(projected, isOrdered);
    return wanted.every((row, index) => row.every((cell, at) => isSame(cell, found[index]?.[at])));
  });
}

/** Returns every assignment of the reference's columns to columns that hold the same values. */
function placements(reference: QueryResult, actual: QueryResult): number[][] {
  const sorted = (rows: Rows, column: number) => tabulate(rows.map((row) => [row[column]]), false);
  const holders = reference.columns.map((_, column) => {
    const values = sorted(reference.rows, column);
    return actual.columns.map((_, place) => place).filter((place) => {
      const others = sorted(actual.rows, place);
      return values.every(([value], index) => isSame(value, others[index]?.[0]));
    });
  });
  return holders.reduce<number[][]>(
    (ways, places) =>
      ways.flatMap((way) =>
        places.filter((place) => !way.includes(place)).map((place) => [...way, place])
      ),
    [[]],
  );
}

function tabulate(rows: Rows, isOrdered: boolean): Rows {
  return isOrdered ? rows : rows.toSorted(compareRows);
}

function compareRows(one: readonly unknown[], other: readonly unknown[]): number {
  for (const [index, cell] of one.entries()) {
    const [a, b] = [sortKey(cell), sortKey(other[index])];
    if (a !== b) return a < b ? -1 : 1;
  }
  return 0;
}

/** Rounds figures, so that equal ones are sorted alike. */
function sortKey(cell: unknown): string {
  const number = asNumber(cell);
  return number === null ? JSON.stringify(cell) ?? "" : number.toPrecision(5);
}

function isSame(one: unknown, other: unknown): boolean {
  const [a, b] = [asNumber(one), asNumber(other)];
  if (a === null || b === null) return JSON.stringify(one) === JSON.stringify(other);
  return Math.abs(a - b) <= SLACK * Math.max(1e-9, Math.abs(a), Math.abs(b));
}

function asNumber(cell: unknown): number | null {
  if (typeof cell === "number") return cell;
  return typeof cell === "string" && /^-?\d+(\.\d+)?$/.test(cell) ? Number(cell) : null;
}
