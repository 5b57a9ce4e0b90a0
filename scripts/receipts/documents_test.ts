import assert from "node:assert/strict";
import { Validator } from "@cfworker/json-schema";
import { drawDocuments } from "./documents.ts";
import { decodeTintedPng } from "./png.ts";
import { renderDocument } from "./render.ts";

const folder = new URL("../../examples/receipts/", import.meta.url);
const documents = drawDocuments();
const digitsOf = (text: string) => text.replaceAll(/\D/g, "");

Deno.test("every expected name and number stands on its document as it is expected", () => {
  for (const { name, sheet, expected } of documents) {
    const page = sheet.written.join("\n");
    assert.ok(page.includes(expected.vendor), `${name}: vendor`);
    if (expected.document_number !== null) {
      assert.ok(page.includes(expected.document_number), `${name}: document number`);
    }
  }
});

Deno.test("every expected amount is printed with the same digits, and a null one is not printed", () => {
  for (const { name, sheet, expected, printed } of documents) {
    const page = sheet.written.join("\n");
    const decimals = expected.currency === "JPY" ? 0 : 2;
    for (const field of ["subtotal", "tax", "total"] as const) {
      const text = printed[field];
      const value = expected[field];
      assert.equal(text === null, value === null, `${name}: ${field}`);
      if (text === null || value === null) continue;
      assert.ok(page.includes(text), `${name}: ${field} ${text} is not on the page`);
      assert.equal(digitsOf(text), digitsOf(value.toFixed(decimals)), `${name}: ${field}`);
    }
  }
});

Deno.test("every expected date is printed with its year and its day", () => {
  for (const { name, sheet, expected, printed } of documents) {
    const [year, , day] = expected.date.split("-");
    assert.ok(year !== undefined && day !== undefined);
    assert.ok(sheet.written.join("\n").includes(printed.date), name);
    assert.ok(printed.date.includes(year), name);
    assert.ok(printed.date.includes(String(Number(day))), name);
  }
});

Deno.test("where net, tax and total are all printed they add up", () => {
  for (const { name, expected: { subtotal, tax, total } } of documents) {
    if (subtotal === null || tax === null) continue;
    assert.ok(Math.abs(subtotal + tax - total) < 0.005, name);
  }
});

Deno.test("the committed JSON of each document is what the drawing expects and fits the schema", async () => {
  const schema = JSON.parse(await Deno.readTextFile(new URL("schema.json", folder)));
  const validator = new Validator(schema, "2020-12", false);
  for (const { name, expected } of documents) {
    const committed = JSON.parse(await Deno.readTextFile(new URL(`${name}.json`, folder)));
    assert.deepEqual(committed, expected);
    assert.ok(validator.validate(committed).valid, name);
  }
});

Deno.test("drawing again gives the committed pictures, each under 150 kB", async () => {
  for (const document of documents) {
    const committed = await Deno.readFile(new URL(`${document.name}.png`, folder));
    assert.ok(committed.length < 150_000, document.name);
    const before = decodeTintedPng(committed);
    const after = decodeTintedPng(renderDocument(document));
    assert.equal(after.width, before.width);
    assert.equal(after.height, before.height);
    // Another processor may round a blurred edge the other way, so pixels may differ by one level.
    let changed = 0;
    for (const [at, index] of after.indices.entries()) {
      if (Math.abs(index - (before.indices[at] ?? 0)) > 1) changed++;
    }
    assert.ok(changed / after.indices.length < 0.001, `${document.name}: ${changed} pixels`);
  }
});
