import { withoutRules } from "../../compare/field_rules.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../platform/json/json_value.ts";
import type { ConfigSnapshot } from "../config.ts";
import { type RuleMismatch, validateRules } from "./validate_rules.ts";

/** Why stored answers cannot be scored by a schema. */
export type RuleChangeProblem =
  | RuleMismatch
  | {
    /** As `json_schema.properties.total.type`. */
    readonly path: string;
    readonly code: "schema_changed";
    readonly message: string;
  };

/**
 * Checks the schema that a report is to be scored again with: it must be the ordered one but for its
 * `x-compare` rules, since the models were shown all the rest, and the rules must be ones that can be
 * followed. Returns what is wrong; the order of keys makes no difference.
 */
export function checkRuleChanges(
  { json_schema, images }: Pick<ConfigSnapshot, "json_schema" | "images">,
  changed: JsonObject,
): RuleChangeProblem[] {
  const path = findDifference(withoutRules(json_schema), withoutRules(changed), "json_schema");
  if (path === null) return validateRules(changed, images);
  return [{
    path,
    code: "schema_changed",
    message: "Only x-compare rules may differ from the ordered schema.",
  }];
}

/** The first place where two values differ, or null. */
function findDifference(
  one: JsonValue | undefined,
  other: JsonValue | undefined,
  path: string,
): string | null {
  if (Array.isArray(one) && Array.isArray(other)) {
    return findAmong([...one.keys(), ...other.keys()], (key) => [one[key], other[key]], path);
  }
  if (isJsonObject(one) && isJsonObject(other)) {
    return findAmong(
      [...Object.keys(one), ...Object.keys(other)],
      (key) => [ownValue(one, key), ownValue(other, key)],
      path,
    );
  }
  return one === other ? null : path;
}

function findAmong<Key extends string | number>(
  keys: readonly Key[],
  read: (key: Key) => [JsonValue | undefined, JsonValue | undefined],
  path: string,
): string | null {
  for (const key of new Set(keys)) {
    const difference = findDifference(...read(key), `${path}.${key}`);
    if (difference !== null) return difference;
  }
  return null;
}

function ownValue(object: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
