import { munkres } from "munkres";
import type { ElementTokens } from "./element_tokens.ts";

/** Limits on the work of pairing. */
export interface AlikeLimits {
  /** Largest number of pairs (rows times columns) for which every pair is weighed. */
  readonly pairs: number;
  /** Largest number of shared tokens, over all pairs, that are counted to find the best pairs. */
  readonly shared: number;
}

/** Weights of equal and of near values. */
const EQUAL = 2;
const NEAR = 1;
/** Largest number of best columns that are kept for a row, in case other rows take some of them. */
const MOST_CANDIDATES = 16;

/**
 * Pairs elements by the number of tokens that they share. Returns for each row its column, or -1. The
 * number of pairs is the smaller of the numbers of rows and columns.
 *
 * Up to `limits.pairs`, no other choice of pairs shares more tokens. Beyond, pairs are taken one by
 * one, the most alike first. They share at least half as much as the best choice, because each pair
 * taken prevents at most two others, which are not more alike. If even that is too much to count,
 * the most frequent tokens are not counted.
 */
export function pairAlike(
  rows: readonly ElementTokens[],
  columns: readonly ElementTokens[],
  limits: AlikeLimits,
): number[] {
  const assigned = new Array<number>(rows.length).fill(-1);
  if (rows.length === 0 || columns.length === 0) return assigned;
  if (rows.length * columns.length <= limits.pairs) {
    for (const [row, column] of munkres(weighAll(rows, columns))) assigned[row] = column;
    return assigned;
  }
  pairBestFirst(rows, columns, limits, assigned);
  const taken = new Set(assigned);
  const left = Array.from(columns.keys()).filter((column) => !taken.has(column));
  let next = 0;
  return assigned.map((column) => column >= 0 ? column : left[next++] ?? -1);
}

/** Returns the cost of every pair: the less alike, the higher. Equal spellings break ties. */
function weighAll(rows: readonly ElementTokens[], columns: readonly ElementTokens[]): number[][] {
  const mostExact = rows.reduce((most, { exact }) => Math.max(most, exact.length), 0);
  const unit = mostExact + 1;
  const weigh = (tokens: ElementTokens): Weighted[] => [
    ...weighted(tokens, unit),
    ...tokens.exact.map((token): Weighted => [token, 1]),
  ];
  const holders = collect(columns, weigh);
  const weights = rows.map((tokens) => {
    const weights = new Array<number>(columns.length).fill(0);
    for (const [token, weight] of weigh(tokens)) {
      for (const column of holders.get(token) ?? []) {
        weights[column] = (weights[column] ?? 0) + weight;
      }
    }
    return weights;
  });
  const most = weights.reduce((most, row) => row.reduce((a, b) => Math.max(a, b), most), 0);
  return weights.map((row) => row.map((weight) => most - weight));
}

type Weighted = readonly [token: number, weight: number];

function weighted({ folded, blank, near }: ElementTokens, unit: number): Weighted[] {
  return [
    ...folded.map((token): Weighted => [token, EQUAL * unit]),
    ...blank.map((token): Weighted => [token, EQUAL * unit]),
    ...near.map((token): Weighted => [token, NEAR * unit]),
  ];
}

/** Returns the indices of the elements that hold each token. */
function collect(
  elements: readonly ElementTokens[],
  tokensOf: (tokens: ElementTokens) => readonly Weighted[],
): Map<number, number[]> {
  const holders = new Map<number, number[]>();
  for (const [index, tokens] of elements.entries()) {
    for (const [token] of tokensOf(tokens)) {
      const known = holders.get(token);
      if (known === undefined) holders.set(token, [index]);
      else known.push(index);
    }
  }
  return holders;
}

interface Candidate {
  readonly column: number;
  readonly weight: number;
}

/**
 * Takes the most alike pair, then the most alike of the rest, and so on. A row waits at the weight of
 * its best column that is free. Once all columns it knows are taken, it searches again.
 */
function pairBestFirst(
  rows: readonly ElementTokens[],
  columns: readonly ElementTokens[],
  limits: AlikeLimits,
  assigned: number[],
): void {
  const holders = collect(columns, (tokens) => weighted(tokens, 1));
  dropMostCommon(holders, rows, limits.shared);
  let effort = 2 * limits.shared;
  const isTaken = new Uint8Array(columns.length);
  const weights = new Int32Array(columns.length);
  const findBest = (row: ElementTokens): Candidate[] => {
    const touched: number[] = [];
    for (const [token, weight] of weighted(row, 1)) {
      const having = holders.get(token) ?? [];
      effort -= having.length;
      for (const column of having) {
        if (isTaken[column] === 1) continue;
        if (weights[column] === 0) touched.push(column);
        weights[column] = (weights[column] ?? 0) + weight;
      }
    }
    const best = takeBest(touched, weights);
    for (const column of touched) weights[column] = 0;
    return best;
  };
  const waiting: number[][] = [];
  const candidates = new Map<number, Candidate[]>();
  const wait = (row: number) => {
    let known = candidates.get(row) ?? [];
    while (known.length > 0 && isTaken[known.at(-1)?.column ?? 0] === 1) known.pop();
    const tokens = rows[row];
    if (known.length === 0 && effort > 0 && tokens !== undefined) known = findBest(tokens);
    candidates.set(row, known);
    const best = known.at(-1);
    if (best !== undefined) (waiting[best.weight] ??= []).push(row);
  };
  for (let row = rows.length - 1; row >= 0; row--) wait(row);
  for (let weight = waiting.length - 1; weight > 0; weight--) {
    for (let row = waiting[weight]?.pop(); row !== undefined; row = waiting[weight]?.pop()) {
      const column = candidates.get(row)?.at(-1)?.column ?? 0;
      if (isTaken[column] === 1) {
        wait(row);
        continue;
      }
      assigned[row] = column;
      isTaken[column] = 1;
      candidates.delete(row);
    }
  }
}

/** Returns the columns with the highest weights, the best one last. */
function takeBest(columns: readonly number[], weights: Int32Array): Candidate[] {
  const best: Candidate[] = [];
  for (const column of columns) {
    const weight = weights[column] ?? 0;
    if (best.length === MOST_CANDIDATES && weight <= (best[0]?.weight ?? 0)) continue;
    let place = best.findIndex((known) => known.weight >= weight);
    if (place < 0) place = best.length;
    best.splice(place, 0, { column, weight });
    if (best.length > MOST_CANDIDATES) best.shift();
  }
  return best;
}

/** Removes the most frequent tokens, until rows and columns share the others at most `most` times. */
function dropMostCommon(
  holders: Map<number, number[]>,
  rows: readonly ElementTokens[],
  most: number,
): void {
  const inRows = collect(rows, (tokens) => weighted(tokens, 1));
  const counts = [...holders]
    .map(([token, having]) => ({ token, shared: having.length * (inRows.get(token)?.length ?? 0) }))
    .sort((one, other) => one.shared - other.shared);
  let sum = 0;
  for (const { token, shared } of counts) {
    sum += shared;
    if (sum > most || shared === 0) holders.delete(token);
  }
}
