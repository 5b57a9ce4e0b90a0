import { basename, join } from "node:path";
import { z } from "zod";
import { parseOutput } from "../../supabase/functions/_shared/models/answers/parse_output.ts";
import {
  findJsonProblem,
  type JsonLimits,
  type JsonObject,
  type JsonValue,
  jsonWithin,
} from "../../supabase/functions/_shared/platform/json/json_value.ts";
import { parseJson } from "../../supabase/functions/_shared/platform/json/lossless_json.ts";
import { mapBounded } from "../../supabase/functions/_shared/platform/map_bounded.ts";

/** Truth with the prediction of a model. */
export interface Pair {
  readonly name: string;
  readonly truth: JsonValue;
  /** Undefined if there is no prediction or it is not JSON. */
  readonly prediction: JsonValue | undefined;
}

/** File or line that is not scored, with the reason. */
export interface LeftOut {
  /** File or line, such as `truths/a.json` or `pairs.jsonl:7`. */
  readonly place: string;
  /** Predicate of a sentence whose subject is the place. */
  readonly reason: string;
}

/** Result of reading a set. */
export interface PairSet {
  /** Pairs sorted by name. */
  readonly pairs: readonly Pair[];
  readonly leftOut: readonly LeftOut[];
}

/** Options of {@link readPairs}. */
export interface ReadOptions {
  /** Path of the predictions, if the other path holds only truths. */
  readonly predictions?: string | undefined;
  /** Schema that the models were asked for. It helps to find the JSON in a model's text. */
  readonly schema?: JsonObject | undefined;
  readonly limits: JsonLimits;
}

/** Error of a set in which nothing can be scored. Its message is for people. */
export class PairsError extends Error {
  override readonly name = "PairsError";
}

/**
 * Line of a JSON Lines file: a truth, a prediction, or both. `output` is a model's raw text instead
 * of a `prediction`. `file_name` and `ground_truth` are the names of id and truth in public data
 * sets.
 */
const lineSchema = z.strictObject({
  id: z.union([z.string(), z.number(), z.bigint()]).optional(),
  file_name: z.string().optional(),
  truth: z.unknown().optional(),
  ground_truth: z.unknown().optional(),
  prediction: z.unknown().optional(),
  output: z.string().optional(),
}).refine(({ prediction, output }) => prediction === undefined || output === undefined, {
  error: "has both a prediction and an output",
}).refine(({ truth, ground_truth }) => truth === undefined || ground_truth === undefined, {
  error: "has both a truth and a ground_truth",
}).refine(
  ({ id, file_name, truth, ground_truth }) =>
    [id, file_name, truth, ground_truth].some((value) => value !== undefined),
  { error: "has neither a truth nor the id of one" },
);

const TRUTH = ".truth.json";
/** Largest number of files that are open at once. */
const MOST_OPEN = 32;

/** Content of one file or line. */
interface Part {
  readonly name: string;
  readonly place: string;
  /** Absent if the part holds only a prediction. */
  readonly truth?: JsonValue;
  /** Absent if the part holds only a truth; undefined if the prediction is not JSON. */
  readonly prediction?: JsonValue | undefined;
}

/** Part that cannot be used, with the name of its pair if that is known. */
interface Fault extends LeftOut {
  readonly name: string | null;
}

/** Error of a part that cannot be used. Its message becomes {@link LeftOut.reason}. */
class PartError extends Error {
  override readonly name = "PartError";
}

