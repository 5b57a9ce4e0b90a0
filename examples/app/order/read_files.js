import { parseJson } from "../shared/json.js";

/** @import { JsonValue } from "./order_data.ts" */

/** @param {string} name */
const stem = (name) => name.replace(/\.[^.]*$/, "");

/**
 * Sorts dropped files: images, the expected JSON of each by the name beside it, `schema.json` and
 * `prompt.txt`, as in a folder of samples.
 *
 * @param {Iterable<File>} files
 */
export async function readFiles(files) {
  /** @type {File[]} */
  const images = [];
  /** @type {Map<string, JsonValue>} */
  const expected = new Map();
  /** @type {string[]} */
  const refused = [];
  let schema = null;
  let prompt = null;
  for (const file of files) {
    if (/^image\/(png|jpeg|webp)$/.test(file.type)) images.push(file);
    else if (file.name === "prompt.txt") prompt = (await file.text()).trim();
    else if (file.name.endsWith(".json")) {
      try {
        const value = parseJson(await file.text());
        if (file.name === "schema.json") schema = value;
        else expected.set(stem(file.name), value);
      } catch (error) {
        refused.push(`${file.name} is no JSON: ${error instanceof Error ? error.message : error}`);
      }
    } else refused.push(`${file.name} is no PNG, JPEG, WebP or JSON file.`);
  }
  return {
    images: images.sort((one, other) =>
      one.name.localeCompare(other.name, "en", { numeric: true })
    ),
    schema,
    prompt,
    refused,
    /** @param {string} name of an image */
    expectedOf: (name) => expected.get(stem(name)),
  };
}
