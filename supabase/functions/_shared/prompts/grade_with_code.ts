import { RE2JS, RE2JSException } from "re2js";
import { z } from "zod";
import { calculateFieldAccuracy } from "../compare/compare.ts";
import { areDecimalsAlike } from "../compare/read_amount.ts";
import { readDecimal } from "../compare/read_decimal.ts";
import { parseOutput } from "../models/answers/parse_output.ts";
import type { JsonValue } from "../platform/json/json_value.ts";
import { writeJson } from "../platform/json/lossless_json.ts";
import type { ParsedGrade } from "./parse_grade.ts";

const expected = z.string().min(1).max(200).default("expected");
const isCaseSensitive = z.boolean().default(false);

/** Instructions of a pattern: compiling as many takes 0.1 s. */
const MAX_PATTERN_SIZE = 5_000;

/**
 * Instructions times characters, with some for each character whatever the pattern. So many take
 * half a second where a pattern is at its worst, and edge functions have two.
 */
const MAX_STEPS = 5_000_000;
const STEPS_A_CHARACTER = 30;

/** Digits that a number is read with. */
const LONGEST_NUMBER = 1_000;

/**
 * Graders that are code. `expected` names the field of the row that holds what is right.
 *
 * - `exact`: the answer is that text, apart from white space around it.
 * - `contains`: the answer has it in it.
 * - `regex`: the answer matches `pattern`, of RE2's syntax, which takes linear time; an answer too
 *   long for so large a pattern gets no grade.
 * - `json`: the share of fields that are right, as benchmarks count it.
 * - `number`: the first number of the answer is within `tolerance` of it, as decimals are.
 */
export const codeGraderSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("exact"), expected, case_sensitive: isCaseSensitive }),
  z.strictObject({ type: z.literal("contains"), expected, case_sensitive: isCaseSensitive }),
  z.strictObject({
    type: z.literal("regex"),
    pattern: z.string().min(1).max(1000).refine(
      isPattern,
      "is no regular expression of RE2, or too large a one",
    ),
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
  if (grader.type === "regex") return gradeByPattern(grader, output);
  if (truth === undefined || truth === null) {
    return { error: nothingUnder(grader) };
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
      // Every answer has nothing in it.
      if (grader.type === "contains" && should === "") return { error: nothingUnder(grader) };
      const isRight = grader.type === "exact" ? is === should : is.includes(should);
      return { score: isRight ? 1 : 0, reason: null };
    }
  }
}

function nothingUnder({ expected }: { readonly expected: string }): string {
  return `The row has nothing under "${expected}".`;
}

/** A run's grader is the same object for each of its answers. */
const compiled = new WeakMap<CodeGrader, RE2JS>();

function gradeByPattern(
  grader: Extract<CodeGrader, { readonly type: "regex" }>,
  output: string,
): ParsedGrade {
  const pattern = compiled.get(grader) ?? compile(grader.pattern, grader.case_sensitive);
  compiled.set(grader, pattern);
  if ((pattern.programSize() + STEPS_A_CHARACTER) * output.length > MAX_STEPS) {
    return { error: "The answer is too long to be searched for so large a pattern." };
  }
  return { score: pattern.matcher(output).find() ? 1 : 0, reason: null };
}

function compile(pattern: string, isCaseSensitive: boolean): RE2JS {
  return RE2JS.compile(pattern, isCaseSensitive ? 0 : RE2JS.CASE_INSENSITIVE);
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
  const should = readNumber(toText(truth));
  if (should === null) return { error: "What is expected is no number." };
  const is = readNumber(output) ?? readNumber(/[-+]?\d[\d.,'’ ]*/.exec(output)?.[0] ?? "");
  if (is === null) return { score: 0, reason: "The answer has no number." };
  const isRight = areDecimalsAlike(is, should, readNumber(String(tolerance)) ?? "0");
  return { score: isRight ? 1 : 0, reason: null };
}

/** As a canonical decimal, see {@link readDecimal}. */
function readNumber(text: string): string | null {
  const trimmed = text.trim().replace(/[.,\s]+$/, "");
  // A dot is a decimal point here, also before three digits: models are told to answer so.
  return readPlain(trimmed) ?? readDecimal(trimmed);
}

function readPlain(text: string): string | null {
  if (text.length > LONGEST_NUMBER) return null;
  const [, sign, whole = "", fraction = "", exponent = "0"] =
    /^([-+]?)(\d+)(?:\.(\d+))?(?:e([-+]?\d{1,3}))?$/i.exec(text) ?? [];
  if (whole === "") return null;
  const point = whole.length + Number(exponent);
  const digits = `${"0".repeat(Math.max(0, 1 - point))}${whole}${fraction}`
    .padEnd(Math.max(1, point), "0");
  const integer = digits.slice(0, Math.max(1, point)).replace(/^0+(?=\d)/, "");
  const decimals = digits.slice(Math.max(1, point)).replace(/0+$/, "");
  const magnitude = decimals === "" ? integer : `${integer}.${decimals}`;
  return sign === "-" && magnitude !== "0" ? `-${magnitude}` : magnitude;
}

function toText(value: JsonValue): string {
  return typeof value === "string" ? value : writeJson(value);
}

function isPattern(pattern: string): boolean {
  try {
    return compile(pattern, false).programSize() <= MAX_PATTERN_SIZE;
  } catch (error) {
    if (error instanceof RE2JSException) return false;
    throw error;
  }
}
