import { munkres } from "munkres";
import type { JsonValue } from "../platform/json/json_value.ts";
import type { ElementTokens } from "./element_tokens.ts";
import { type AlikeLimits, pairAlike } from "./pair_alike.ts";

/**
 * Worth of a pair of elements as whole numbers, the most important first. A pair that is higher in an
 * earlier number is better, whatever the later ones are.
 */
export type Worth = readonly number[];

/** The elements of two arrays, with access to the worth of their pairs. */
export interface Elements {
  readonly rows: readonly JsonValue[];
  readonly columns: readonly JsonValue[];
  worthOf(row: number, column: number): Worth;
  /** Called at most once, and only if there are too many pairs to compute the worth of each. */
  readTokens(): readonly [readonly ElementTokens[], readonly ElementTokens[]];
  /**
   * Returns the number of correct leaves of a pair. Absent if elements with equal tokens are always
   * equal.
   */
  countRight?(row: number, column: number): number;
}

/** Limits on the work of one assignment. */
export interface AssignLimits extends AlikeLimits {
  /** Largest product of both sides' numbers of values for which every pair's worth is computed. */
  readonly comparisons: number;
  /** Largest number of search steps: the length of the shorter side squared, times the longer's. */
  readonly steps: number;
}

const LIMITS: AssignLimits = {
  comparisons: 250_000,
  steps: 4_000_000,
  pairs: 2_250_000,
  shared: 100_000_000,
};
/** Largest number of pairs with equal tokens for which the worth of each is computed. */
const MOST_EQUAL_PAIRS = 64;
/** Largest number of elements with equal tokens that are tried as a row's counterpart. */
const MOST_TRIES = 20;

/**
 * Pairs the elements of two arrays in the best way. Returns for each row its column, or -1. The number
 * of pairs is the smaller of the numbers of rows and columns. The result does not depend on the order
 * in the arrays.
 *
 * Within `limits`, no other choice of pairs is worth more. Beyond, the time is nearly linear:
 * 1. Elements are paired whose fields are all alike, ignoring fields whose value does not occur on the
 *    other side. No choice makes more leaves right: if such a row and column were paired with others
 *    instead, those two others would agree with each other in all that they share with the first
 *    two. (This holds if being alike is transitive, which tolerances are not, and if elements hold no
 *    arrays themselves.)
 * 2. If the rest is small enough, the best choice is searched for, by worth or at least by the number
 *    of leaves that are alike.
 * 3. Otherwise the most alike are paired first, which gets at least half of the right leaves that the
 *    rest could have.
 */
export function assignElements(elements: Elements, limits: AssignLimits = LIMITS): number[] {
  const { rows, columns, worthOf } = elements;
  if (!isTooLarge(rows, columns, limits)) return assignBest(rows.length, columns.length, worthOf);
  const [rowTokens, columnTokens] = elements.readTokens();
  const assigned = new Array<number>(rows.length).fill(-1);
  const rest = pairEqual(elements, rowTokens, columnTokens, assigned);
  const { rows: restRows, columns: restColumns } = sortByContent(rest, elements);
  const pick = <Value>(values: readonly Value[], indices: readonly number[]): Value[] =>
    indices.flatMap((index) => values.slice(index, index + 1));
  const pairs = isTooLarge(pick(rows, restRows), pick(columns, restColumns), limits)
    ? pairAlike(pick(rowTokens, restRows), pick(columnTokens, restColumns), limits)
    : assignBest(
      restRows.length,
      restColumns.length,
      (row, column) => worthOf(restRows[row] ?? 0, restColumns[column] ?? 0),
    );
  for (const [index, row] of restRows.entries()) {
    assigned[row] = restColumns[pairs[index] ?? -1] ?? -1;
  }
  return assigned;
}

