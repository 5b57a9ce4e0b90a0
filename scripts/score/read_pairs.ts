import { basename, join } from "node:path";
import { z } from "zod";
import {
  findJsonProblem,
  type JsonValue,
} from "../../supabase/functions/_shared/benchmark/json_value.ts";
import { parseOutput } from "../../supabase/functions/_shared/benchmark/parse_output.ts";

/** A right answer and what a model gave for it. */
export interface Pair {
  readonly name: string;
  readonly truth: JsonValue;
  /** Undefined where there is none, or none that is JSON. */
  readonly prediction: JsonValue | undefined;
}

/** What is wrong with the files; for people. */
export class PairsError extends Error {
  override readonly name = "PairsError";
}

/**
 * A line of JSON Lines: a truth, an answer to one, or both. `output` is a model's raw text, in place
 * of the `prediction` in it; `file_name` and `ground_truth` are what public sets call id and truth.
 */
const lineSchema = z.strictObject({
  id: z.union([z.string(), z.number()]).optional(),
  file_name: z.string().optional(),
  truth: z.unknown().optional(),
  ground_truth: z.unknown().optional(),
  prediction: z.unknown().optional(),
  output: z.string().optional(),
}).refine(({ prediction, output }) => prediction === undefined || output === undefined, {
  error: "Give a prediction or an output, not both.",
}).refine(({ truth, ground_truth }) => truth === undefined || ground_truth === undefined, {
  error: "Give a truth or a ground_truth, not both.",
}).refine(
  ({ id, file_name, truth, ground_truth }) => [id, file_name, truth, ground_truth].some(isGiven),
  { error: "There is no truth, nor an id of one." },
);

function isGiven(value: unknown): boolean {
  return value !== undefined;
}

const TRUTH = ".truth.json";

/** What one file or line holds of a pair. */
interface Part {
  readonly name: string;
  readonly place: string;
  /** Absent where it holds an answer alone. */
  readonly truth?: JsonValue;
  /** Absent where it holds a truth alone; undefined where the answer is none. */
  readonly prediction?: JsonValue | undefined;
}

/**
 * Reads the pairs in `path`, sorted by name:
 * - a folder of `<name>.truth.json` beside `<name>.prediction.json` (or `.txt`);
 * - a folder with the folders `truth` and `prediction`, of `<name>.json` (or `.txt`) each;
 * - a file of JSON Lines, or a folder of such files: `{"id", "truth", "prediction"}` a line, or a
 *   model's raw text as `"output"`; truths and answers may stand on lines of their own.
 *
 * With `predictions`, `path` holds truths alone and that the answers to them, each a folder of
 * `<name>.json` or `<name>.txt`, a file of JSON Lines or a folder of such files.
 *
 * A truth that is wrapped as public sets have it is unwrapped: `{"ground_truth": …}`, as JSON or as
 * text that is JSON, and in it `{"gt_parse": …}`. A prediction is read as a model's answer is: JSON by
 * itself, fenced or amid prose. One that is missing or holds no JSON is no answer.
 *
 * @throws {PairsError} where a truth is no JSON or given twice, a prediction has no truth, or there
 * are no pairs.
 */
export async function readPairs(path: string, predictions?: string): Promise<Pair[]> {
  const parts = predictions === undefined
    ? await readParts(path)
    : [...await readSide(path, "truth"), ...await readSide(predictions, "prediction")];
  const pairs = pairUp(parts);
  if (pairs.length === 0) {
    throw new PairsError(`${path} holds no <name>.truth.json, no truth folder and no JSON Lines.`);
  }
  return pairs.sort((one, other) => one.name < other.name ? -1 : 1);
}

async function readParts(path: string): Promise<Part[]> {
  if (!await isFolder(path)) return await readLines(path);
  const names = await listFiles(path);
  if (names.some((name) => name.endsWith(TRUTH))) {
    return [
      ...await readFiles(path, /^(.+)\.truth\.json$/, "truth"),
      ...await readFiles(path, /^(.+)\.prediction\.(?:json|txt)$/, "prediction"),
    ];
  }
  const [truths, predictions] = [join(path, "truth"), join(path, "prediction")];
  if (await isFolder(truths)) {
    return [
      ...await readSide(truths, "truth"),
      ...await isFolder(predictions) ? await readSide(predictions, "prediction") : [],
    ];
  }
  return await readLineFiles(path);
}

