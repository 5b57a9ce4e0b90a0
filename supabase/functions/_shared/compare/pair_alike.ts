import type { JsonValue } from "../benchmark/json_value.ts";
import type { Worth } from "./assign_elements.ts";

/** Words that more of the columns have say little about which one is meant. */
const COMMON = 50;
/** How many columns are looked at for a row: those with which it shares the rarest words. */
const MOST_CANDIDATES = 4;

/**
 * Pairs elements of arrays too long for every pair to be looked at: for each row its column, or -1.
 * The pairs are taken by their worth, the highest first, among those that share words in the same
 * fields; what is left is paired as it stands. Good pairs, seldom the best. Where rows and columns
 * are sorted the outcome does not depend on the order they had.
 */
export function pairAlike(
  rows: readonly JsonValue[],
  columns: readonly JsonValue[],
  worthOf: (row: number, column: number) => Worth,
): number[] {
  const assigned = new Array<number>(rows.length).fill(-1);
  const taken = new Set<number>();
  const candidates = findCandidates(rows, columns).map(([row, column]) => ({
    row,
    column,
    worth: worthOf(row, column),
  }));
  candidates.sort((one, other) =>
    compareWorths(other.worth, one.worth) || one.row - other.row || one.column - other.column
  );
  for (const { row, column } of candidates) {
    if (assigned[row] !== -1 || taken.has(column)) continue;
    assigned[row] = column;
    taken.add(column);
  }
  const left = Array.from(columns.keys()).filter((column) => !taken.has(column));
  let next = 0;
  for (const [row, column] of assigned.entries()) {
    if (column === -1) assigned[row] = left[next++] ?? -1;
  }
  return assigned;
}

function findCandidates(
  rows: readonly JsonValue[],
  columns: readonly JsonValue[],
): [row: number, column: number][] {
  const holders = new Map<string, number[]>();
  for (const [column, value] of columns.entries()) {
    for (const word of new Set(wordsOf(value))) {
      const known = holders.get(word);
      if (known === undefined) holders.set(word, [column]);
      else known.push(column);
    }
  }
  return rows.flatMap((value, row) => {
    const likeness = new Map<number, number>();
    for (const word of new Set(wordsOf(value))) {
      const having = holders.get(word) ?? [];
      if (having.length > COMMON) continue;
      for (const column of having) {
        likeness.set(column, (likeness.get(column) ?? 0) + 1 / having.length);
      }
    }
    return [...likeness]
      .sort(([one, more], [other, less]) => less - more || one - other)
      .slice(0, MOST_CANDIDATES)
      .map(([column]): [number, number] => [row, column]);
  });
}

function* wordsOf(value: JsonValue, path = ""): Generator<string> {
  if (Array.isArray(value)) {
    for (const element of value) yield* wordsOf(element, `${path}[]`);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, child] of Object.entries(value)) yield* wordsOf(child, `${path}.${key}`);
  } else if (value !== null) {
    for (const word of String(value).toLowerCase().normalize("NFC").split(/\s+/)) {
      if (word !== "") yield `${path} ${word}`;
    }
  }
}

function compareWorths(one: Worth, other: Worth): number {
  const place = one.findIndex((figure, place) => figure !== other[place]);
  return place < 0 ? 0 : (one[place] ?? 0) - (other[place] ?? 0);
}
