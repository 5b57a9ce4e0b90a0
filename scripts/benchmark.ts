/**
 * Benchmarks vision models on the images of a folder: checks them, says what it costs, asks, runs and
 * prints the report.
 *
 *     deno task benchmark <folder> [--models …] [--schema …] [--prompt …] [--effort …] [--yes]
 *
 * It runs on the local stack with the operator's own keys, or with `--url` as a user of a hosted
 * project, who pays at its checkout. Exits 1 if there is no complete report.
 */
import { basename, join, resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { z } from "zod";
import { BENCHMARK_LIMITS } from "../supabase/functions/_shared/benchmark/configuration.ts";
import {
  type JsonObject,
  jsonObjectSchema,
} from "../supabase/functions/_shared/platform/json/json_value.ts";
import { parseJson } from "../supabase/functions/_shared/platform/json/lossless_json.ts";
import { count, formatUsd } from "../supabase/functions/_shared/report/format_figures.ts";
import { type Choice, chooseModels, modelSchema } from "./benchmark/choose_models.ts";
import { inferSchema } from "./benchmark/infer_schema.ts";
import {
  describeField,
  type FolderOrder,
  type Ordered,
  orderFolder,
  OrderRefused,
} from "./benchmark/order.ts";
import { openHostedProject, openLocalStack, type Place } from "./benchmark/place.ts";
import { readFolder, type Sample } from "./benchmark/read_folder.ts";
import { followRuns } from "./demo/follow_runs.ts";
import { payLocally } from "./demo/pay.ts";
import { writeReport } from "./demo/write_report.ts";
import { portsFrom } from "./stack/config.ts";
import { addStackDir, messageOf, runProgram, type StackOptions } from "./support/command.ts";
import { print, renderTable, wrap } from "./support/terminal.ts";
import { whenMissing } from "./support/when_missing.ts";

interface Options extends StackOptions {
  readonly models: readonly string[];
  readonly schema?: string;
  readonly prompt?: string;
  readonly effort?: string;
  readonly runs: number;
  readonly race?: boolean;
  readonly fitImages?: boolean;
  readonly yes?: boolean;
  readonly portBase?: string;
  readonly url?: string;
  readonly publishableKey?: string;
  readonly email?: string;
  readonly siteUrl?: string;
}

/** Models for those who name none: two efforts of a cheap one, and one of each other large maker. */
const PAID_MODELS = [
  "openai/gpt-6-luna#none",
  "openai/gpt-6-luna#high",
  "google/gemini-3.5-flash",
  "anthropic/claude-haiku-4.5",
];
const LOCAL_MODELS = ["local/tesseract-fast", "local/tesseract-best", "local/paddleocr"];

const MOST_WARNINGS = 6;

const PROMPT = `Read this document and return its data as one JSON object that fits the schema.

- Copy names and numbers as they are printed; do not translate or complete them.
- Numbers are plain, with a point before the decimals: 1.132,40 € is 1132.40.
- Use null for what the document does not show. Do not calculate what is not printed.

Return the JSON object only, without explanation or code fences.`;

const HOW_TO_SET_KEY = "Paid models: OPENROUTER_API_KEY=sk-or-… deno task benchmark <folder>";

function readRuns(text: string): number {
  if (/^([1-9]|10)$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Use a whole number from 1 to 10.");
}

const program = addStackDir(new Command("benchmark"))
  .description(
    "Benchmark vision models on your own images: NAME.png (or .jpg, .webp) with NAME.json beside it, the JSON expected from it.",
  )
  .argument("<folder>", "the folder with images and JSON, such as examples/receipts")
  .option(
    "--models <names>",
    "models by id or name, separated by commas, each with or without #effort",
    (text: string, names: readonly string[]) => [
      ...names,
      ...text.split(",").map((name) => name.trim()).filter((name) => name !== ""),
    ],
    [],
  )
  .option("--schema <file>", "JSON schema (default: schema.json in the folder, else inferred)")
  .option(
    "--prompt <text or file>",
    "prompt (default: prompt.txt in the folder, else a general one)",
  )
  .option(
    "--effort <effort>",
    "reasoning effort of models that take it: none, low, medium, high, …",
  )
  .option("--runs <number>", "runs of each model on each image, 1 to 10", readRuns, 2)
  .option("--race", "stop models early that fall too far behind")
  .option("--fit-images", "let models read smaller copies of images that they do not take")
  .option("--yes", "start without asking")
  .option("--port-base <number>", "first of the local stack's ports")
  .addOption(
    new Option("--url <url>", "a hosted project, instead of the local stack").env("MODELPICK_URL"),
  )
  .addOption(
    new Option("--publishable-key <key>", "its publishable key").env("MODELPICK_PUBLISHABLE_KEY"),
  )
  .addOption(
    new Option("--email <address>", "user of the hosted project; MODELPICK_PASSWORD, or a code")
      .env("MODELPICK_EMAIL"),
  )
  .addOption(
    new Option("--site-url <url>", "site of its report page").env("MODELPICK_SITE_URL"),
  )
  .action(async (folder: string, options: Options) => {
    const samples = await readFolder(folder);
    const schema = await readSchema(folder, options.schema, samples);
    const prompt = await readPrompt(folder, options.prompt);
    const place = await openPlace(options);
    const { ids, notes } = await pickModels(place, options);
    const order: FolderOrder = {
      name: basename(resolve(folder)).slice(0, BENCHMARK_LIMITS.nameCharacters),
      samples,
      prompt,
      schema: schema.content,
      modelIds: ids,
      priorities: ["accuracy", "cost", "speed"],
      runsPerModel: options.runs,
      strategy: options.race === true ? "race" : "full",
      mayFitImages: options.fitImages === true,
    };
    const images = count(samples.length, "image");
    print(wrap(`${folder}: ${images}, ${count(ids.length, "model")}. ${schema.source}`));
    const ordered = await orderFolder(place, order);
    showEstimate(ordered, order, place);
    for (const note of notes) print(wrap(note));
    if (!isConfirmed(options.yes === true, place)) {
      print("Nothing was started.");
      Deno.exitCode = 1;
      return;
    }
    Deno.exitCode = await run(place, ordered, order);
    // Realtime and the refresh of the session would keep the process alive.
    Deno.exit();
  });

async function readSchema(
  folder: string,
  named: string | undefined,
  samples: readonly Sample[],
): Promise<{ readonly content: JsonObject; readonly source: string }> {
  const file = named ?? join(folder, "schema.json");
  const text = await readFile(file, named === undefined);
  if (text === undefined) {
    const content = inferSchema(samples.map(({ expected }) => expected));
    return { content, source: "The schema is inferred from the JSON files." };
  }
  try {
    return { content: jsonObjectSchema.parse(parseJson(text)), source: `Schema: ${file}` };
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    throw new Error(`${file} is not a JSON schema: ${reason}`);
  }
}

async function readPrompt(folder: string, given: string | undefined): Promise<string> {
  if (given === undefined) return await readFile(join(folder, "prompt.txt"), true) ?? PROMPT;
  // What is no file and has several words is the prompt itself.
  return await readFile(given, /\s/.test(given)) ?? given;
}

async function readFile(file: string, mayBeMissing: boolean): Promise<string | undefined> {
  try {
    const text = Deno.readTextFile(file);
    return await (mayBeMissing ? text.catch(whenMissing(undefined)) : text);
  } catch (error) {
    throw new Error(`${file} cannot be read: ${messageOf(error)}`);
  }
}

async function openPlace({ url, stackDir, portBase, ...rest }: Options): Promise<Place> {
  if (url !== undefined) {
    return await openHostedProject({
      url: url.replace(/\/+$/, ""),
      publishableKey: rest.publishableKey,
      email: rest.email,
      password: Deno.env.get("MODELPICK_PASSWORD"),
      siteUrl: rest.siteUrl?.replace(/\/+$/, ""),
    });
  }
  const ports = portBase === undefined ? {} : { ports: portsFrom(Number(portBase)) };
  return await openLocalStack({ stackDir, ...ports }, Deno.env.toObject());
}

async function pickModels(place: Place, { models, effort }: Options): Promise<Choice> {
  const { data, error } = await place.supabase.from("models")
    .select("id,name,reasoning_efforts");
  if (error) throw new Error(`the models cannot be read: ${error.message}`);
  const catalogue = z.array(modelSchema).parse(data);
  if (models.length > 0) return chooseModels(models, catalogue, effort);
  const usual = place.hasPaidModels ? PAID_MODELS : LOCAL_MODELS;
  const choice = chooseModels(usual, catalogue, effort);
  if (place.hasPaidModels) return choice;
  return {
    ...choice,
    notes: [
      ...choice.notes,
      "There is no key for paid models: the local OCR models run, which know receipts and invoices.",
      HOW_TO_SET_KEY,
    ],
  };
}

function showEstimate({ estimate, warnings }: Ordered, order: FolderOrder, place: Place): void {
  const { per_model, runs_per_model, requested_runs_per_model, total_usd } = estimate;
  print(renderTable(
    ["Model", "Calls", "Cost/call", "Cost"],
    per_model.map(({ name, usd_per_run, total_usd: cost }) => [
      name,
      order.samples.length * runs_per_model,
      formatUsd(usd_per_run),
      formatUsd(cost),
    ]),
  ));
  for (const warning of warnings.slice(0, MOST_WARNINGS)) {
    print(wrap(`! ${describeField(warning, order)}`));
  }
  if (warnings.length > MOST_WARNINGS) print(`! and ${warnings.length - MOST_WARNINGS} more`);
  if (runs_per_model < requested_runs_per_model) {
    print(`${runs_per_model} instead of ${requested_runs_per_model} runs fit under the ceiling.`);
  }
  const payee = total_usd === 0
    ? "these models run on your machine"
    : place.isOpenRouterSimulated
    ? "but OpenRouter's models are simulated, and nothing is charged"
    : "which the providers charge to your keys";
  print(wrap(
    place.isFree
      ? `Estimate: ${formatUsd(total_usd)}, ${payee}.`
      : `Price: ${(estimate.price_cents / 100).toFixed(2)}, paid on the payment page.`,
  ));
}

/** @throws {Error} if nobody can be asked. */
function isConfirmed(isYes: boolean, place: Place): boolean {
  if (isYes) return true;
  if (!Deno.stdin.isTerminal()) {
    throw new Error("Nothing was started: without a terminal to ask in, add --yes.");
  }
  return confirm(place.isFree ? "Start?" : "Go to the payment page?");
}

/** Runs a report to its end and prints it. Returns the exit code. */
async function run(place: Place, ordered: Ordered, order: FolderOrder): Promise<number> {
  const { supabase } = place;
  const { report_id, checkout_url } = ordered;
  if (place.isFree) await payLocally(checkout_url);
  else print(`Pay here: ${checkout_url}\nThe benchmark starts after that.`);
  const report = await followRuns(supabase, report_id, order.modelIds, place.advice);
  print(`\n${writeReport(report, order.samples.length)}`);
  if (place.isFree) {
    // The stack is the operator's own, so the page may show images and expected answers.
    const sharing = { p_report: report_id, p_expires_at: null, p_shares_order: true };
    const { error } = await supabase.rpc("set_sharing", sharing);
    if (error) throw error;
  }
  print(
    place.siteUrl === null
      ? "The link to the report is in its e-mail."
      : `Report link   ${place.siteUrl}/report/${report.share_token}`,
  );
  return report.status === "complete" ? 0 : 1;
}

await runProgram(
  program,
  (error) =>
    error instanceof OrderRefused && error.codes.includes("no_key")
      ? `${error.message}\n${HOW_TO_SET_KEY}`
      : messageOf(error),
);
