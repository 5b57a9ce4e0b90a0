/**
 * Draws the receipts and invoices of the demo into `examples/receipts/`: a PNG for each, and beside
 * it the JSON that a reader should find on it. The same command always draws the same pictures.
 *
 *     deno run -A scripts/draw_receipts.ts
 */
import { drawDocuments } from "./receipts/documents.ts";
import { renderDocument } from "./receipts/render.ts";

const folder = new URL("../examples/receipts/", import.meta.url);

for (const document of drawDocuments()) {
  const png = renderDocument(document);
  await Deno.writeFile(new URL(`${document.name}.png`, folder), png);
  const expected = `${JSON.stringify(document.expected, null, 2)}\n`;
  await Deno.writeTextFile(new URL(`${document.name}.json`, folder), expected);
  console.log(`${document.name}.png  ${Math.round(png.length / 1024)} kB`);
}