/**
 * Reads the pairs in `path`:
 *
 * - a folder of `<name>.truth.json` beside `<name>.prediction.json` (or `.txt`);
 * - a folder with the folders `truth` and `prediction`, each with `<name>.json` (or `.txt`) files;
 * - a file of JSON Lines, or a folder of such files, with `{"id", "truth", "prediction"}` per line,
 * or a model's raw text as `"output"`. Truths and predictions may be on separate lines.
 *
 * With `predictions`, `path` holds only truths and `predictions` only predictions. Each is a folder
 * of `<name>.json` or `<name>.txt`, a file of JSON Lines or a folder of such files.
 *
 * Wrappers of public data sets are removed from a truth: `{"ground_truth": …}`, as JSON or as text
 * that is JSON, and within it `{"gt_parse": …}`. A prediction is parsed like a model's answer:
 * plain JSON, in a code fence or within prose. A prediction that is missing or contains no JSON
 * counts as no answer.
 *
 * A pair is left out if its truth is not JSON, a value exceeds the limits, its name has a second
 * truth or prediction, or its prediction has no truth.
 *
 * @throws {PairsError} if the path does not exist or no pair can be scored.
 */
export async function readPairs(path: string, options: ReadOptions): Promise<PairSet> {
  const parts = options.predictions === undefined ? await readParts(path, options) : [
    ...await readSide(path, "truth", options),
    ...await readSide(options.predictions, "prediction", options),
  ];
  const { pairs, leftOut } = pairUp(parts);
  if (parts.length === 0) {
    throw new PairsError(
      `${path} contains no <name>.truth.json, no truth folder and no JSON Lines.`,
    );
  }
  if (pairs.length === 0) {
    const [first] = leftOut;
    throw new PairsError(`Nothing can be scored: ${first?.place} ${first?.reason}.`);
  }
  return { pairs, leftOut };
}

type Read = Part | Fault;

async function readParts(path: string, options: ReadOptions): Promise<Read[]> {
  const names = await listFiles(path);
  if (names?.some((name) => name.endsWith(TRUTH))) {
    return [
      ...await readFiles(path, /^(.+)\.truth\.json$/, "truth", options),
      ...await readFiles(path, /^(.+)\.prediction\.(?:json|txt)$/, "prediction", options),
    ];
  }
  const [truths, predictions] = [join(path, "truth"), join(path, "prediction")];
  if (await listFiles(truths) === null) return await readLineFiles(path, options);
  return [
    ...await readSide(truths, "truth", options),
    ...await listFiles(predictions) === null
      ? []
      : await readSide(predictions, "prediction", options),
  ];
}

type Side = "truth" | "prediction";

/** Reads only truths or only predictions. */
async function readSide(path: string, side: Side, options: ReadOptions): Promise<Read[]> {
  const parts = await readFiles(path, /^(?!schema\.json$)(.+)\.(?:json|txt)$/, side, options);
  return parts.length > 0 ? parts : await readLineFiles(path, options);
}

async function readFiles(
  folder: string,
  pattern: RegExp,
  side: Side,
  options: ReadOptions,
): Promise<Read[]> {
  const found = (await listFiles(folder) ?? []).flatMap((file) => {
    const [, name] = pattern.exec(file) ?? [];
    return name === undefined ? [] : [{ name, place: join(folder, file) }];
  });
  return await mapBounded(found, MOST_OPEN, async ({ name, place }) => {
    const text = await readText(place);
    const readTruth = () => ({ name, place, truth: unwrap(parse(text), options) });
    const readPrediction = () => ({ name, place, prediction: readAnswer(text, options) });
    return attempt(place, name, side === "truth" ? readTruth : readPrediction);
  });
}

/** Reads a file of JSON Lines, or those in a folder. */
async function readLineFiles(path: string, options: ReadOptions): Promise<Read[]> {
  const names = await listFiles(path);
  const files = names?.filter((name) => name.endsWith(".jsonl")).map((name) => join(path, name));
  return (await mapBounded(files ?? [path], 1, (file) => readLines(file, options))).flat();
}

async function readLines(file: string, options: ReadOptions): Promise<Read[]> {
  const info = await Deno.stat(file).catch(() => null);
  if (info === null) throw new PairsError(`${file} does not exist.`);
  return (await readText(file)).split("\n").flatMap((line, index): Read[] => {
    if (line.trim() === "") return [];
    const place = `${file}:${index + 1}`;
    return [attempt(place, null, () => readLine(line, place, options))];
  });
}

