import { isJsonObject, type JsonObject, type JsonValue } from "../platform/json/json_value.ts";
import { alignElements } from "./align_elements.ts";
import { assignElements, type Worth } from "./assign_elements.ts";
import { type ElementTokens, readTokens } from "./element_tokens.ts";
import type { FieldRules } from "./field_rules.ts";
import { emptyCounts, type LeafCounts, type LeafOutcome } from "./leaf_counts.ts";
import { readKeys } from "./leaf_keys.ts";
import type { LeafPath } from "./leaf_path.ts";
import { isEmpty, isSameRelaxed, isSameStrictly } from "./same_value.ts";

/** Strictness of a comparison; see `same_value.ts`. */
export type CompareMode = "strict" | "relaxed";

/** Path of a value; null for the root, and if paths are not wanted. */
type Path = LeafPath | null;

/** Receiver of the compared leaves. */
interface LeafVisitor {
  /** True if paths are needed; without them counting is cheaper. */
  readonly wantsPaths: boolean;
  /**
   * Receives one leaf of the expected answer, or an extra one of the actual answer.
   *
   * @param strict Outcome in strict comparison.
   * @param relaxed Outcome in relaxed comparison; null for an extra leaf that is empty, which relaxed
   * comparison does not count.
   * @param expected Undefined for an extra leaf.
   * @param actual Undefined for a missing leaf.
   */
  visit(
    strict: LeafOutcome,
    relaxed: LeafOutcome | null,
    path: Path,
    expected: JsonValue | undefined,
    actual: JsonValue | undefined,
  ): void;
}

/**
 * Compares two answers and calls `visitor` for every leaf, in the order of the expected answer, with
 * its strict and relaxed outcomes. Both are of the same pairs of leaves, so that relaxed is never
 * worse.
 *
 * A leaf is a scalar, null, or an empty object or array. Objects are matched by key. Arrays that hold
 * an object or array are matched by the pairs of elements that make most leaves correct, whatever
 * their order. Arrays of scalars are matched in order, with as few errors as possible. A rule can
 * change both. A leaf of the expected answer is
 * - `correct` if the actual answer has the same value there;
 * - `wrong` if it has another value, including one of another type or a filled container. All but one
 *   of that container's leaves are then `extra`;
 * - `missing` if it has none. In relaxed comparison, an expected leaf that is empty (null, `""`, …) is
 *   correct if it is absent from an object that is there. So is a container of only such leaves.
 *
 * A leaf of the actual answer without an expected counterpart is `extra`; relaxed comparison ignores
 * empty ones. If a filled object or array is expected and something else is given, every expected
 * leaf below is missing and every given leaf is extra. If there is no answer at all (`actual` is
 * undefined), every leaf is missing, including empty ones. Ignored fields are not visited.
 *
 * Only own keys are read, and no value is written by key, so that `__proto__` is an ordinary field. The
 * function recurses once per level and expects values within `JSON_LIMITS`.
 */
export function walkLeaves(
  expected: JsonValue,
  actual: JsonValue | undefined,
  rules: FieldRules,
  visitor: LeafVisitor,
): void {
  const walk = new Walk(visitor);
  if (actual === undefined) walk.missing(expected, rules, null, false);
  else walk.pair(expected, actual, rules, null);
}

/** Walk over two values that tells one visitor of their leaves. */
class Walk {
  readonly #visitor: LeafVisitor;

  constructor(visitor: LeafVisitor) {
    this.#visitor = visitor;
  }

  /** Visits the leaves of a value and its counterpart. */
  pair(expected: JsonValue, actual: JsonValue, rules: FieldRules, path: Path): void {
    if (rules.rule.ignore === true) return;
    if (isFilled(expected)) {
      if (Array.isArray(expected)) {
        if (Array.isArray(actual)) return this.#arrays({ expected, actual, rules }, path);
      } else if (isJsonObject(actual)) {
        return this.#objects(expected, actual, rules, path);
      }
      this.missing(expected, rules, path, isEmpty(expected) && isEmpty(actual));
      this.extra(actual, rules, path);
    } else if (isFilled(actual)) {
      const bothEmpty = isEmpty(actual) && isEmpty(expected);
      this.#visitor.visit("wrong", bothEmpty ? "correct" : "wrong", path, expected, actual);
      new Walk(skipFirst(this.#visitor, isEmpty(actual))).extra(actual, rules, path);
    } else if (isSameStrictly(expected, actual, rules.rule)) {
      this.#visitor.visit("correct", "correct", path, expected, actual);
    } else {
      const relaxed = isSameRelaxed(expected, actual, rules.rule) ? "correct" : "wrong";
      this.#visitor.visit("wrong", relaxed, path, expected, actual);
    }
  }

  /**
   * Visits the leaves of a missing value.
   *
   * @param isPardoned True if relaxed comparison accepts the absence of these leaves, which are
   * empty.
   */
  missing(expected: JsonValue, rules: FieldRules, path: Path, isPardoned: boolean): void {
    this.#all(expected, rules, path, (leaf, at) => {
      this.#visitor.visit("missing", isPardoned ? "correct" : "missing", at, leaf, undefined);
    });
  }

