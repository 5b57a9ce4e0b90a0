import {
  findRuleProblems,
  isAllIgnored,
  readRules,
  type RuleProblem,
} from "../../compare/field_rules.ts";
import type { JsonObject } from "../../platform/json/json_value.ts";
import type { BenchmarkImage } from "../config.ts";

/** A rule that cannot be followed, or an expected answer of which the rules leave nothing. */
export type RuleMismatch =
  | RuleProblem
  | {
    /** As `images.2.expected`. */
    readonly path: string;
    readonly code: "nothing_to_compare";
    readonly message: string;
  };

/** Checks a schema's rules for the comparison (`x-compare`), in the order of schema and images. */
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
