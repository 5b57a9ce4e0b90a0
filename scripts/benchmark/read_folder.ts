import { extname, join } from "node:path";
import { loadImage } from "@napi-rs/canvas";
import { BENCHMARK_LIMITS } from "../../supabase/functions/_shared/benchmark/configuration.ts";
import { sniffImage } from "../../supabase/functions/_shared/models/image.ts";
import {
  findJsonProblem,
  type JsonValue,
} from "../../supabase/functions/_shared/platform/json/json_value.ts";
import { parseJson } from "../../supabase/functions/_shared/platform/json/lossless_json.ts";
import { messageOf } from "../support/command.ts";

/** Image with the JSON that a reader should return for it. */
export interface Sample {
  /** Name of the image's file. */
  readonly file: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly mediaType: string;
  readonly expected: JsonValue;
}

/** Error of a folder that cannot be benchmarked. Its message has a line for each file. */
export class FolderError extends Error {
  override readonly name = "FolderError";
}

const IMAGES = new Set([".png", ".jpg", ".jpeg", ".webp"]);
/** Documents that models could read, and that are not taken. */
const OTHER_DOCUMENTS = new Set([
  ...[".pdf", ".tif", ".tiff", ".gif", ".bmp", ".heic", ".heif", ".avif"],
]);
/** Files of a folder that describe all of its images. */
const SCHEMA_FILE = "schema.json";

/** Size of an image that Storage takes. */
const MAX_IMAGE_BYTES = 10 * 1024 * 1024;

/**
 * Reads the images of a folder, sorted by name, each with the `<name>.json` beside it. Other files are
 * ignored.
 *
 * @throws {FolderError} that names every file with a problem.
 */
export async function readFolder(folder: string): Promise<Sample[]> {
  const files = await listFiles(folder);
  const problems: string[] = [];
  const samples: Sample[] = [];
  const pairs = new Map<string, string>();
  for (const file of files) {
    const kind = extname(file).toLowerCase();
    if (OTHER_DOCUMENTS.has(kind)) {
      problems.push(`${file} is not a PNG, JPEG or WebP: convert it`);
    }
    if (!IMAGES.has(kind)) continue;
    const answer = findAnswer(file, files);
    const found = [...await readImage(folder, file), ...await readAnswer(folder, file, answer)];
    problems.push(...found.filter((part) => typeof part === "string"));
    const [image, expected] = found.filter((part) => typeof part !== "string");
    const other = answer === undefined ? undefined : pairs.get(answer);
    if (answer !== undefined) pairs.set(answer, file);
    if (other !== undefined) problems.push(`${other} and ${file} share ${answer}: rename one`);
    if (image !== undefined && "bytes" in image && expected !== undefined && "value" in expected) {
      samples.push({ file, ...image, expected: expected.value });
    }
  }
  for (const file of files) {
    if (extname(file).toLowerCase() !== ".json" || file === SCHEMA_FILE || pairs.has(file)) {
      continue;
    }
    const name = stemOf(file);
    problems.push(`${file} has no image beside it: ${name}.png, ${name}.jpg or ${name}.webp`);
  }
  const { max } = BENCHMARK_LIMITS.images;
  if (samples.length > max) problems.push(`it has ${samples.length} images: at most ${max} fit`);
  if (pairs.size === 0 && problems.length === 0) {
    problems.push("it has no image: put NAME.png and NAME.json, its expected JSON, into it");
  }
  if (problems.length === 0) return samples;
  throw new FolderError(
    `${folder} cannot be benchmarked:\n${problems.map((text) => `- ${text}`).join("\n")}`,
  );
}

async function listFiles(folder: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(folder));
    return entries.filter(({ isDirectory, name }) => !isDirectory && !name.startsWith("."))
      .map(({ name }) => name).sort();
  } catch (error) {
    throw new FolderError(`The folder ${folder} cannot be read: ${messageOf(error)}`);
  }
}

function stemOf(file: string): string {
  return file.slice(0, file.length - extname(file).length);
}

/** Finds the JSON file of an image: `scan.json`, else `scan.png.json`. */
function findAnswer(image: string, files: readonly string[]): string | undefined {
  const names = [stemOf(image), image].map((name) => `${name}.json`);
  return files.find((file) => file === names[0]) ?? files.find((file) => file === names[1]);
}

type ReadImage = Pick<Sample, "bytes" | "mediaType">;

async function readImage(folder: string, file: string): Promise<[ReadImage | string]> {
  try {
    const bytes = await Deno.readFile(join(folder, file));
    if (bytes.length === 0) return [`${file} is empty`];
    if (bytes.length > MAX_IMAGE_BYTES) return [`${file} is larger than 10 MB: shrink it`];
    const image = sniffImage(bytes);
    if (image === null) return [`${file} is not a PNG, JPEG or WebP`];
    await loadImage(bytes);
    return [{ bytes, mediaType: image.mediaType }];
  } catch (error) {
    return [`${file} cannot be read as an image: ${messageOf(error)}`];
  }
}

async function readAnswer(
  folder: string,
  image: string,
  file: string | undefined,
): Promise<[{ readonly value: JsonValue } | string]> {
  if (file === undefined) {
    return [`${image} has no ${stemOf(image)}.json beside it: its expected JSON`];
  }
  try {
    const text = await Deno.readTextFile(join(folder, file));
    const value = parseJson(text.replace(/^\ufeff/, ""));
    const problem = findJsonProblem(value);
    return [problem === null ? { value } : `${file}: its JSON ${problem}`];
  } catch (error) {
    return [`${file} is not valid JSON: ${messageOf(error)}`];
  }
}
