import { listOutputs } from "../models/answers/parse_output.ts";
import { isJsonObject, type JsonValue } from "../platform/json/json_value.ts";

/** A grade, or why there is none. */
export type ParsedGrade =
  | { readonly score: number; readonly reason: string | null }
  | { readonly error: string };

const RESPONSE = /<response>([\s\S]*?)<\/response>/gi;
/** `4`, `0.8`, `80 %`, `4/5`, each alone or after `score:`. */
const BARE =
  /^(?:(?:score|grade|rating)\s*[:=]\s*)?(-?(?:\d+(?:\.\d+)?|\.\d+))\s*(?:(%)|\/\s*(\d+(?:\.\d+)?))?[.\s]*$/i;

/**
 * Reads what a grader wrote: the last `<response>…</response>`, else all of it; in there JSON with
 * `score` and `reason`, fenced or amid prose, the last that has a score, or a bare score. A score is divided by `scale`, unless it
 * says itself what it is out of (`4/5`, `80 %`). What cannot be read, and a score outside 0 to 1, is an
 * error and never a zero.
 *
 * @param scale what the highest score is; 1 by default.
 */
export function parseGrade(text: string, scale = 1): ParsedGrade {
  const thought = text.lastIndexOf("</think>");
  const answer = thought < 0 ? text : text.slice(thought + "</think>".length);
  const tagged = [...answer.matchAll(RESPONSE)].at(-1)?.[1];
  const content = (tagged ?? answer).trim();
  if (content === "") return { error: "The grader wrote nothing." };
  const bare = readScore(content, scale);
  if (bare !== null) return check(bare, null);
  const objects = listOutputs(content).filter(isJsonObject);
  const verdict = objects.findLast(({ score }) => score !== undefined) ?? objects.at(-1);
  if (verdict !== undefined) {
    const { score, reason } = verdict;
    const read = score === undefined ? null : readScore(score, scale);
    if (read === null) return { error: "The grader's JSON has no score that is a number." };
    return check(read, typeof reason === "string" && reason.trim() !== "" ? reason.trim() : null);
  }
  // A score on a line of its own, and the reason around it.
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
  return { error: "No score could be read from what the grader wrote." };
}

function readScore(value: JsonValue, scale: number): number | null {
  if (typeof value === "number" || typeof value === "bigint") return Number(value) / scale;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value !== "string") return null;
  // Emphasis says nothing.
  const match = BARE.exec(value.replace(/[*_`]/g, "").trim());
  if (match === null) return null;
  const [, number, percent, outOf] = match;
  const divisor = percent !== undefined ? 100 : outOf !== undefined ? Number(outOf) : scale;
  return Number(number) / divisor;
}

function check(score: number, reason: string | null): ParsedGrade {
  if (score >= 0 && score <= 1) return { score, reason };
  return { error: `The grader's score is outside of its scale.` };
}
