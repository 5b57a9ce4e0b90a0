import { join } from "node:path";
import type { SupabaseClient } from "@supabase/supabase-js";
import { z } from "zod";
import { formatMs, formatUsd } from "../../supabase/functions/_shared/prompts/export_formats.ts";
import { explainError } from "../support/explain_error.ts";
import { print, renderTable, wrap } from "../support/terminal.ts";
import type { DemoStack } from "./start_stack.ts";

const FOLDER = join(import.meta.dirname ?? ".", "../../examples/prompts");
const TASK = "Sort support messages";
const GRADER = "Grade sorted messages";

const MODELS = {
  groq: ["openai/gpt-oss-20b", "openai/gpt-oss-120b"],
  cerebras: ["gemma-4-31b", "gpt-oss-120b"],
} as const;

const idSchema = z.object({ id: z.string() });
const versionSchema = z.object({ version: z.number() });
const pageSchema = z.looseObject({
  run: z.looseObject({ id: z.string(), status: z.string(), error: z.string().nullable() }),
  cells: z.array(z.looseObject({
    id: z.number(),
    output_text: z.string().nullable(),
    grade_score: z.number().nullable(),
  })),
});
const figuresSchema = z.object({
  mean_score: z.number().nullable(),
  tokens: z.number(),
  cost_usd: z.number().nullable(),
  latency_p50_ms: z.number().nullable(),
  latency_p95_ms: z.number().nullable(),
});
const comparedSchema = z.object({
  before: figuresSchema,
  after: figuresSchema,
  rows: z.number(),
  better: z.number(),
  worse: z.number(),
  unchanged: z.number(),
  difference: z.number().nullable(),
  interval: z.object({ low: z.number(), high: z.number() }).nullable(),
  p_value: z.number().nullable(),
  verdict: z.enum(["better", "worse", "indistinguishable", "too_few_rows"]),
});
const comparisonSchema = comparedSchema.extend({
  models: z.array(
    comparedSchema.extend({ label: z.string(), adjusted_p_value: z.number().nullable() }),
  ),
  agreement: z.object({
    before: z.object({
      cells: z.number(),
      agreement: z.number().nullable(),
    }),
  }),
});
type Compared = z.output<typeof comparedSchema>;

/**
 * Refines a prompt that sorts the fifty support messages of `examples/prompts`: runs two versions
 * on two models, grades the answers with a model, overrides one grade and compares the versions.
 */
export async function refinePrompt(
  supabase: SupabaseClient,
  owner: { readonly id: string },
  { textProvider, isTextSimulated }: Pick<DemoStack, "textProvider" | "isTextSimulated">,
): Promise<void> {
  const who = isTextSimulated ? `${textProvider}, simulated` : textProvider;
  const [small, large] = MODELS[textProvider];
  print("\n● The customer refines a prompt: two versions on 50 support messages\n");
  print(`Models: ${small} and ${large} (${who})`);
  const post = async (path: string, body: Record<string, unknown>): Promise<unknown> => {
    const { data, error } = await supabase.functions.invoke(path, { body });
    if (error) throw new Error(`${path}: ${await explainError(error)}`);
    return data;
  };
  const { id: dataset_id } = idSchema.parse(
    await post("datasets", {
      name: "Support messages",
      format: "csv",
      content: await readExample("tickets.csv"),
    }),
  );
  const prompt = await savePrompt(supabase, owner.id, TASK, "task", "classify_v1.txt");
  await moveLabel(supabase, owner.id, prompt, "production");
  await savePrompt(supabase, owner.id, TASK, "task", "classify_v2.txt");
  await moveLabel(supabase, owner.id, prompt, "staging");
  const grader = await savePrompt(supabase, owner.id, GRADER, "grader", "grade.txt");

  const run = async (label: string) => {
    const page = pageSchema.parse(
      await post("prompt-runs?wait=true", {
        name: `Support messages, ${label}`,
        prompt_id: prompt,
        label,
        dataset_id,
        models: [small, large].map((model) => ({ provider: textProvider, model })),
        grader: { type: "prompt", prompt_id: grader, provider: textProvider, model: large },
        parameters: { temperature: 0 },
      }),
    );
    if (page.run.error !== null) print(`Run of ${label}: ${page.run.error}`);
    return page;
  };
  const [before, after] = await Promise.all([run("production"), run("staging")]);

  await override(supabase, before.cells);
  const { data, error } = await supabase.functions.invoke(
    `prompt-runs/compare?before=${before.run.id}&after=${after.run.id}`,
    { method: "GET" },
  );
  if (error) throw new Error(await explainError(error));
  printComparison(comparisonSchema.parse(data));
}