/** Tells whether the limits are exceeded. Values are counted, because an element may hold arrays. */
function isTooLarge(
  rows: readonly JsonValue[],
  columns: readonly JsonValue[],
  { steps, comparisons }: AssignLimits,
): boolean {
  const [short, long] = [rows.length, columns.length].sort((one, other) => one - other);
  if ((short ?? 0) ** 2 * (long ?? 0) > steps) return true;
  return countValues(rows) * countValues(columns) > comparisons;
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
 * Solves the assignment. The numbers of a worth become one cost, each with a place value like a
 * digit. Costs that are too large for doubles are big integers.
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
  // The solver adds and subtracts costs, and these sums must be exact too.
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

/** Rows and columns with the same tokens, ignoring tokens that do not occur on both sides. */
interface Bucket {
  readonly rows: number[];
  readonly columns: number[];
}

/**
 * Pairs elements whose shared tokens are all equal, and repeats this, because each pair may remove the
 * last occurrence of a value. Returns the elements that are left.
 */
function pairEqual(
  elements: Elements,
  rowTokens: readonly ElementTokens[],
  columnTokens: readonly ElementTokens[],
  assigned: number[],
): Bucket {
  let rows = Array.from(rowTokens.keys());
  let columns = Array.from(columnTokens.keys());
  const taken = new Set<number>();
  for (let isDone = false; !isDone;) {
    const inRows = collectTokens(rows, rowTokens);
    const inColumns = collectTokens(columns, columnTokens);
    const isShared = (token: number) => inRows.has(token) && inColumns.has(token);
    const buckets = new Map<string, Bucket>();
    const put = (side: keyof Bucket, indices: readonly number[], all: readonly ElementTokens[]) => {
      for (const index of indices) {
        const { folded = [], blank = [] } = all[index] ?? {};
        const key = [...folded, ...blank].filter(isShared).join();
        let bucket = buckets.get(key);
        if (bucket === undefined) buckets.set(key, bucket = { rows: [], columns: [] });
        bucket[side].push(index);
      }
    };
    put("rows", rows, rowTokens);
    put("columns", columns, columnTokens);
    const countExpected = (row: number) => {
      const { folded = [], graded = 0 } = rowTokens[row] ?? {};
      return folded.filter(isShared).length + graded;
    };
    const isRight = (row: number, column: number) => {
      const expected = countExpected(row);
      return expected > 0 && (elements.countRight?.(row, column) ?? expected) >= expected;
    };
    isDone = true;
    for (const bucket of buckets.values()) {
      if (bucket.rows.length === 0 || bucket.columns.length === 0) continue;
      for (const [row, column] of pairWithin(bucket, elements, rowTokens, columnTokens, isRight)) {
        assigned[row] = column;
        taken.add(column);
        isDone = false;
      }
    }
    rows = rows.filter((row) => assigned[row] === -1);
    columns = columns.filter((column) => !taken.has(column));
  }
  return { rows, columns };
}

function collectTokens(indices: readonly number[], all: readonly ElementTokens[]): Set<number> {
  return new Set(indices.flatMap((index) => {
    const { folded = [], blank = [] } = all[index] ?? {};
    return [...folded, ...blank];
  }));
}

/** Returns the pairs of one bucket in which all shared values are right; equal spellings first. */
function pairWithin(
  bucket: Bucket,
  elements: Elements,
  rowTokens: readonly ElementTokens[],
  columnTokens: readonly ElementTokens[],
  isRight: (row: number, column: number) => boolean,
): [row: number, column: number][] {
  const isSingle = bucket.rows.length === 1 && bucket.columns.length === 1;
  const { rows, columns } = isSingle ? bucket : sortByContent(bucket, elements);
  const pairs: [row: number, column: number][] = [];
  if (rows.length * columns.length <= MOST_EQUAL_PAIRS) {
    const best = isSingle ? [0] : assignBest(
      rows.length,
      columns.length,
      (row, column) => elements.worthOf(rows[row] ?? 0, columns[column] ?? 0),
    );
    for (const [index, row] of rows.entries()) {
      const column = columns[best[index] ?? -1];
      if (column !== undefined && isRight(row, column)) pairs.push([row, column]);
    }
    return pairs;
  }
  const spell = (tokens: ElementTokens | undefined) => tokens?.exact.join() ?? "";
  const bySpelling = Map.groupBy(columns, (column) => spell(columnTokens[column]));
  const others: number[] = [];
  for (const row of rows) {
    const same = bySpelling.get(spell(rowTokens[row])) ?? [];
    const column = same.at(-1);
    if (column !== undefined && isRight(row, column)) {
      pairs.push([row, column]);
      same.pop();
    } else {
      others.push(row);
    }
  }
  const left = [...bySpelling.values()].flat();
  for (const row of others) {
    const place = left.slice(-MOST_TRIES).findIndex((column) => isRight(row, column));
    if (place < 0) continue;
    const [column = 0] = left.splice(Math.max(0, left.length - MOST_TRIES) + place, 1);
    pairs.push([row, column]);
  }
  return pairs;
}

/** Sorts a bucket by the content of its elements, so that their order in the arrays has no effect. */
function sortByContent(bucket: Bucket, elements: Elements): Bucket {
  const sort = (indices: readonly number[], values: readonly JsonValue[]) =>
    indices
      .map((index) => ({ index, text: writeCanonically(values[index] ?? null) }))
      .sort((one, other) => one.text < other.text ? -1 : one.text > other.text ? 1 : 0)
      .map(({ index }) => index);
  return {
    rows: sort(bucket.rows, elements.rows),
    columns: sort(bucket.columns, elements.columns),
  };
}

/** Writes a value as JSON with sorted keys and elements, so that equal values are equal texts. */
function writeCanonically(value: JsonValue): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object" || value === null) return String(value);
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