  /** Visits the leaves of a value without an expected counterpart. */
  extra(actual: JsonValue, rules: FieldRules, path: Path): void {
    this.#all(actual, rules, path, (leaf, at) => {
      this.#visitor.visit("extra", isEmpty(leaf) ? null : "extra", at, undefined, leaf);
    });
  }

  #objects(expected: JsonObject, actual: JsonObject, rules: FieldRules, path: Path): void {
    for (const key of Object.keys(expected)) {
      const value = expected[key];
      if (value === undefined) continue;
      const at = this.#stepTo(path, key);
      const below = rules.property(key);
      const given = Object.hasOwn(actual, key) ? actual[key] : undefined;
      if (given !== undefined) this.pair(value, given, below, at);
      else this.missing(value, below, at, isSameRelaxed(value, null, below.rule));
    }
    for (const key of Object.keys(actual)) {
      const given = actual[key];
      if (given === undefined || Object.hasOwn(expected, key)) continue;
      this.extra(given, rules.property(key), this.#stepTo(path, key));
    }
  }

  #arrays(arrays: Arrays, path: Path): void {
    const { expected, actual, rules } = arrays;
    const pairs = pairElements(arrays);
    const paired = new Set(pairs);
    for (const [index, value] of expected.entries()) {
      const at = this.#stepTo(path, index);
      const given = actual[pairs[index] ?? -1];
      if (given !== undefined) this.pair(value, given, rules.element(index), at);
      else this.missing(value, rules.element(index), at, isEmpty(value));
    }
    // Extra elements are numbered after the expected ones, so that no two leaves have the same path.
    let place = expected.length;
    for (const [index, given] of actual.entries()) {
      if (paired.has(index)) continue;
      this.extra(given, rules.element(index), this.#stepTo(path, place++));
    }
  }

  #all(
    value: JsonValue,
    rules: FieldRules,
    path: Path,
    visit: (leaf: JsonValue, path: Path) => void,
  ): void {
    if (rules.rule.ignore === true) return;
    if (!isFilled(value)) return visit(value, path);
    if (Array.isArray(value)) {
      for (const [index, element] of value.entries()) {
        this.#all(element, rules.element(index), this.#stepTo(path, index), visit);
      }
    } else {
      for (const [key, child] of Object.entries(value)) {
        this.#all(child, rules.property(key), this.#stepTo(path, key), visit);
      }
    }
  }

  #stepTo(parent: Path, step: string | number): Path {
    return this.#visitor.wantsPaths ? { parent, step } : null;
  }
}

/** Skips the first counted leaf, which was visited already on behalf of its whole container. */
function skipFirst(visitor: LeafVisitor, areAllEmpty: boolean): LeafVisitor {
  let isSkipped = false;
  return {
    wantsPaths: visitor.wantsPaths,
    visit(strict, relaxed, path, expected, actual) {
      if (!isSkipped && (areAllEmpty || relaxed !== null)) isSkipped = true;
      else visitor.visit(strict, relaxed, path, expected, actual);
    },
  };
}

function isFilled(value: JsonValue): value is JsonValue[] | JsonObject {
  if (Array.isArray(value)) return value.length > 0;
  return isJsonObject(value) && Object.keys(value).length > 0;
}

/** Two arrays to pair, with their rules. */
interface Arrays {
  readonly expected: readonly JsonValue[];
  readonly actual: readonly JsonValue[];
  readonly rules: FieldRules;
}

/** Returns for each expected element the index of its counterpart, or -1. */
function pairElements(arrays: Arrays): number[] {
  const { expected, actual, rules } = arrays;
  const { array } = rules.rule;
  const inOrder = () => expected.map((_, index) => index < actual.length ? index : -1);
  // Each position of a tuple has its own meaning.
  if (rules.isTuple && (array === undefined || array === "ordered")) return inOrder();
  if (typeof array === "object") return pairByKey(arrays, array.key);
  if (expected.length === 1 && actual.length === 1) return [0];
  if (arePerfectInOrder(arrays)) return inOrder();
  const isOrdered = array === "ordered" || (array === undefined && !expected.some(isRecord));
  return isOrdered ? pairInOrder(arrays) : pairAnyOrder(arrays);
}

/** Tells whether `value` is an object or array that is not empty; see {@link isEmpty}. */
function isRecord(value: JsonValue): boolean {
  return typeof value === "object" && !isEmpty(value);
}

/** Pairs elements so that most leaves are right. */
function pairAnyOrder(
  { expected, actual, rules }: Arrays,
  canPair: (row: number, column: number) => boolean = () => true,
): number[] {
  const element = rules.element(0);
  const missing: number[][] = [];
  const extra: number[][] = [];
  const tallyPair = (row: number, column: number) =>
    tally(expected[row] ?? null, actual[column] ?? null, element);
  return assignElements({
    rows: expected,
    columns: actual,
    worthOf: (row, column): Worth => {
      if (!canPair(row, column)) return NO_PAIR;
      const without = missing[row] ??= tally(expected[row], undefined, element).worth();
      const beyond = extra[column] ??= tally(undefined, actual[column], element).worth();
      const gain = tallyPair(row, column).worth().map((count, place) =>
        count - (without[place] ?? 0) - (beyond[place] ?? 0)
      );
      return [1, ...gain];
    },
    countRight: (row, column) => canPair(row, column) ? tallyPair(row, column).relaxed.correct : 0,
    readTokens: () => readTokens([expected, actual], element, readKeys),
  });
}

