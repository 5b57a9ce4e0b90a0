import {
  findRuleProblems,
  isAllIgnored,
  readRules,
  type RuleProblem,
  withoutRules,
} from "../../compare/field_rules.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../platform/json/json_value.ts";
import type { BenchmarkImage } from "../configuration.ts";
import type { ConfigSnapshot } from "../snapshot.ts";

/** A rule that cannot be followed, or an expected answer of which the rules compare nothing. */
export type RuleMismatch =
  | RuleProblem
  | {
    /** Path such as `images.2.expected`. */
    readonly path: string;
    readonly code: "nothing_to_compare";
    readonly message: string;
  };

/**
 * Checks a schema's comparison rules (`x-compare`). Lists errors in the order of schema and images.
 */
export function validateRules(
  schema: JsonObject,
  images: readonly BenchmarkImage[],
): RuleMismatch[] {
  const rules = readRules(schema);
  return [
    ...findRuleProblems(schema),
    ...images.flatMap(({ expected }, index): RuleMismatch[] =>
      isAllIgnored(expected, rules)
        ? [{
          path: `images.${index}.expected`,
          code: "nothing_to_compare",
          message: "The schema's x-compare ignores every field.",
        }]
        : []
    ),
  ];
}

/** Reason why a report cannot be scored again by a changed schema. */
export type RuleChangeProblem =
  | RuleMismatch
  | {
    /** Path such as `json_schema.properties.total.type`. */
    readonly path: string;
    readonly code: "schema_changed";
    readonly message: string;
  };

/**
 * Checks a schema for scoring a report again. Only its `x-compare` rules may differ from the
 * ordered schema, since the models were shown the rest, and the rules must be valid. The order of
 * keys makes no difference.
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

/** Returns the path of the first place where two values differ, or null. */
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
