import type { JsonValue } from "../platform/json/json_value.ts";
import type { FieldRule } from "./field_rules.ts";
import { keyOfValue } from "./same_value.ts";

/** Says which leaves can be alike, without comparing them. */
export interface LeafKeys {
  /** Equal for leaves that are the same; null where only `near` says anything about a leaf. */
  readonly equal: string | null;
  /** Leaves that share one are near each other. */
  readonly near: readonly string[];
}

/**
 * Returns the keys under which a leaf that holds something finds those that relaxed comparison takes
 * for the same: they have `equal` or one of `near` in common, unless the rule accepts either besides
 * the expected value (`any`).
 */
export function readKeys(leaf: JsonValue, rule: FieldRule): LeafKeys {
  const key = keyOfValue(leaf, rule);
  // As right as whatever is expected, so that it says little about which element is meant.
  if (rule.any !== undefined && acceptedKeys(rule).has(key)) return { equal: null, near: [key] };
  const { tolerance } = rule;
  if (tolerance === undefined || tolerance === 0) return { equal: key, near: [] };
  return { equal: null, near: nearKeys(key, tolerance) };
}

const acceptedByRule = new WeakMap<FieldRule, Set<string>>();

function acceptedKeys(rule: FieldRule): Set<string> {
  let keys = acceptedByRule.get(rule);
  if (keys === undefined) {
    keys = new Set(rule.any?.map((accepted) => keyOfValue(accepted, rule)));
    acceptedByRule.set(rule, keys);
  }
  return keys;
}

/**
 * Two numbers within the tolerance lie in one bucket of twice its width or in two adjacent ones, so
 * each has the key of its bucket and of the next. The double width absorbs rounding errors; where
 * doubles no longer tell buckets apart, all numbers share one.
 */
function nearKeys(key: string, tolerance: number): string[] {
  const [, decimal] = /^number (-?\d+(?:\.\d+)?)$/.exec(key) ?? [];
  if (decimal === undefined) return [key];
  const bucket = Math.floor(Number(decimal) / (2 * tolerance));
  if (!Number.isSafeInteger(4 * bucket)) return ["number"];
  return [`number ${bucket}`, `number ${bucket + 1}`];
}
