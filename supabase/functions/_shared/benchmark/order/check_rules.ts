import {
  findRuleProblems,
  isAllIgnored,
  readRules,
  withoutRules,
} from "../../compare/field_rules.ts";
import type { FieldError } from "../../platform/http/field_error.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../platform/json/json_value.ts";
import type { BenchmarkImage } from "../configuration.ts";
import type { ConfigSnapshot } from "../snapshot.ts";

/**
 * Checks a schema's comparison rules (`x-compare`): each can be followed, and they leave something of
 * each expected answer to compare. Lists errors in the order of schema and images.
 */
export function validateRules(schema: JsonObject, images: readonly BenchmarkImage[]): FieldError[] {
  const rules = readRules(schema);
  return [
    ...findRuleProblems(schema),
    ...images.flatMap(({ expected }, index) =>
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

/**
 * Checks a schema for scoring a report again. Only its `x-compare` rules may differ from the
 * ordered schema, since the models were shown the rest, and the rules must be valid. The order of
 * keys makes no difference.
 */
export function checkRuleChanges(
  { json_schema, images }: Pick<ConfigSnapshot, "json_schema" | "images">,
  changed: JsonObject,
): FieldError[] {
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
  const areAlike = Array.isArray(one)
    ? Array.isArray(other)
    : isJsonObject(one) && isJsonObject(other);
  if (!areAlike) return one === other ? null : path;
  const [members, others] = [one, other].map((value) => new Map(Object.entries(value ?? {})));
  for (const key of new Set([...members?.keys() ?? [], ...others?.keys() ?? []])) {
    const difference = findDifference(members?.get(key), others?.get(key), `${path}.${key}`);
    if (difference !== null) return difference;
  }
  return null;
}
