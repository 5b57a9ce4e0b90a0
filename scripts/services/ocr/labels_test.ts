import assert from "node:assert/strict";
import { findLabel, hasLabel, normalizeWord } from "./labels.ts";

Deno.test("findLabel() sees through case, accents, hyphens, colons and misread letters", () => {
  const cases: [string, string][] = [
    ["Sub-total", "subtotal"],
    ["T0TAL", "total"],
    ["Bankiiberweisung.", "bankuberweisung"],
    ["reçu", "recu"],
    ["Invoice No: AP/1093", "invoice no"],
    ["Invoice No.26-1187", "invoice no"],
    ["Receipt #004", "receipt #"],
  ];
  for (const [text, phrase] of cases) assert.ok(hasLabel(text, [phrase]), text);
});

Deno.test("findLabel() finds no label inside another word", () => {
  assert.equal(findLabel("NOTE: table for two", ["no", "total"]), null);
  assert.equal(findLabel("Cashier: Dana", ["cash"]), null);
});

Deno.test("findLabel() prefers the longer phrase and returns where it ends", () => {
  const text = "Invoice No. 26-1187";
  const label = findLabel(text, ["invoice", "invoice no"]);
  assert.equal(label?.phrase, "invoice no");
  assert.equal(text.slice(label?.end), " 26-1187");
});

Deno.test("normalizeWord() does not change numbers", () => {
  assert.equal(normalizeWord("10442"), "10442");
});
