import type { QueryResult } from "../../supabase/functions/_shared/chat/store.ts";

type Rows = QueryResult["rows"];

/** Figures that differ less, relative to their size, are the same. */
const SLACK = 1e-6;
/** More columns than that need not be tried in every order. */
const MOST_COLUMNS = 12;

/**
 * Whether a result says what the reference says: each column of the reference is there, under
 * whatever name and in whatever place, with the same values in the same rows. Further columns may be.
 *
 * @param isOrdered whether the order of rows counts.
 */
export function isSameResult(
  reference: QueryResult,
  actual: QueryResult,
  isOrdered: boolean,
): boolean {
  if (reference.rows.length !== actual.rows.length) return false;
  if (reference.rows.length === 0) return true;
  if (actual.columns.length > MOST_COLUMNS) return false;
  const wanted = tabulate(reference.rows, isOrdered);
  return placements(reference, actual).some((places) => {
    const projected = actual.rows.map((row) => places.map((place) => row[place]));
    const found = tabulate(projected, isOrdered);
    return wanted.every((row, index) => row.every((cell, at) => isSame(cell, found[index]?.[at])));
  });
}

/** Every way to find the columns of the reference among the others, by the values they hold. */
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

/** Rounded, so that figures that are the same stand in the same place. */
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
