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

/** A line of JSON Lines. `output` is a model's raw text, in place of the `prediction` in it. */
const lineSchema = z.strictObject({
  id: z.union([z.string(), z.number()]).optional(),
  truth: z.unknown().refine((truth) => truth !== undefined, "There is no truth."),
  prediction: z.unknown().optional(),
  output: z.string().optional(),
}).refine(({ prediction, output }) => prediction === undefined || output === undefined, {
  error: "Give a prediction or an output, not both.",
});

const TRUTH = ".truth.json";

/**
 * Reads the pairs in `path`, sorted by name:
 * - a folder of `<name>.truth.json` beside `<name>.prediction.json` (or `.txt`);
 * - a folder with the folders `truth` and `prediction`, of `<name>.json` each (predictions `.txt` too);
 * - a file of JSON Lines, or a folder of such files: `{"id", "truth", "prediction"}` a line, or a
 *   model's raw text as `"output"`.
 *
 * A prediction is read as a model's answer is: JSON by itself, fenced or amid prose. One that is
 * missing or holds no JSON is no answer.
 *
 * @throws {PairsError} where a truth is no JSON, a prediction has no truth, or there are no pairs.
 */
export async function readPairs(path: string): Promise<Pair[]> {
  const info = await Deno.stat(path).catch(() => null);
  if (info === null) throw new PairsError(`${path} does not exist.`);
  const pairs = info.isFile ? await readLines(path) : await readFolder(path);
  if (pairs.length === 0) {
    throw new PairsError(`${path} holds no <name>.truth.json, no truth folder and no JSON Lines.`);
  }
  return pairs.sort((one, other) => one.name < other.name ? -1 : 1);
}

async function readFolder(folder: string): Promise<Pair[]> {
  const names = await listFiles(folder);
  if (names.some((name) => name.endsWith(TRUTH))) {
    const truths = names.filter((name) => name.endsWith(TRUTH)).map((name) =>
      name.slice(0, -TRUTH.length)
    );
    const predictions = names.flatMap((name) => {
      const [, known] = /^(.+)\.prediction\.(?:json|txt)$/.exec(name) ?? [];
      return known === undefined ? [] : [{ name: known, file: join(folder, name) }];
    });
    return await pairUp(
      truths.map((name) => ({ name, file: join(folder, name + TRUTH) })),
      predictions,
    );
  }
  const [truthFolder, predictionFolder] = [join(folder, "truth"), join(folder, "prediction")];
  if (await isFolder(truthFolder)) {
    return await pairUp(
      await listNamed(truthFolder, /^(.+)\.json$/),
      await isFolder(predictionFolder)
        ? await listNamed(predictionFolder, /^(.+)\.(?:json|txt)$/)
        : [],
    );
  }
  const lines = names.filter((name) => name.endsWith(".jsonl"));
  return (await Promise.all(lines.map((name) => readLines(join(folder, name))))).flat();
}

interface NamedFile {
  readonly name: string;
  readonly file: string;
}

async function pairUp(
  truths: readonly NamedFile[],
  predictions: readonly NamedFile[],
): Promise<Pair[]> {
  const files = new Map(predictions.map(({ name, file }) => [name, file]));
  const known = new Set(truths.map(({ name }) => name));
  for (const { name, file } of predictions) {
    if (!known.has(name)) throw new PairsError(`${file} has no truth.`);
  }
  return await Promise.all(truths.map(async ({ name, file }): Promise<Pair> => {
    const prediction = files.get(name);
    return {
      name,
      truth: readTruth(await Deno.readTextFile(file), file),
      prediction: prediction === undefined
        ? undefined
        : readAnswer(await Deno.readTextFile(prediction)),
    };
  }));
}

async function readLines(file: string): Promise<Pair[]> {
  const lines = (await Deno.readTextFile(file)).split("\n");
  return lines.flatMap((line, index): Pair[] => {
    if (line.trim() === "") return [];
    const place = `${file}:${index + 1}`;
    const parsed = lineSchema.safeParse(parseJson(line, place));
    if (!parsed.success) throw new PairsError(`${place}: ${parsed.error.issues[0]?.message}`);
    const { id, truth, prediction, output } = parsed.data;
    return [{
      name: String(id ?? `${basename(file)}:${index + 1}`),
      truth: checked(truth, place),
      prediction: output === undefined
        ? prediction === undefined ? undefined : checked(prediction, place)
        : readAnswer(output),
    }];
  });
}

function readAnswer(text: string): JsonValue | undefined {
  const parsed = parseOutput(text);
  return parsed.valid ? parsed.value : undefined;
}

function readTruth(text: string, place: string): JsonValue {
  return checked(parseJson(text, place), place);
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

async function listNamed(folder: string, pattern: RegExp): Promise<NamedFile[]> {
  return (await listFiles(folder)).flatMap((file) => {
    const [, name] = pattern.exec(file) ?? [];
    return name === undefined ? [] : [{ name, file: join(folder, file) }];
  });
}

async function isFolder(path: string): Promise<boolean> {
  const info = await Deno.stat(path).catch(() => null);
  return info?.isDirectory === true;
}
