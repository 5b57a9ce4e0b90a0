import { type OutputUnit, Validator } from "@cfworker/json-schema";
import { RE2JSException } from "re2js";
import type { JsonObject } from "../../platform/json/json_value.ts";
import {
  chooseStandIns,
  replaceBigint,
  replaceBigints,
} from "../../platform/json/replace_bigints.ts";
import { boundSchema, TooManyStepsError } from "../bound_schema.ts";
import type { BenchmarkImage } from "../configuration.ts";
import { type RuleMismatch, validateRules } from "./check_rules.ts";

/** One place where an expected answer breaks the schema, or where the schema itself is broken. */
export interface ExpectedMismatch {
  /** As in `images.2.expected.items.0.price`, or `json_schema` and what is below it. */
  readonly path: string;
  readonly code: "schema_mismatch" | "schema_invalid" | RuleMismatch["code"];
  readonly message: string;
}

const MOST_MISMATCHES = 50;

/** For all answers together: half a second to a second, of the two that a function has. */
const MOST_STEPS = 5_000_000;

// These only say that something below them failed, which is listed too.
const WRAPPERS = new Set([
  "$ref",
  "additionalItems",
  "additionalProperties",
  "allOf",
  "dependentSchemas",
  "items",
  "patternProperties",
  "prefixItems",
  "properties",
]);
const CHOICES = new Set(["anyOf", "oneOf"]);

/**
 * Checks every image's expected answer against the JSON schema (draft 2020-12) and lists at most 50
 * mismatches, the deepest place of each. A schema that cannot be applied (a broken pattern, an
 * endless or remote `$ref`, a keyword of the wrong type, more work than there is time for) is one
 * mismatch, at `json_schema`. Patterns are of RE2's syntax: no look-around, no references back. Rules for
 * the comparison (`x-compare`) that cannot be followed, or that leave nothing of an answer to compare,
 * are mismatches too.
 */
export function validateExpected(
  schema: JsonObject,
  images: readonly BenchmarkImage[],
  steps = MOST_STEPS,
): ExpectedMismatch[] {
  const mismatches: ExpectedMismatch[] = validateRules(schema, images).slice(0, MOST_MISMATCHES);
  if (mismatches.length >= MOST_MISMATCHES) return mismatches;
  try {
    // The validator knows no bigint.
    const standIns = chooseStandIns([schema, ...images.map(({ expected }) => expected)]);
    const bound = boundSchema(replaceBigints(schema, standIns), steps);
    const validator = new Validator(bound.schema, "2020-12", false);
    for (const [index, { expected }] of images.entries()) {
      const answer = replaceBigint(expected, standIns);
      bound.prepareFor(answer);
      for (const error of deepest(validator.validate(answer).errors)) {
        mismatches.push({
          path: `images.${index}.expected${readPointer(error.instanceLocation)}`,
          code: "schema_mismatch",
          message: error.keyword === "false" ? "The schema allows no such field." : error.error,
        });
        if (mismatches.length >= MOST_MISMATCHES) return mismatches;
      }
    }
  } catch (error) {
    return [{ path: "json_schema", code: "schema_invalid", message: describe(error) }];
  }
  return mismatches;
}

/** Leaves out what merely wraps another error, and of a failed choice all but the choice itself. */
function deepest(errors: readonly OutputUnit[]): OutputUnit[] {
  const choices = errors.filter(({ keyword }) => CHOICES.has(keyword));
  return errors.filter(({ keyword, keywordLocation }) =>
    !WRAPPERS.has(keyword) &&
    !choices.some((choice) => keywordLocation.startsWith(`${choice.keywordLocation}/`))
  );
}

/** `#/items/0/a~1b` as `.items.0.a/b`. */
function readPointer(pointer: string): string {
  return pointer.split("/").slice(1)
    .map((part) => `.${decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~")}`)
    .join("");
}

function describe(error: unknown): string {
  if (error instanceof RangeError) return "The schema refers to itself without end.";
  if (error instanceof Error && error.message.startsWith("Unresolved $ref")) {
    return "The schema refers to something outside itself.";
  }
  if (error instanceof TooManyStepsError) {
    return "Checking the answers against the schema takes too long. Simplify one of them.";
  }
  if (error instanceof RE2JSException) {
    return `The schema has a pattern that RE2 does not take: ${error.message}.`;
  }
  const reason = error instanceof SyntaxError ? ` ${error.message}.` : "";
  return `The schema cannot be applied.${reason}`;
}