function readLine(line: string, place: string, options: ReadOptions): Read {
  const parsed = lineSchema.safeParse(parse(line));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new PartError(
      issue?.code === "custom" ? issue.message : `is not a pair: ${issue?.message}`,
    );
  }
  const { id, file_name, truth, ground_truth, prediction, output } = parsed.data;
  const name = String(id ?? file_name ?? basename(place));
  return attempt(place, name, () => ({
    name,
    place,
    ...truth === undefined ? {} : { truth: checked(truth, options) },
    ...ground_truth === undefined ? {} : { truth: unwrap({ ground_truth }, options) },
    ...prediction === undefined ? {} : { prediction: checked(prediction, options) },
    ...output === undefined ? {} : { prediction: readAnswer(output, options) },
  }));
}

function attempt(place: string, name: string | null, read: () => Read): Read {
  try {
    return read();
  } catch (error) {
    if (error instanceof PartError) return { place, reason: error.message, name };
    throw error;
  }
}

function pairUp(read: readonly Read[]): PairSet {
  const faults = read.filter((one) => "reason" in one);
  const parts = read.filter((one): one is Part => !("reason" in one));
  const unusable = new Set(faults.map(({ name }) => name));
  const leftOut: LeftOut[] = faults.map(({ place, reason }) => ({ place, reason }));
  const truths = new Map<string, JsonValue>();
  const answers = new Map<string, JsonValue | undefined>();
  for (const { name, place, truth } of parts) {
    if (truth === undefined) continue;
    if (truths.has(name)) leftOut.push({ place, reason: `is a second truth of ${name}` });
    else truths.set(name, truth);
  }
  for (const part of parts) {
    if (!("prediction" in part) || unusable.has(part.name)) continue;
    const { name, place, prediction } = part;
    if (!truths.has(name)) leftOut.push({ place, reason: "has no truth" });
    else if (answers.has(name)) {
      leftOut.push({ place, reason: `is a second prediction of ${name}` });
    } else answers.set(name, prediction);
  }
  const pairs = [...truths].filter(([name]) => !unusable.has(name))
    .map(([name, truth]) => ({ name, truth, prediction: answers.get(name) }));
  return { pairs: pairs.sort((one, other) => one.name < other.name ? -1 : 1), leftOut };
}

/** Removes the wrappers of public data sets from a truth. */
function unwrap(value: unknown, options: ReadOptions): JsonValue {
  let truth = value;
  if (isObject(truth) && "ground_truth" in truth) {
    truth = truth["ground_truth"];
    if (typeof truth === "string") truth = parse(truth);
  }
  if (isObject(truth) && "gt_parse" in truth) truth = truth["gt_parse"];
  return checked(truth, options);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readAnswer(text: string, { schema, limits }: ReadOptions): JsonValue | undefined {
  const parsed = parseOutput(text, schema, limits);
  if (parsed.valid) return parsed.value;
  if (parsed.problem === "too_large") {
    throw new PartError(`has more than ${limits.characters} characters`);
  }
  if (parsed.problem === "out_of_bounds") {
    throw new PartError(`has more than ${limits.nodes} values or ${limits.depth} levels`);
  }
  return undefined;
}

function parse(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    throw new PartError("is not valid JSON");
  }
}

function checked(value: unknown, { limits }: ReadOptions): JsonValue {
  const parsed = jsonWithin(limits).safeParse(value);
  if (parsed.success) return parsed.data;
  throw new PartError(findJsonProblem(value, limits) ?? "is not valid JSON");
}

/** Reads a file without its byte order mark. */
async function readText(file: string): Promise<string> {
  return (await Deno.readTextFile(file)).replace(/^\uFEFF/, "");
}

/** Returns the sorted names of a folder's files, or null if there is no such folder. */
async function listFiles(folder: string): Promise<string[] | null> {
  const info = await Deno.stat(folder).catch(() => null);
  if (info?.isDirectory !== true) return null;
  const entries = await Array.fromAsync(Deno.readDir(folder));
  return entries.filter(({ isFile }) => isFile).map(({ name }) => name).sort();
}