type Side = "truth" | "prediction";

/** Truths alone, or answers alone. */
async function readSide(path: string, side: Side): Promise<Part[]> {
  if (!await isFolder(path)) return await readLines(path);
  const parts = await readFiles(path, /^(?!schema\.json$)(.+)\.(?:json|txt)$/, side);
  return parts.length > 0 ? parts : await readLineFiles(path);
}

async function readFiles(folder: string, pattern: RegExp, side: Side): Promise<Part[]> {
  const found = (await listFiles(folder)).flatMap((file) => {
    const [, name] = pattern.exec(file) ?? [];
    return name === undefined ? [] : [{ name, place: join(folder, file) }];
  });
  return await Promise.all(found.map(async ({ name, place }): Promise<Part> => {
    const text = await Deno.readTextFile(place);
    return side === "truth"
      ? { name, place, truth: unwrap(parseJson(text, place), place) }
      : { name, place, prediction: readAnswer(text) };
  }));
}

async function readLineFiles(folder: string): Promise<Part[]> {
  const names = (await listFiles(folder)).filter((name) => name.endsWith(".jsonl"));
  return (await Promise.all(names.map((name) => readLines(join(folder, name))))).flat();
}

async function readLines(file: string): Promise<Part[]> {
  const info = await Deno.stat(file).catch(() => null);
  if (info === null) throw new PairsError(`${file} does not exist.`);
  const lines = (await Deno.readTextFile(file)).split("\n");
  return lines.flatMap((line, index): Part[] => {
    if (line.trim() === "") return [];
    const place = `${file}:${index + 1}`;
    const parsed = lineSchema.safeParse(parseJson(line, place));
    if (!parsed.success) throw new PairsError(`${place}: ${parsed.error.issues[0]?.message}`);
    const { id, file_name, truth, ground_truth, prediction, output } = parsed.data;
    return [{
      name: String(id ?? file_name ?? `${basename(file)}:${index + 1}`),
      place,
      ...truth === undefined ? {} : { truth: checked(truth, place) },
      ...ground_truth === undefined ? {} : { truth: unwrap({ ground_truth }, place) },
      ...prediction === undefined ? {} : { prediction: checked(prediction, place) },
      ...output === undefined ? {} : { prediction: readAnswer(output) },
    }];
  });
}

function pairUp(parts: readonly Part[]): Pair[] {
  const truths = new Map<string, JsonValue>();
  const answers = new Map<string, JsonValue | undefined>();
  for (const { name, place, truth } of parts) {
    if (truth === undefined) continue;
    if (truths.has(name)) throw new PairsError(`${place} is a second truth of ${name}.`);
    truths.set(name, truth);
  }
  for (const part of parts) {
    if (!("prediction" in part)) continue;
    const { name, place, prediction } = part;
    if (!truths.has(name)) throw new PairsError(`${place} has no truth.`);
    if (answers.has(name)) throw new PairsError(`${place} is a second prediction of ${name}.`);
    answers.set(name, prediction);
  }
  return [...truths].map(([name, truth]) => ({ name, truth, prediction: answers.get(name) }));
}

/** The truth itself, out of what public sets put around it. */
function unwrap(value: unknown, place: string): JsonValue {
  let truth = value;
  if (isObject(truth) && "ground_truth" in truth) {
    truth = truth["ground_truth"];
    if (typeof truth === "string") truth = parseJson(truth, place);
  }
  if (isObject(truth) && "gt_parse" in truth) truth = truth["gt_parse"];
  return checked(truth, place);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readAnswer(text: string): JsonValue | undefined {
  const parsed = parseOutput(text);
  return parsed.valid ? parsed.value : undefined;
}

function parseJson(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new PairsError(`${place} is no JSON.`);
  }
}

const jsonSchema = z.custom<JsonValue>((value) => findJsonProblem(value) === null);

function checked(value: unknown, place: string): JsonValue {
  const parsed = jsonSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new PairsError(`${place} ${findJsonProblem(value)}.`);
}

async function listFiles(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isFile } of Deno.readDir(folder)) if (isFile) names.push(name);
  return names.sort();
}

async function isFolder(path: string): Promise<boolean> {
  const info = await Deno.stat(path).catch(() => null);
  return info?.isDirectory === true;
}
