/**
 * Grades answers with code.
 *
 * How to add a grader:
 * 1. Here, add its fields to `codeGraderSchema` and its case to `gradeWithCode()`.
 * 2. In `grade_with_code_test.ts`, test it.
 * 3. In `docs/prompts.md`, describe it.
 * 4. In the migration `chat_about_prompts`, name it in the comment on `chat.prompt_runs.grader_type`,
 *    so that the chat can filter by it.
 *
 * The compiler refuses a missing case, and `grade_with_code_test.ts` names whatever else is missing.
 */
import { RE2JS, RE2JSException } from "re2js";
import { z } from "zod";
import { calculateFieldAccuracy } from "../compare/compare.ts";
import { areDecimalsAlike } from "../compare/read_amount.ts";
import { readDecimal } from "../compare/read_decimal.ts";
import { parseOutput } from "../models/answers/parse_output.ts";
import type { JsonObject, JsonValue } from "../platform/json/json_value.ts";
import { writeJson } from "../platform/json/lossless_json.ts";
import { findField } from "./render_prompt.ts";

const expected = z.string().min(1).max(200).default("expected");
const isCaseSensitive = z.boolean().default(false);

/**
 * Graders that are code, as a request and `runs.grader` state them. `expected` names the field of the
 * row that holds the correct answer.
 *
 * - `exact`: the answer equals that text, apart from surrounding white space.
 * - `contains`: the answer contains that text.
 * - `regex`: the answer matches `pattern` in RE2 syntax. An answer that is too long for the pattern
 *   gets no grade.
 * - `json`: the share of correct fields, counted as in benchmarks.
 * - `number`: the first number of the answer differs by at most `tolerance`, compared as decimals.
 */
export const codeGraderSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("exact"), expected, case_sensitive: isCaseSensitive }),
  z.strictObject({ type: z.literal("contains"), expected, case_sensitive: isCaseSensitive }),
  z.strictObject({
    type: z.literal("regex"),
    pattern: z.string().min(1).max(1000).refine(
      isPattern,
      "must be a regular expression in RE2 syntax that is not too large",
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
type CodeGrader = z.output<typeof codeGraderSchema>;

/** Score from 0 (wrong) to 1 (right), or the reason why there is none. */
export type Grade =
  | { readonly score: number; readonly reason: string | null }
  | { readonly error: string };

/** Grades an answer to a row of the dataset. */
export function gradeWithCode(grader: CodeGrader, output: string, row: JsonObject): Grade {
  if (grader.type === "regex") return gradeByPattern(grader, output);
  const truth = findField(row, grader.expected);
  if (truth === undefined || truth === null) return nothingExpected(grader);
  switch (grader.type) {
    case "exact":
    case "contains":
      return gradeText(grader, output, toText(truth));
    case "json":
      return gradeJson(output, truth);
    case "number":
      return gradeNumber(output, truth, grader.tolerance);
  }
}

function nothingExpected({ expected }: { readonly expected: string }): Grade {
  return { error: `The row has no value in "${expected}".` };
}

function gradeText(
  grader: Extract<CodeGrader, { readonly type: "exact" | "contains" }>,
  output: string,
  truth: string,
): Grade {
  const normalize = (text: string) => {
    const trimmed = text.normalize("NFC").trim();
    return grader.case_sensitive ? trimmed : trimmed.toLowerCase();
  };
  const [is, should] = [normalize(output), normalize(truth)];
  if (grader.type === "exact") return { score: is === should ? 1 : 0, reason: null };
  // Every answer contains the empty text.
  if (should === "") return nothingExpected(grader);
  return { score: is.includes(should) ? 1 : 0, reason: null };
}

/** Largest pattern, in instructions. To compile one of this size takes 0.1 s. */
const MAX_PATTERN_SIZE = 5_000;

/**
 * Largest product of instructions and characters. At worst it takes half a second of the two seconds
 * of CPU time that an edge function has.
 */
const MAX_STEPS = 5_000_000;
/** Instructions that each character costs whatever the pattern. */
const STEPS_A_CHARACTER = 30;

/** Compiled patterns. All answers of a run are graded with the same grader object. */
const compiled = new WeakMap<CodeGrader, RE2JS>();

function gradeByPattern(
  grader: Extract<CodeGrader, { readonly type: "regex" }>,
  output: string,
): Grade {
  const pattern = compiled.get(grader) ?? compile(grader.pattern, grader.case_sensitive);
  compiled.set(grader, pattern);
  if ((pattern.programSize() + STEPS_A_CHARACTER) * output.length > MAX_STEPS) {
    return { error: "The answer is too long for a pattern of this size." };
  }
  return { score: pattern.matcher(output).find() ? 1 : 0, reason: null };
}

function compile(pattern: string, isCaseSensitive: boolean): RE2JS {
  return RE2JS.compile(pattern, isCaseSensitive ? 0 : RE2JS.CASE_INSENSITIVE);
}

function gradeJson(output: string, truth: JsonValue): Grade {
  // A CSV column holds JSON as text.
  const parsed = typeof truth === "string" ? parseOutput(truth) : null;
  const value = parsed?.valid ? parsed.value : truth;
  const answer = parseOutput(output);
  const accuracy = calculateFieldAccuracy(
    value,
    answer.valid ? answer.value : undefined,
    "relaxed",
  );
  return { score: accuracy / 100, reason: answer.valid ? null : "The answer is not JSON." };
}

function gradeNumber(output: string, truth: JsonValue, tolerance: number): Grade {
  const should = readNumber(toText(truth));
  if (should === null) return { error: "The expected value is not a number." };
  const is = readNumber(output) ?? readNumber(/[-+]?\d[\d.,'’ ]*/.exec(output)?.[0] ?? "");
  if (is === null) return { score: 0, reason: "The answer contains no number." };
  const isRight = areDecimalsAlike(is, should, readNumber(String(tolerance)) ?? "0");
  return { score: isRight ? 1 : 0, reason: null };
}

/** Returns the number as a canonical decimal, see {@link readDecimal}; null if `text` is none. */
function readNumber(text: string): string | null {
  const trimmed = text.trim().replace(/[.,\s]+$/, "");
  // Models are told to write a decimal point, so 1.234 is not 1234 here.
  return readPlain(trimmed) ?? readDecimal(trimmed);
}

/** Longest number that is read, in characters. */
const LONGEST_NUMBER = 1_000;

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
