import { RE2JS, RE2JSException } from "re2js";
import { z } from "zod";
import type { JsonValue } from "../benchmark/json_value.ts";
import { parseOutput } from "../benchmark/parse_output.ts";
import { calculateFieldAccuracy } from "../compare/compare.ts";
import { readDecimal } from "../compare/read_decimal.ts";
import type { ParsedGrade } from "./parse_grade.ts";

const expected = z.string().min(1).max(200).default("expected");
const isCaseSensitive = z.boolean().default(false);

/**
 * Graders that are code. `expected` names the field of the row that holds what is right.
 *
 * - `exact`: the answer is that text, apart from white space around it.
 * - `contains`: the answer has it in it.
 * - `regex`: the answer matches `pattern`, of RE2's syntax, which takes linear time.
 * - `json`: the share of fields that are right, as benchmarks count it.
 * - `number`: the first number of the answer is within `tolerance` of it.
 */
export const codeGraderSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("exact"), expected, case_sensitive: isCaseSensitive }),
  z.strictObject({ type: z.literal("contains"), expected, case_sensitive: isCaseSensitive }),
  z.strictObject({
    type: z.literal("regex"),
    pattern: z.string().min(1).max(1000).refine(isPattern, "is no regular expression of RE2"),
    case_sensitive: isCaseSensitive,
  }),
  z.strictObject({ type: z.literal("json"), expected }),
  z.strictObject({
    type: z.literal("number"),
    expected,
    tolerance: z.number().nonnegative().default(0),
  }),
]);

/** One of them. */
export type CodeGrader = z.output<typeof codeGraderSchema>;

/** Grades an answer; `truth` is what the row has for the grader's `expected`. */
export function gradeWithCode(
  grader: CodeGrader,
  output: string,
  truth: JsonValue | undefined,
): ParsedGrade {
  if (grader.type === "regex") {
    const flags = grader.case_sensitive ? 0 : RE2JS.CASE_INSENSITIVE;
    return {
      score: RE2JS.compile(grader.pattern, flags).matcher(output).find() ? 1 : 0,
      reason: null,
    };
  }
  if (truth === undefined || truth === null) {
    return { error: `The row has nothing under "${grader.expected}".` };
  }
  switch (grader.type) {
    case "json":
      return gradeJson(output, truth);
    case "number":
      return gradeNumber(output, truth, grader.tolerance);
    case "exact":
    case "contains": {
      const fold = (text: string) => {
        const trimmed = text.normalize("NFC").trim();
        return grader.case_sensitive ? trimmed : trimmed.toLowerCase();
      };
      const [is, should] = [fold(output), fold(toText(truth))];
      const isRight = grader.type === "exact" ? is === should : is.includes(should);
      return { score: isRight ? 1 : 0, reason: null };
    }
  }
}

function gradeJson(output: string, truth: JsonValue): ParsedGrade {
  // A column of CSV is text; the JSON in it is meant.
  const parsed = typeof truth === "string" ? parseOutput(truth) : null;
  const value = parsed?.valid ? parsed.value : truth;
  const answer = parseOutput(output);
  const accuracy = calculateFieldAccuracy(
    value,
    answer.valid ? answer.value : undefined,
    "relaxed",
  );
  return { score: accuracy / 100, reason: answer.valid ? null : "The answer is no JSON." };
}

function gradeNumber(output: string, truth: JsonValue, tolerance: number): ParsedGrade {
  const should = typeof truth === "number" ? truth : readNumber(toText(truth));
  if (should === null) return { error: "What is expected is no number." };
  const is = readNumber(output) ?? readNumber(/[-+]?\d[\d.,'’ ]*/.exec(output)?.[0] ?? "");
  if (is === null) return { score: 0, reason: "The answer has no number." };
  return { score: Math.abs(is - should) <= tolerance + Number.EPSILON ? 1 : 0, reason: null };
}

function readNumber(text: string): number | null {
  const trimmed = text.trim().replace(/[.,\s]+$/, "");
  // A dot is a decimal point here, also before three digits: models are told to answer so.
  if (/^[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?$/i.test(trimmed)) return Number(trimmed);
  const decimal = readDecimal(trimmed);
  return decimal === null ? null : Number(decimal);
}

function toText(value: JsonValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isPattern(pattern: string): boolean {
  try {
    RE2JS.compile(pattern);
    return true;
  } catch (error) {
    if (error instanceof RE2JSException) return false;
    throw error;
  }
}
