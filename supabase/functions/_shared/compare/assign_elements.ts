import { munkres } from "munkres";
import type { JsonValue } from "../benchmark/json_value.ts";
import { pairAlike } from "./pair_alike.ts";

/**
 * What a pair of elements is worth, most important figure first: one that is higher in an earlier
 * figure is better whatever the later ones say. Whole numbers.
 */
export type Worth = readonly number[];

/** The largest number of values on one side, times that on the other, that is searched in full. */
const MOST_COMPARISONS = 250_000;
/** The most steps that the search may take: the shorter side squared, times the longer. */
const MOST_STEPS = 4_000_000;

/**
 * The best pairs of two arrays' elements: for each row its column, or -1. As many pairs are made as
 * there are rows or columns, whichever are fewer, and no other choice of pairs adds up to more.
 *
 * Where there is too much to search, equal elements are paired first and only the rest is searched;
 * where even that is too much, {@link pairAlike} pairs the rest. Neither depends on the order in the
 * arrays.
 */
export function assignElements(
  rows: readonly JsonValue[],
  columns: readonly JsonValue[],
  worthOf: (row: number, column: number) => Worth,
): number[] {
  if (!isTooLarge(rows, columns)) return assignBest(rows.length, columns.length, worthOf);
  const { assigned, restRows, restColumns } = pairEqual(rows, columns);
  const pick = (values: readonly JsonValue[], indices: readonly number[]) =>
    indices.map((index) => values[index] ?? null);
  const [leftRows, leftColumns] = [pick(rows, restRows), pick(columns, restColumns)];
  const worthOfLeft = (row: number, column: number) =>
    worthOf(restRows[row] ?? 0, restColumns[column] ?? 0);
  const rest = isTooLarge(leftRows, leftColumns)
    ? pairAlike(leftRows, leftColumns, worthOfLeft)
    : assignBest(leftRows.length, leftColumns.length, worthOfLeft);
  for (const [index, row] of restRows.entries()) {
    assigned[row] = restColumns[rest[index] ?? -1] ?? -1;
  }
  return assigned;
}

/** By the number of values, for an element may hold arrays itself. */
function isTooLarge(rows: readonly JsonValue[], columns: readonly JsonValue[]): boolean {
  const [short, long] = [rows.length, columns.length].sort((one, other) => one - other);
  if ((short ?? 0) ** 2 * (long ?? 0) > MOST_STEPS) return true;
  return countValues(rows) * countValues(columns) > MOST_COMPARISONS;
}

function assignBest(
  rows: number,
  columns: number,
  worthOf: (row: number, column: number) => Worth,
): number[] {
  const assigned = new Array<number>(rows).fill(-1);
  if (rows === 0 || columns === 0) return assigned;
  const worths = Array.from(
    { length: rows },
    (_, row) => Array.from({ length: columns }, (_, column) => worthOf(row, column)),
  );
  for (const [row, column] of solve(worths)) assigned[row] = column;
  return assigned;
}

/**
 * Makes one cost of several figures, by giving each a place of its own as digits have. In integers of
 * any size where doubles would be too small.
 */
function solve(worths: readonly (readonly Worth[])[]): [number, number][] {
  const rows = worths.length;
  const columns = worths[0]?.length ?? 0;
  const places = worths[0]?.[0]?.length ?? 0;
  const highest: number[] = new Array<number>(places).fill(-Infinity);
  const lowest: number[] = new Array<number>(places).fill(Infinity);
  for (const row of worths) {
    for (const worth of row) {
      for (let place = 0; place < places; place++) {
        const figure = worth[place] ?? 0;
        highest[place] = Math.max(highest[place] ?? 0, figure);
        lowest[place] = Math.min(lowest[place] ?? 0, figure);
      }
    }
  }
  const pairs = Math.min(rows, columns);
  let total = 1;
  const weights = new Array<number>(places).fill(1);
  for (let place = places - 1; place >= 0; place--) {
    weights[place] = total;
    total *= 1 + pairs * ((highest[place] ?? 0) - (lowest[place] ?? 0));
  }
  const fallShort = (worth: Worth, place: number) => (highest[place] ?? 0) - (worth[place] ?? 0);
  // The solver adds and subtracts costs; their sums have to be exact too.
  if (total * 4 < Number.MAX_SAFE_INTEGER) {
    return munkres(worths.map((row) =>
      row.map((worth) => {
        let cost = 0;
        for (let place = 0; place < places; place++) {
          cost += fallShort(worth, place) * (weights[place] ?? 0);
        }
        return cost;
      })
    ));
  }
  const radixes = highest.map((high, place) => BigInt(1 + pairs * (high - (lowest[place] ?? 0))));
  return munkres(worths.map((row) =>
    row.map((worth) => {
      let cost = 0n;
      for (let place = 0; place < places; place++) {
        cost = cost * (radixes[place] ?? 1n) + BigInt(fallShort(worth, place));
      }
      return cost;
    })
  ));
}

/** Pairs what is equal; the rest of either side is in the order of what it holds. */
function pairEqual(
  rows: readonly JsonValue[],
  columns: readonly JsonValue[],
): { assigned: number[]; restRows: number[]; restColumns: number[] } {
  const columnsByText = new Map<string, number[]>();
  for (const [column, value] of columns.entries()) {
    const text = writeCanonically(value);
    const known = columnsByText.get(text);
    if (known === undefined) columnsByText.set(text, [column]);
    else known.push(column);
  }
  const rest: { row: number; text: string }[] = [];
  const assigned = rows.map((value, row) => {
    const text = writeCanonically(value);
    const column = columnsByText.get(text)?.pop();
    if (column === undefined) rest.push({ row, text });
    return column ?? -1;
  });
  const byText = (one: { text: string }, other: { text: string }) =>
    one.text < other.text ? -1 : one.text > other.text ? 1 : 0;
  return {
    assigned,
    restRows: rest.sort(byText).map(({ row }) => row),
    restColumns: [...columnsByText]
      .flatMap(([text, left]) => left.map((column) => ({ column, text })))
      .sort(byText).map(({ column }) => column),
  };
}

/** As JSON, keys and elements sorted, so that equal values are equal texts. */
function writeCanonically(value: JsonValue): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(writeCanonically).sort().join(",")}]`;
  const entries = Object.entries(value).map(([key, child]) =>
    `${JSON.stringify(key)}:${writeCanonically(child)}`
  );
  return `{${entries.sort().join(",")}}`;
}

function countValues(values: readonly JsonValue[]): number {
  let count = 0;
  for (const value of values) {
    count += typeof value !== "object" || value === null
      ? 1
      : 1 + countValues(Array.isArray(value) ? value : Object.values(value));
  }
  return count;
}
