import type { FakeModel } from "./catalogue.ts";
import { uniform } from "./random.ts";

/** Text that may occur in a prompt, with its correct class. */
export type TextTruth = readonly [text: string, answer: string];

/** Additional rate of answers in the model's own words when the prompt does not name them. */
const UNTOLD_RATE = 0.4;

/**
 * Returns a model's answer to a prompt without images:
 *
 * - If it asks for `<response>…</response>`: a grade of the answer in it against the expected one.
 * - If it contains a known text: the text's class, more reliably if the prompt names all classes.
 * - Otherwise: the prompt's last line.
 */
export function answerText(
  prompt: string,
  model: FakeModel,
  truths: readonly TextTruth[],
  seed: number,
): string {
  if (/<response>/i.test(prompt)) return grade(prompt);
  const known = truths.find(([text]) => prompt.includes(text));
  if (known === undefined) return prompt.trim().split("\n").at(-1)?.trim() ?? "";
  const [text, answer] = known;
  const classes = [...new Set(truths.map(([, name]) => name))];
  const isTold = classes.every((name) => prompt.includes(name));
  const draw = uniform(seed, model.id, text, isTold ? "told" : "untold");
  const rate = model.profile.fieldErrorRate + (isTold ? 0 : UNTOLD_RATE);
  if (draw >= rate) return answer;
  if (!isTold) return `${answer.charAt(0).toUpperCase()}${answer.slice(1)} question`;
  const others = classes.filter((name) => name !== answer);
  return others[Math.floor(uniform(seed, model.id, text, "which") * others.length)] ?? "other";
}

function grade(prompt: string): string {
  const find = (pattern: RegExp) => pattern.exec(prompt)?.[1]?.trim().toLowerCase() ?? "";
  const right = find(/^.*\b(?:right|expected|correct)\b[^:\n]*:[ \t]*(.*)$/im);
  const given = find(/^.*\b(?:answer|output)\b[^:\n]*:[ \t]*(.*)$/im);
  const [score, reason] = given === right
    ? [1, "The answer is the right one."]
    : right !== "" && given.includes(right)
    ? [0.5, "The right one is named among other words."]
    : [0, `The answer should have been ${right}.`];
  return `<response>${JSON.stringify({ score, reason })}</response>`;
}
