import { markdownTable } from "markdown-table";
import { median } from "simple-statistics";
import { z } from "zod";
import { wilsonInterval } from "../../supabase/functions/_shared/statistics/wilson.ts";
import { renderTable } from "../support/terminal.ts";
import type { EvaluatedCase, Outcome } from "./evaluate.ts";

const shareSchema = z.object({ name: z.string(), right: z.int(), questions: z.int() });
type Share = z.infer<typeof shareSchema>;

const resultSchema = z.object({
  /** Model as the chat names it, or {@link SIMULATED}. */
  model: z.string(),
  provider: z.string(),
  /** Day of the run, UTC: 2026-12-01. */
  date: z.iso.date(),
  /** True for the simulated model, which knows the answers. */
  is_simulated: z.boolean(),
  /** Right results by area, then by kind, then of all. */
  shares: z.array(shareSchema),
  /** Questions that ended in each other way. */
  outcomes: z.record(z.string(), z.int()),
  /** Questions for which more than one statement was written. */
  repaired: z.int(),
  median_ms: z.number(),
  /** Of all questions; null if unknown. */
  cost_usd: z.number().nullable(),
});
/** Result of one model over all questions. */
export type EvaluationResult = z.infer<typeof resultSchema>;

/** Results as `docs/chat-eval.json` keeps them: the last one of each model. */
export const resultsSchema = z.array(resultSchema);

/** Name of the simulated model in results. */
export const SIMULATED = "simulated";
const ALL = "all questions";
const KINDS = { plain: "others", join: "joins", window: "windows", gap: "gaps" };
/** Words for the ways in which a question ends without the right rows. */
const ENDINGS: Readonly<Partial<Record<Outcome, string>>> = {
  wrong: "other rows",
  off_topic: "taken for off topic",
  no_statement: "no statement",
  refused: "refused by the gate",
  timed_out: "timed out",
  failed: "failed in the database",
};

/** Sums up evaluated questions. Those that the provider did not answer are left out. */
export function summarize(
  evaluated: readonly EvaluatedCase[],
  about: Pick<EvaluationResult, "model" | "provider" | "date" | "is_simulated">,
): EvaluationResult {
  const answered = evaluated.filter(({ outcome }) => outcome !== "unavailable");
  const share = (name: string, cases: readonly EvaluatedCase[]): Share => ({
    name,
    right: cases.filter(({ outcome }) => outcome === "right").length,
    questions: cases.length,
  });
  const areas = [...new Set(answered.map(({ area }) => area))];
  const costs = answered.map(({ costUsd }) => costUsd);
  const isCostKnown = !about.is_simulated && costs.every((cost) => cost !== null);
  const endings = Object.keys(ENDINGS).map((ending) =>
    [ending, answered.filter(({ outcome }) => outcome === ending).length] as const
  );
  return {
    ...about,
    shares: [
      ...areas.map((area) => share(area, answered.filter((given) => given.area === area))),
      ...Object.entries(KINDS).map(([kind, name]) =>
        share(name, answered.filter((given) => given.kind === kind))
      ).filter(({ questions }) => questions > 0),
      share(ALL, answered),
    ],
    outcomes: Object.fromEntries(endings.filter(([, count]) => count > 0)),
    repaired: answered.filter(({ repairs }) => repairs > 0).length,
    median_ms: median(answered.map(({ milliseconds }) => milliseconds)),
    cost_usd: isCostKnown ? costs.reduce<number>((sum, cost) => sum + (cost ?? 0), 0) : null,
  };
}

/** Returns the share of right results over all questions, in percent. */
export function accuracyOf(result: EvaluationResult): number {
  const all = result.shares.find(({ name }) => name === ALL);
  return all === undefined || all.questions === 0 ? 0 : 100 * all.right / all.questions;
}

