import type { JsonValue } from "../platform/json/json_value.ts";
import type { ElementTokens } from "./element_tokens.ts";

/** Two arrays whose order counts, with access to the errors of their elements. */
interface Sequences {
  readonly expected: readonly JsonValue[];
  readonly actual: readonly JsonValue[];
  /** Returns the errors of a pair, or of an element without a counterpart, relaxed and strict. */
  errorsOf(
    expected: JsonValue | undefined,
    actual: JsonValue | undefined,
  ): readonly [relaxed: number, strict: number];
  /** Called at most once, and only if there are too many pairs to count the errors of each. */
  readTokens(): readonly [readonly ElementTokens[], readonly ElementTokens[]];
}

/** Limits on the work of one alignment, summed over all its gaps. */
export interface AlignLimits {
  /** Largest number of pairs whose errors are counted. */
  readonly pairs: number;
  /** Largest number of pairs whose tokens are only compared for equality. */
  readonly equalities: number;
}

const LIMITS: AlignLimits = { pairs: 40_000, equalities: 16_000_000 };
/** Weight of a relaxed error: more than all strict errors together within `JSON_LIMITS`. */
const RELAXED = 2 ** 24;

/** Part of both arrays that is aligned by itself. `to` and `otherTo` are exclusive. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly otherFrom: number;
  readonly otherTo: number;
}

/**
 * Pairs the elements of two arrays without changing their order. Returns for each expected element
 * the index of its counterpart, or -1. There are as few errors as possible, so that one missing or
 * extra element does not make all following elements wrong. Of equally good alignments, the one that
 * keeps elements at their places is taken. This is the edit distance, counted in leaves.
 *
 * In long arrays, equal elements that occur once on both sides are matched first (the longest run of
 * them that is in order, as in a patience diff), then equal ends of each gap. The rest of a gap is
 * matched by errors if it is short, by equality of elements if it is long, and by place if that is
 * too much work. The result never has more errors than pairing by place.
 */
export function alignElements(sequences: Sequences, limits: AlignLimits = LIMITS): number[] {
  const { expected, actual } = sequences;
  const pairs = new Array<number>(expected.length).fill(-1);
  const whole = { from: 0, to: expected.length, otherFrom: 0, otherTo: actual.length };
  if (sizeOf(whole) <= limits.pairs) {
    alignByErrors(sequences, whole, pairs);
    return pairs;
  }
  const [names, otherNames] = sequences.readTokens().map((side) =>
    side.map(({ folded, blank, near }) => [folded, blank, near].map(String).join(" "))
  );
  alignLong(sequences, { names: names ?? [], otherNames: otherNames ?? [] }, whole, limits, pairs);
  const byPlace = new Array<number>(expected.length).fill(-1);
  alignByPlace(whole, byPlace);
  if (pairs.every((place, index) => place === byPlace[index])) return pairs;
  return sumErrors(sequences, byPlace) <= sumErrors(sequences, pairs) ? byPlace : pairs;
}

/** A text for each element, equal for elements that can count as equal. */
interface Names {
  readonly names: readonly string[];
  readonly otherNames: readonly string[];
}

function alignLong(
  sequences: Sequences,
  all: Names,
  whole: Stretch,
  limits: AlignLimits,
  pairs: number[],
): void {
  let { from, otherFrom } = whole;
  let { pairs: pairsLeft, equalities: equalitiesLeft } = limits;
  const end: [number, number] = [whole.to, whole.otherTo];
  for (const [index, other] of [...findAnchors(all), end]) {
    const gap = trim(all, { from, to: index, otherFrom, otherTo: other }, pairs);
    const size = sizeOf(gap);
    if (size <= pairsLeft) {
      pairsLeft -= size;
      alignByErrors(sequences, gap, pairs);
    } else if (size <= equalitiesLeft) {
      equalitiesLeft -= size;
      alignByEquality(all, gap, pairs);
    } else {
      alignByPlace(gap, pairs);
    }
    if (index < whole.to) pairs[index] = other;
    [from, otherFrom] = [index + 1, other + 1];
  }
}

function sizeOf({ from, to, otherFrom, otherTo }: Stretch): number {
  return (to - from) * (otherTo - otherFrom);
}

/** Pairs equal elements at both ends of a stretch and returns the stretch between them. */
function trim({ names, otherNames }: Names, stretch: Stretch, pairs: number[]): Stretch {
  let { from, to, otherFrom, otherTo } = stretch;
  while (from < to && otherFrom < otherTo && names[from] === otherNames[otherFrom]) {
    pairs[from++] = otherFrom++;
  }
  while (from < to && otherFrom < otherTo && names[to - 1] === otherNames[otherTo - 1]) {
    pairs[--to] = --otherTo;
  }
  return { from, to, otherFrom, otherTo };
}