async function readExample(file: string): Promise<string> {
  return await Deno.readTextFile(join(FOLDER, file));
}

/** Saves a prompt. Each save with a different body creates a version. Returns the prompt's id. */
async function savePrompt(
  supabase: SupabaseClient,
  owner_id: string,
  name: string,
  type: string,
  file: string,
): Promise<string> {
  const body = (await readExample(file)).trimEnd();
  const saved = await supabase.from("prompts").update({ body })
    .eq("owner_id", owner_id).eq("name", name).select("id");
  if (saved.error) throw saved.error;
  const [known] = z.array(idSchema).parse(saved.data);
  if (known !== undefined) return known.id;
  const { data, error } = await supabase.from("prompts").insert({ owner_id, name, type, body })
    .select("id").single();
  if (error) throw error;
  return idSchema.parse(data).id;
}

/** Points a label at the newest version. */
async function moveLabel(
  supabase: SupabaseClient,
  owner_id: string,
  prompt_id: string,
  label: string,
): Promise<void> {
  const newest = await supabase.from("prompt_versions").select("version")
    .eq("prompt_id", prompt_id).order("version", { ascending: false }).limit(1).single();
  const { version } = versionSchema.parse(newest.data);
  const moved = await supabase.from("prompt_labels").update({ version })
    .eq("prompt_id", prompt_id).eq("label", label).select("version");
  if (moved.data !== null && moved.data.length > 0) return;
  const { error } = await supabase.from("prompt_labels")
    .insert({ prompt_id, owner_id, label, version });
  if (error) throw error;
}

/** Overrides a grade of 0.5, as a person who disagrees with the grader does. */
async function override(
  supabase: SupabaseClient,
  cells: z.output<typeof pageSchema>["cells"],
): Promise<void> {
  const cell = cells.find(({ grade_score }) => grade_score !== null && grade_score < 1);
  if (cell === undefined) return;
  const { error } = await supabase.from("run_cells")
    .update({
      human_score: 1,
      human_reason: "A person would sort the message correctly with this answer.",
    })
    .eq("id", cell.id);
  if (error) throw error;
  print(
    `Grade overridden: ${JSON.stringify(cell.output_text)} was graded ${cell.grade_score}, now 1.`,
  );
}

function printComparison(comparison: z.output<typeof comparisonSchema>): void {
  print(renderTable(
    ["", "Score", "Difference", "Cost", "p50"],
    [
      ...comparison.models.map((model) =>
        toRow(model.label, { ...model, p_value: model.adjusted_p_value })
      ),
      toRow("Both models", comparison),
    ],
    { hasRules: true },
  ));
  print(wrap(
    "Difference: mean over the rows with its 95 % confidence interval; p of a permutation test, for " +
      "models with Holm's correction; rows that got better ▲, worse ▼ or stayed the same =.",
  ));
  const { agreement: { before: { cells, agreement } } } = comparison;
  if (agreement !== null) {
    print(`Grader and person agree on ${Math.round(agreement * cells)} of ${cells} answers.`);
  }
  print(`\n★ ${VERDICTS[comparison.verdict]}`);
}

const VERDICTS: Readonly<Record<Compared["verdict"], string>> = {
  better: "The second version is better: move the label production to it.",
  worse: "The second version is worse: leave the label production where it is.",
  indistinguishable: "These rows do not show which version is better.",
  too_few_rows: "There are too few rows to compare the versions.",
};

function toRow(name: string, { before, after, ...compared }: Compared): string[] {
  const { difference, interval, p_value, better, worse, unchanged } = compared;
  const margin = interval === null ? "" : ` ± ${((interval.high - interval.low) / 2).toFixed(2)}`;
  const change = (figure: (of: typeof before) => string) => `${figure(before)}\n→ ${figure(after)}`;
  return [
    `${name}\n${compared.verdict.replaceAll("_", " ")}`,
    change(({ mean_score }) => mean_score?.toFixed(2) ?? "–"),
    [
      difference === null ? "–" : `${difference >= 0 ? "+" : ""}${difference.toFixed(2)}${margin}`,
      ...p_value === null ? [] : [p_value < 0.001 ? "p < 0.001" : `p = ${p_value.toFixed(3)}`],
      `${better} ▲  ${worse} ▼  ${unchanged} =`,
    ].join("\n"),
    change(({ cost_usd }) => formatUsd(cost_usd)),
    change(({ latency_p50_ms }) => formatMs(latency_p50_ms)),
  ];
}