/** Returns the results with a new one in place of the last of the same model. */
export function keepResult(
  results: readonly EvaluationResult[],
  added: EvaluationResult,
): readonly EvaluationResult[] {
  const others = results.filter(({ model, provider }) =>
    model !== added.model || provider !== added.provider
  );
  return [...others, added].sort((one, other) =>
    accuracyOf(other) - accuracyOf(one) || one.model.localeCompare(other.model)
  );
}

/** Formats a result for the terminal. */
export function printResult(result: EvaluationResult, width: number): string {
  const rows = result.shares.map((share) => [
    share.name,
    `${share.right}/${share.questions}`,
    percentOf(share),
    intervalOf(share),
  ]);
  const table = renderTable(["", "right", "%", "95 % interval"], rows, { width });
  const caveat =
    "This model knows the answers: the figures check the harness and measure no model.";
  return [
    table,
    `${describeEndings(result)}.`,
    `${describeCost(result)}.`,
    ...result.is_simulated ? [caveat] : [],
  ].join("\n");
}

const NO_MODEL =
  `**Only the simulated model has been run**, because no key was set. It knows the answers: how often a
model is right is not known. The first run with a key replaces these lines.`;

/** Formats results as the page `docs/chat-eval.md`. */
export function writePage(results: readonly EvaluationResult[]): string {
  const measured = results.filter(({ is_simulated }) => !is_simulated);
  const simulated = results.filter(({ is_simulated }) => is_simulated);
  return `# How often the chat is right

Execution accuracy: the share of questions whose rows are right, by comparison with the rows of a
checked statement ([questions](../examples/chat-eval/README.md)). \`deno task eval:chat\` writes this
page from the last run of each model; do not edit it. To add a model, run it with a key:

\`\`\`sh
OPENAI_API_KEY=… deno task eval:chat --provider openai --model openai/gpt-6-luna
\`\`\`

## Models

${measured.map(describeModel).join("\n\n") || NO_MODEL}

## Check of the harness

The simulated model knows the questions and their statements by heart. Its run says that questions,
gate, database and comparison fit together, and nothing about any model.

${simulated.map(describeCheck).join("\n") || "It has not been run yet."}
`;
}

function describeModel(result: EvaluationResult): string {
  const rows = result.shares.map((share) => [
    share.name,
    String(share.questions),
    String(share.right),
    percentOf(share),
    intervalOf(share),
  ]);
  const table = markdownTable(
    [["", "Questions", "Right", "%", "95 % interval"], ...rows],
    { align: ["l", "r", "r", "r", "r"] },
  );
  const { model, provider, date } = result;
  return `### ${model} (${provider}), ${date}

${table}

${describeEndings(result)}. ${describeCost(result)}.`;
}

function describeCheck(result: EvaluationResult): string {
  const all = result.shares.find(({ name }) => name === ALL);
  return `${result.date}: ${all?.right ?? 0} of ${all?.questions ?? 0} questions.`;
}

function describeEndings({ outcomes, repaired }: EvaluationResult): string {
  const endings = Object.entries(ENDINGS).flatMap(([ending, words]) => {
    const count = outcomes[ending] ?? 0;
    return count === 0 ? [] : [`${count} ${words}`];
  });
  const others = endings.length === 0 ? "none" : endings.join(", ");
  return `Not right: ${others}. Questions with more than one statement: ${repaired}`;
}

function describeCost(result: EvaluationResult): string {
  const questions = result.shares.at(-1)?.questions ?? 0;
  const cost = result.cost_usd === null
    ? "Cost unknown"
    : `Cost $${result.cost_usd.toFixed(4)}, $${
      (result.cost_usd / questions).toPrecision(2)
    } a question`;
  return `${cost}; median ${Math.round(result.median_ms)} ms until the rows`;
}

function percentOf({ right, questions }: Share): string {
  return (100 * right / questions).toFixed(1);
}

function intervalOf({ right, questions }: Share): string {
  const { low, high } = wilsonInterval(right / questions, questions);
  return `${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)}`;
}