/** Returns the longest run, in order on both sides, of names that occur once on each side. */
function findAnchors({ names, otherNames }: Names): [number, number][] {
  const places = findUnique(otherNames);
  const unique = [...findUnique(names)].flatMap(([name, index]): [number, number][] => {
    const other = places.get(name);
    return other === undefined ? [] : [[index, other]];
  }).sort(([one], [next]) => one - next);
  // For each length of a run, the pair that ends the run that ends earliest on the other side.
  const ends: number[] = [];
  const before = unique.map(([, other], at) => {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((unique[ends[middle] ?? 0]?.[1] ?? 0) < other) low = middle + 1;
      else high = middle;
    }
    ends[low] = at;
    return ends[low - 1] ?? -1;
  });
  const run: [number, number][] = [];
  for (let at = ends.at(-1) ?? -1; at >= 0; at = before[at] ?? -1) {
    const pair = unique[at];
    if (pair !== undefined) run.push(pair);
  }
  return run.reverse();
}

function findUnique(names: readonly string[]): Map<string, number> {
  const places = Map.groupBy(names.keys(), (index) => names[index] ?? "");
  return new Map(
    [...places].flatMap(([name, [first = 0, ...others]]): [string, number][] =>
      others.length === 0 ? [[name, first]] : []
    ),
  );
}

function alignByErrors(
  { expected, actual, errorsOf }: Sequences,
  at: Stretch,
  pairs: number[],
): void {
  const costOf = (one: JsonValue | undefined, other: JsonValue | undefined) => {
    const [relaxed, strict] = errorsOf(one, other);
    return relaxed * RELAXED + strict;
  };
  const missing = expected.slice(at.from, at.to).map((value) => costOf(value, undefined));
  const extra = actual.slice(at.otherFrom, at.otherTo).map((value) => costOf(undefined, value));
  align(at, missing, extra, (row, column) => costOf(expected[row], actual[column]), pairs);
}

function alignByEquality({ names, otherNames }: Names, at: Stretch, pairs: number[]): void {
  const missing = new Array<number>(at.to - at.from).fill(1);
  const extra = new Array<number>(at.otherTo - at.otherFrom).fill(1);
  const costOf = (row: number, column: number) => names[row] === otherNames[column] ? 0 : 1;
  align(at, missing, extra, costOf, pairs);
}

function alignByPlace({ from, to, otherFrom, otherTo }: Stretch, pairs: number[]): void {
  const count = Math.min(to - from, otherTo - otherFrom);
  for (let place = 0; place < count; place++) pairs[from + place] = otherFrom + place;
}

/**
 * Finds the cheapest alignment of a stretch by dynamic programming. Among equal costs, pairs are
 * preferred.
 */
function align(
  { from, otherFrom }: Stretch,
  missing: readonly number[],
  extra: readonly number[],
  costOf: (row: number, column: number) => number,
  pairs: number[],
): void {
  const width = extra.length + 1;
  const steps = new Uint8Array((missing.length + 1) * width);
  let above = new Float64Array(width);
  for (let column = 1; column < width; column++) {
    above[column] = (above[column - 1] ?? 0) + (extra[column - 1] ?? 0);
    steps[column] = SKIP_ACTUAL;
  }
  for (let row = 1; row <= missing.length; row++) {
    const current = new Float64Array(width);
    const skip = missing[row - 1] ?? 0;
    current[0] = (above[0] ?? 0) + skip;
    steps[row * width] = SKIP_EXPECTED;
    for (let column = 1; column < width; column++) {
      let least = (above[column - 1] ?? 0) + costOf(from + row - 1, otherFrom + column - 1);
      let step = PAIR;
      const without = (above[column] ?? 0) + skip;
      if (without < least) [least, step] = [without, SKIP_EXPECTED];
      const beyond = (current[column - 1] ?? 0) + (extra[column - 1] ?? 0);
      if (beyond < least) [least, step] = [beyond, SKIP_ACTUAL];
      current[column] = least;
      steps[row * width + column] = step;
    }
    above = current;
  }
  let [row, column] = [missing.length, extra.length];
  while (row > 0 || column > 0) {
    const step = steps[row * width + column];
    if (step !== SKIP_ACTUAL) row--;
    if (step !== SKIP_EXPECTED) column--;
    if (step === PAIR) pairs[from + row] = otherFrom + column;
  }
}

const PAIR = 0;
const SKIP_EXPECTED = 1;
const SKIP_ACTUAL = 2;

function sumErrors({ expected, actual, errorsOf }: Sequences, pairs: readonly number[]): number {
  const paired = new Set(pairs);
  let sum = 0;
  for (const [index, place] of pairs.entries()) {
    sum += errorsOf(expected[index], place < 0 ? undefined : actual[place])[0];
  }
  for (const [index, value] of actual.entries()) {
    if (!paired.has(index)) sum += errorsOf(undefined, value)[0];
  }
  return sum;
}
