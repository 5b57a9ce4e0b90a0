import type { JsonValue } from "../platform/json/json_value.ts";
import type { FieldRule } from "./field_rules.ts";
import { keyOfValue } from "./same_value.ts";

/** Keys by which leaves that can be alike are found without comparing them. */
export interface LeafKeys {
  /** Equal for leaves that are the same; null for a leaf that has `near` keys only. */
  readonly equal: string | null;
  /** Keys of which leaves that are near each other share at least one. */
  readonly near: readonly string[];
}

/**
 * Returns the keys of a leaf that is not empty. Leaves that are the same in relaxed comparison share
 * `equal` or one of `near`, unless the rule accepts one of them besides the expected value (`any`).
 */
export function readKeys(leaf: JsonValue, rule: FieldRule): LeafKeys {
  const key = keyOfValue(leaf, rule);
  // An accepted value tells little about which element is meant.
  if (rule.any !== undefined && acceptedKeys(rule).has(key)) return { equal: null, near: [key] };
  const { tolerance } = rule;
  if (tolerance === undefined || tolerance === 0) return { equal: key, near: [] };
  return { equal: null, near: nearKeys(key, tolerance) };
}

const acceptedByRule = new WeakMap<FieldRule, Set<string>>();

function acceptedKeys(rule: FieldRule): Set<string> {
  const keys = acceptedByRule.get(rule) ??
    new Set(rule.any?.map((accepted) => keyOfValue(accepted, rule)));
  acceptedByRule.set(rule, keys);
  return keys;
}

/**
 * Returns the keys of a number with a tolerance. Two numbers within the tolerance lie in the same or in
 * adjacent buckets of twice its width, so each has the key of its bucket and of the next. The double
 * width absorbs rounding errors. Numbers too large for separate buckets all share one.
 */
function nearKeys(key: string, tolerance: number): string[] {
  const [, decimal] = /^number (-?\d+(?:\.\d+)?)$/.exec(key) ?? [];
  if (decimal === undefined) return [key];
  const bucket = Math.floor(Number(decimal) / (2 * tolerance));
  if (!Number.isSafeInteger(4 * bucket)) return ["number"];
  return [`number ${bucket}`, `number ${bucket + 1}`];
}
