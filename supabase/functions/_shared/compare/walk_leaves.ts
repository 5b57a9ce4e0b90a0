import { isJsonObject, type JsonObject, type JsonValue } from "../benchmark/json_value.ts";
import { isEmpty, isSameRelaxed, isSameStrictly } from "./same_value.ts";

/** How alike two values must be to count as the same; see `same_value.ts`. */
export type CompareMode = "strict" | "relaxed";

/** What became of one leaf. */
export type LeafOutcome = "correct" | "wrong" | "missing" | "extra";

/** A leaf's place, as a list from the leaf up, so that a path costs nothing until it is written. */
export interface LeafPath {
  readonly parent: LeafPath | null;
  readonly step: string | number;
}

/** One leaf of the expected answer, or one of the actual answer that has no counterpart there. */
export interface Leaf {
  readonly path: LeafPath | null;
  readonly outcome: LeafOutcome;
  /** Undefined where nothing was expected (extra). */
  readonly expected: JsonValue | undefined;
  /** Undefined where nothing was given (missing). */
  readonly actual: JsonValue | undefined;
}

interface Pair {
  readonly path: LeafPath | null;
  readonly expected: JsonValue | undefined;
  readonly actual: JsonValue | undefined;
}

/**
 * Calls `visit` with every leaf of the two answers, in the order of the expected one, until `visit`
 * returns false.
 *
 * A leaf is a scalar, null, or an empty object or array. Objects are matched by key and arrays by
 * position. A leaf of the expected answer is
 * - `correct` where the actual answer has the same value there, by `mode`;
 * - `wrong` where it has another, of another type or a filled container included;
 * - `missing` where it has none. In relaxed mode an expected leaf that is empty (null, `""`, …) is
 *   correct when absent, provided there is an answer at all (`actual` is not undefined).
 *
 * A leaf of the actual answer where nothing is expected is `extra`; relaxed mode overlooks empty
 * ones. Where an object or array is expected and something else is given, every expected leaf below
 * is missing and what was given instead is one extra.
 *
 * Only own keys are looked at, and no value is ever written to by key, so `__proto__` is a field
 * like any other. Time is linear in both answers; nesting cannot overflow the call stack.
 */
export function walkLeaves(
  expected: JsonValue,
  actual: JsonValue | undefined,
  mode: CompareMode,
  visit: (leaf: Leaf) => boolean,
): void {
  const relaxed = mode === "relaxed";
  const overlookEmpty = relaxed && actual !== undefined;
  const isSame = relaxed ? isSameRelaxed : isSameStrictly;
  const pending: Pair[] = [{ path: null, expected, actual }];

  for (let pair = pending.pop(); pair !== undefined; pair = pending.pop()) {
    const { path, expected, actual } = pair;
    if (isFilled(expected)) {
      const isSameKind = actual !== undefined && isContainer(actual) &&
        Array.isArray(actual) === Array.isArray(expected);
      if (!isSameKind && actual !== undefined && !(relaxed && isEmpty(actual))) {
        if (!visit({ path, outcome: "extra", expected: undefined, actual })) return;
      }
      pushChildren(pending, path, expected, isSameKind ? actual : undefined);
    } else if (expected !== undefined) {
      const outcome = actual === undefined
        ? overlookEmpty && isEmpty(expected) ? "correct" : "missing"
        : isSame(expected, actual)
        ? "correct"
        : "wrong";
      if (!visit({ path, outcome, expected, actual })) return;
    } else if (isFilled(actual)) {
      pushChildren(pending, path, undefined, actual);
    } else if (actual !== undefined && !(relaxed && isEmpty(actual))) {
      if (!visit({ path, outcome: "extra", expected, actual })) return;
    }
  }
}

/** A leaf's place as it is read: `total`, `items[0].price`, `["unit price"].net`; the root is `$`. */
export function writePath(path: LeafPath | null): string {
  const steps: string[] = [];
  for (let at = path; at !== null; at = at.parent) steps.push(writeStep(at));
  return steps.length === 0 ? "$" : steps.reverse().join("");
}

function writeStep({ parent, step }: LeafPath): string {
  if (typeof step === "number") return `[${step}]`;
  if (!/^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(step)) return `[${JSON.stringify(step)}]`;
  return parent === null ? step : `.${step}`;
}

type Container = JsonValue[] | JsonObject;

function isContainer(value: JsonValue | undefined): value is Container {
  return Array.isArray(value) || isJsonObject(value);
}

function isFilled(value: JsonValue | undefined): value is Container {
  if (Array.isArray(value)) return value.length > 0;
  return isJsonObject(value) && Object.keys(value).length > 0;
}

/** Pushes the last child first, so that the first is taken first. */
function pushChildren(
  pending: Pair[],
  parent: LeafPath | null,
  expected: Container | undefined,
  actual: Container | undefined,
): void {
  const steps = Array.isArray(expected ?? actual)
    ? Array.from({ length: Math.max(size(expected), size(actual)) }, (_, index) => index)
    : [...new Set([...Object.keys(expected ?? {}), ...Object.keys(actual ?? {})])];
  for (const step of steps.reverse()) {
    pending.push({
      path: { parent, step },
      expected: readChild(expected, step),
      actual: readChild(actual, step),
    });
  }
}

function size(container: Container | undefined): number {
  return Array.isArray(container) ? container.length : 0;
}

function readChild(container: Container | undefined, step: string | number): JsonValue | undefined {
  if (container === undefined) return undefined;
  if (Array.isArray(container)) return typeof step === "number" ? container[step] : undefined;
  return Object.hasOwn(container, step) ? container[step] : undefined;
}
