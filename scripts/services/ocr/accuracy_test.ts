import assert from "node:assert/strict";
import { Engine } from "./engine.ts";
import { extractFields } from "./extract_fields.ts";
import { findModel } from "./models.ts";
import { layOutPage } from "./page_layout.ts";
import { isSchema } from "./schema_fields.ts";

const folder = new URL("../../../examples/receipts/", import.meta.url);
const readJson = async (name: string): Promise<Record<string, unknown>> =>
  JSON.parse(await Deno.readTextFile(new URL(name, folder)));

/** Reads these documents of the demo. Returns the share of fields found, and the others. */
async function readDocuments(
  id: string,
  numbers: RegExp,
): Promise<{ accuracy: number; wrong: string[] }> {
  const engine = new Engine();
  const model = findModel(id);
  assert.ok(model !== null);
  const schema = await readJson("schema.json");
  const wrong: string[] = [];
  let all = 0;
  for (const { name } of Deno.readDirSync(folder)) {
    if (!name.endsWith(".png") || !numbers.test(name)) continue;
    const image = await Deno.readFile(new URL(name, folder));
    const readings = await engine.read(image, model, new AbortController().signal);
    const pages = readings.map((reading) => layOutPage(reading.words, reading.slope));
    const found = extractFields(pages, schema);
    assert.ok(isSchema(found));
    for (const [field, value] of Object.entries(await readJson(name.replace(".png", ".json")))) {
      all++;
      if (found[field] !== value) wrong.push(`${name} ${field}: ${found[field]}, not ${value}`);
    }
  }
  await engine.stop();
  return { accuracy: (all - wrong.length) / all, wrong };
}

Deno.test("the best free baseline finds nine fields in ten of the demo's documents, but not all", async () => {
  const { accuracy, wrong } = await readDocuments("local/tesseract-best", /^\d/);
  assert.ok(accuracy >= 0.9, wrong.join("\n"));
  assert.ok(wrong.length > 0, "The pages are too easy to tell models apart");
});

Deno.test("PaddleOCR finds nine fields in ten of four documents, and errs on euros and pounds", async () => {
  const { accuracy, wrong } = await readDocuments("local/paddleocr", /^(?:02|03|10|12)/);
  assert.ok(accuracy >= 0.9, wrong.join("\n"));
  // The alphabet of PaddleOCR has neither sign.
  for (const currency of ["EUR", "GBP"]) {
    assert.ok(wrong.some((field) => field.endsWith(`currency: , not ${currency}`)), currency);
  }
});
