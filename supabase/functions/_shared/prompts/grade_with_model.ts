import { z } from "zod";
import { listOutputs } from "../models/answers/parse_output.ts";
import { modelNameSchema, providerSchema } from "../models/model_name.ts";
import { tokenPricesSchema } from "../models/token_prices.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../platform/json/json_value.ts";
import type { Grade } from "./grade_with_code.ts";
import { findField, renderPrompt } from "./render_prompt.ts";

/** Fields by which a request names the model that grades. The request also names a grader prompt. */
export const promptGraderFields = {
  type: z.literal("prompt"),
  provider: providerSchema,
  model: modelNameSchema,
  /** Field of the row that `{{expected}}` stands for. */
  expected: z.string().min(1).max(200).default("expected"),
  /** Highest possible score. */
  scale: z.number().positive().max(1_000).default(1),
} as const;

/** Value of `runs.grader` if a model grades. */
export const promptGraderSchema = z.strictObject({
  ...promptGraderFields,
  /** USD per token when the run started; null if the model has no price. */
  prices: tokenPricesSchema.nullable(),
});

/** Fields that a grader prompt has in addition to those of the row. */
export const GRADER_FIELDS = ["input", "output", "expected"] as const;

/**
 * Renders a grader prompt with the fields of the row and {@link GRADER_FIELDS}, which take precedence.
 *
 * @param taskBody text of the prompt that was answered
 * @param expectedField field of the row with the correct answer; it may be missing
 * @throws {MissingFieldError} if either prompt names another field that is missing
 */
export function renderGraderPrompt(
  graderBody: string,
  taskBody: string,
  row: JsonObject,
  output: string,
  expectedField: string,
): string {
  const expected = findField(row, expectedField);
  return renderPrompt(graderBody, {
    ...row,
    input: renderPrompt(taskBody, row),
    output,
    ...expected === undefined ? {} : { expected },
  });
}

const RESPONSE = /<response>([\s\S]*?)<\/response>/gi;
/** Matches `4`, `0.8`, `80 %` and `4/5`, each alone or after `score:`. */
const BARE =
  /^(?:(?:score|grade|rating)\s*[:=]\s*)?(-?(?:\d+(?:\.\d+)?|\.\d+))\s*(?:(%)|\/\s*(\d+(?:\.\d+)?))?[.\s]*$/i;

/**
 * Reads the grade from a grader's answer. A grade that cannot be read or is outside 0–1 is an error,
 * never a zero.
 *
 * The grade is looked for in the last `<response>…</response>`, or in the whole answer without such
 * tags. It is JSON with `score` and `reason` (fenced or within prose; the last with a score counts), a
 * bare score, or a line such as `Score: 4`. A score is divided by `scale` unless it states its own
 * (`4/5`, `80 %`).
 *
 * @param scale the highest possible score
 */
export function parseGrade(text: string, scale = 1): Grade {
  const thought = text.lastIndexOf("</think>");
  const answer = thought < 0 ? text : text.slice(thought + "</think>".length);
  const tagged = [...answer.matchAll(RESPONSE)].at(-1)?.[1];
  const content = (tagged ?? answer).trim();
  if (content === "") return { error: "The grader's answer is empty." };
  const bare = readScore(content, scale);
  if (bare !== null) return check(bare, null);
  const objects = listOutputs(content).filter(isJsonObject);
  const verdict = objects.findLast(({ score }) => score !== undefined) ?? objects.at(-1);
  if (verdict !== undefined) {
    const { score, reason } = verdict;
    const read = score === undefined ? null : readScore(score, scale);
    if (read === null) return { error: "The grader's JSON has no numeric score." };
    return check(read, typeof reason === "string" && reason.trim() !== "" ? reason.trim() : null);
  }
  // The score has a line of its own, and the other lines are the reason.
  const lines = content.split("\n").map((line) => line.replace(/^[\s>*_#-]+|[\s*_]+$/g, ""));
  const scores = lines.flatMap((line, index) =>
    /^(?:score|grade|rating)\b/i.test(line) && readScore(line, scale) !== null ? [index] : []
  );
  const [only] = scores;
  if (scores.length === 1 && only !== undefined) {
    const reason = lines.filter((line, index) => index !== only && line !== "").join("\n")
      .replace(/^reason(?:ing)?\s*[:=]\s*/i, "");
    return check(readScore(lines[only] ?? "", scale) ?? NaN, reason === "" ? null : reason);
  }
  return { error: "No score was found in the grader's answer." };
}

function readScore(value: JsonValue, scale: number): number | null {
  if (typeof value === "number" || typeof value === "bigint") return Number(value) / scale;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value !== "string") return null;
  // Markdown emphasis.
  const match = BARE.exec(value.replace(/[*_`]/g, "").trim());
  if (match === null) return null;
  const [, number, percent, outOf] = match;
  const divisor = percent !== undefined ? 100 : outOf !== undefined ? Number(outOf) : scale;
  return Number(number) / divisor;
}

function check(score: number, reason: string | null): Grade {
  if (score >= 0 && score <= 1) return { score, reason };
  return { error: "The grader's score is outside its scale." };
}
