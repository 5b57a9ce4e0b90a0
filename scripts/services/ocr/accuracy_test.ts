import assert from "node:assert/strict";
import { Engine } from "./engine.ts";
import { extractFields } from "./extract_fields.ts";
import { findModel } from "./models.ts";
import { layOutPage } from "./page_layout.ts";
import { isSchema } from "./schema_fields.ts";

const folder = new URL("../../../examples/receipts/", import.meta.url);
const readJson = async (name: string): Promise<Record<string, unknown>> =>
  JSON.parse(await Deno.readTextFile(new URL(name, folder)));

Deno.test("the best free baseline finds nine fields in ten of the demo's documents, but not all", async () => {
  const engine = new Engine();
  const model = findModel("local/tesseract-best");
  assert.ok(model !== null);
  const schema = await readJson("schema.json");
  let right = 0;
  let all = 0;
  for (const { name } of Deno.readDirSync(folder)) {
    if (!name.endsWith(".png")) continue;
    const image = await Deno.readFile(new URL(name, folder));
    const readings = await engine.read(image, model, new AbortController().signal);
    const pages = readings.map((reading) => layOutPage(reading.words, reading.slope));
    const found = extractFields(pages, schema);
    assert.ok(isSchema(found));
    for (const [field, value] of Object.entries(await readJson(name.replace(".png", ".json")))) {
      all++;
      if (found[field] === value) right++;
    }
  }
  await engine.stop();
  assert.ok(right / all >= 0.9, `${right} of ${all}`);
  assert.ok(right < all, "The pages are too easy to tell models apart");
});
