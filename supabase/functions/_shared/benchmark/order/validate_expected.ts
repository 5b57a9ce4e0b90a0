import { type OutputUnit, Validator } from "@cfworker/json-schema";
import { RE2JSException } from "re2js";
import type { FieldError } from "../../platform/http/field_error.ts";
import type { JsonObject } from "../../platform/json/json_value.ts";
import {
  chooseStandIns,
  replaceBigint,
  replaceBigints,
} from "../../platform/json/replace_bigints.ts";
import { boundSchema, TooManyStepsError } from "../bound_schema.ts";
import type { BenchmarkImage } from "../configuration.ts";
import { validateRules } from "./check_rules.ts";

const MOST_MISMATCHES = 50;

/**
 * Steps for all answers together. They take up to a second, of the 2 s of CPU that a request has.
 */
const MOST_STEPS = 5_000_000;

/**
 * Keywords whose errors only say that something below them failed, which has an error of its own.
 */
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
 * Checks every image's expected answer against the JSON schema (draft 2020-12). Lists at most 50
 * mismatches, each by its deepest place, such as `images.2.expected.items.0.price`.
 *
 * A schema that cannot be applied is one mismatch at `json_schema`: it has a broken pattern, an
 * endless or remote `$ref` or a keyword of the wrong type, or takes too long. Patterns have RE2's
 * syntax, without look-around and back-references. Comparison rules (`x-compare`) that are invalid
 * or leave nothing of an answer to compare are mismatches too.
 */
export function validateExpected(
  schema: JsonObject,
  images: readonly BenchmarkImage[],
  steps = MOST_STEPS,
): FieldError[] {
  const mismatches = validateRules(schema, images).slice(0, MOST_MISMATCHES);
  if (mismatches.length >= MOST_MISMATCHES) return mismatches;
  try {
    // The validator does not support bigint.
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

/** Leaves out errors that merely wrap another, and those inside a failed choice. */
function deepest(errors: readonly OutputUnit[]): OutputUnit[] {
  const choices = errors.filter(({ keyword }) => CHOICES.has(keyword));
  return errors.filter(({ keyword, keywordLocation }) =>
    !WRAPPERS.has(keyword) &&
    !choices.some((choice) => keywordLocation.startsWith(`${choice.keywordLocation}/`))
  );
}

/** Returns the path of a JSON pointer: `.items.0.a/b` for `#/items/0/a~1b`. */
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