/** Worth of pairing elements whose keys differ. Such pairs are separated in the end. */
const NO_PAIR: Worth = [0, 0, 0, 0, 0, 0, 0];

/** Pairs elements with the same value under `key`; of several, the best, whatever their order. */
function pairByKey({ expected, actual, rules }: Arrays, key: string): number[] {
  const keyRules = rules.element(0).property(key);
  const keys = expected.map((element) => keyOf(element, key));
  const otherKeys = actual.map((element) => keyOf(element, key));
  const [tokens, otherTokens] = readTokens([keys, otherKeys], keyRules, readKeys);
  const columns = groupByTokens(otherTokens);
  const pairs = new Array<number>(expected.length).fill(-1);
  for (const [group, rowsOfGroup] of groupByTokens(tokens)) {
    const columnsOfGroup = columns.get(group) ?? [];
    const haveSameKey = (row: number, column: number) =>
      isSameRelaxed(
        keys[rowsOfGroup[row] ?? -1] ?? null,
        otherKeys[columnsOfGroup[column] ?? -1] ?? null,
        keyRules.rule,
      );
    const found = pairAnyOrder({
      expected: rowsOfGroup.map((row) => expected[row] ?? null),
      actual: columnsOfGroup.map((column) => actual[column] ?? null),
      rules,
    }, haveSameKey);
    for (const [index, row] of rowsOfGroup.entries()) {
      const place = found[index] ?? -1;
      if (place >= 0 && haveSameKey(index, place)) pairs[row] = columnsOfGroup[place] ?? -1;
    }
  }
  return pairs;
}

/** Groups elements whose keys can be equal. Keys that are only near share one group. */
function groupByTokens(tokens: readonly ElementTokens[]): Map<string, number[]> {
  return Map.groupBy(tokens.keys(), (index) => tokens[index]?.folded.join() ?? "");
}

function keyOf(element: JsonValue, key: string): JsonValue {
  return isJsonObject(element) && Object.hasOwn(element, key) ? element[key] ?? null : null;
}

/** Pairs elements without changing their order, so that there are as few errors as possible. */
function pairInOrder({ expected, actual, rules }: Arrays): number[] {
  const element = rules.element(0);
  return alignElements({
    expected,
    actual,
    errorsOf: (one, other) => tally(one, other, element).errors(),
    readTokens: () => readTokens([expected, actual], element, readKeys),
  });
}

/** Tells whether all elements are right in order: by far the most frequent case, and cheap to find. */
function arePerfectInOrder({ expected, actual, rules }: Arrays): boolean {
  if (expected.length !== actual.length) return false;
  const element = rules.element(0);
  let isPerfect = true;
  const walk = new Walk({
    wantsPaths: false,
    visit(strict) {
      isPerfect &&= strict === "correct";
    },
  });
  for (let index = 0; isPerfect && index < expected.length; index++) {
    walk.pair(expected[index] ?? null, actual[index] ?? null, element, null);
  }
  return isPerfect;
}

/** Counts the outcomes of one pair of elements, or of an element without a counterpart. */
function tally(
  expected: JsonValue | undefined,
  actual: JsonValue | undefined,
  rules: FieldRules,
): Tally {
  const counts = new Tally();
  const walk = new Walk(counts);
  if (expected === undefined) {
    if (actual !== undefined) walk.extra(actual, rules, null);
  } else if (actual === undefined) {
    walk.missing(expected, rules, null, isEmpty(expected));
  } else {
    walk.pair(expected, actual, rules, null);
  }
  return counts;
}

class Tally implements LeafVisitor {
  readonly wantsPaths = false;
  readonly strict = emptyCounts();
  readonly relaxed = emptyCounts();

  visit(strict: LeafOutcome, relaxed: LeafOutcome | null): void {
    this.strict[strict]++;
    if (relaxed !== null) this.relaxed[relaxed]++;
  }

  /**
   * Returns what a pair contributes, most important figure first: correct leaves, extra leaves
   * (negative) and wrong leaves, each relaxed then strict. Wrong leaves are better than missing
   * ones, so that the best pairs always give the same counts.
   */
  worth(): number[] {
    return [
      this.relaxed.correct,
      this.strict.correct,
      -this.relaxed.extra,
      -this.strict.extra,
      this.relaxed.wrong,
      this.strict.wrong,
    ];
  }

  /** Returns the numbers of leaves that are not right, relaxed and strict. */
  errors(): [relaxed: number, strict: number] {
    return [countErrors(this.relaxed), countErrors(this.strict)];
  }
}

function countErrors({ wrong, missing, extra }: LeafCounts): number {
  return wrong + missing + extra;
}
