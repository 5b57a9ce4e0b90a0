import assert from "node:assert/strict";
import { Validator } from "@cfworker/json-schema";
import fc from "fast-check";
import { extractFields } from "./extract_fields.ts";
import type { JsonSchema } from "./schema_fields.ts";
import { rowsOfText } from "./_test_util.ts";

const receiptSchema: JsonSchema = JSON.parse(
  await Deno.readTextFile(new URL("../../../examples/receipts/schema.json", import.meta.url)),
);
const read = (page: string, schema: JsonSchema) => extractFields([rowsOfText(page)], schema);
const object = (properties: Record<string, unknown>): JsonSchema => ({
  type: "object",
  properties,
  required: Object.keys(properties),
});

const till = `   CORNER BAKERY
 14 Mill Street, Dover
Receipt No: 20931      Till 2
03/09/2026 08:14
2 x Croissant           $6.50
1 x Rye bread           $7.25
Subtotal               $13.75
Sales tax 6%            $0.83
TOTAL                  $14.58
TOTAL SAVINGS           $1.00
Cash                   $20.00
Change                  $5.42`;

const invoice = `Nordlicht Design GmbH                     Rechnung

Kunden-Nr.: 5512          Rechnungs-Nr.: R-88/2026
USt-IdNr. DE123456789     Rechnungsdatum: 03.02.2026
Bezeichnung          Menge      Preis      Betrag
Logo                 1       900,00 €      900,00 €
Visitenkarten        2        45,00 €       90,00 €
Zwischensumme                              990,00 €
zzgl. 19 % MwSt.                           188,10 €
Gesamtbetrag                             1.178,10 €
Zahlbar bis 17.02.2026 per Überweisung`;

const columns = `Meridian Cloud Inc.                    Invoice

Invoice number      Date of issue      Date due
MC-2026-00417       March 4, 2026      April 3, 2026

Subtotal            $432.00
Sales tax           $31.32
Amount due          $463.32`;

Deno.test("extractFields() reads a till receipt and ignores savings and change", () => {
  assert.deepEqual(read(till, receiptSchema), {
    vendor: "CORNER BAKERY",
    document_type: "receipt",
    document_number: "20931",
    date: "2026-03-09",
    currency: "USD",
    subtotal: 13.75,
    tax: 0.83,
    total: 14.58,
    payment_method: "cash",
  });
});

Deno.test("extractFields() reads a German invoice with customer number, tax number and due date", () => {
  assert.deepEqual(read(invoice, receiptSchema), {
    vendor: "Nordlicht Design GmbH",
    document_type: "invoice",
    document_number: "R-88/2026",
    date: "2026-02-03",
    currency: "EUR",
    subtotal: 990,
    tax: 188.1,
    total: 1178.1,
    payment_method: "bank_transfer",
  });
});

Deno.test("extractFields() finds values under their labels and tells the two dates apart", () => {
  const schema = object({
    invoiceNumber: { type: "string" },
    invoiceDate: { type: "string" },
    dueDate: { type: "string" },
    amountDue: { type: "number" },
  });
  assert.deepEqual(read(columns, schema), {
    invoiceNumber: "MC-2026-00417",
    invoiceDate: "2026-03-04",
    dueDate: "2026-04-03",
    amountDue: 463.32,
  });
});

Deno.test("extractFields() uses a field's description if its name is not telling", () => {
  const schema = object({
    a: { type: "number", description: "Grand total including tax" },
    b: { type: ["string", "null"], description: "ISO currency code" },
  });
  assert.deepEqual(read(till, schema), { a: 14.58, b: "USD" });
});

Deno.test("extractFields() fills nested objects, references and lists of items", () => {
  const schema: JsonSchema = {
    ...object({
      vendor: object({ name: { type: "string" }, taxId: { type: ["string", "null"] } }),
      lineItems: { type: "array", items: { $ref: "#/$defs/line" } },
    }),
    $defs: {
      line: object({
        description: { type: "string" },
        quantity: { type: "integer" },
        amount: { type: "number" },
      }),
    },
  };
  assert.deepEqual(read(till, schema), {
    vendor: { name: "CORNER BAKERY", taxId: null },
    lineItems: [
      { description: "Croissant", quantity: 2, amount: 6.5 },
      { description: "Rye bread", quantity: 1, amount: 7.25 },
    ],
  });
});

Deno.test("extractFields() reads an unknown field by the label with its name", () => {
  const page = "Ship Shape Ltd\nVessel: Aurora      Berth: 14\nTotal      £9.00";
  assert.deepEqual(read(page, object({ vessel: { type: "string" }, berth: { type: "number" } })), {
    vessel: "Aurora",
    berth: 14,
  });
});

Deno.test("extractFields() invents nothing: a missing field is null, left out or empty", () => {
  const schema: JsonSchema = {
    type: "object",
    properties: {
      total: { type: ["number", "null"] },
      tax: { anyOf: [{ type: "number" }, { type: "null" }] },
      currency: { type: "string" },
      vendor: { type: "string" },
    },
    required: ["total", "tax", "vendor"],
  };
  assert.deepEqual(read("..", schema), { total: null, tax: null, vendor: "" });
});

Deno.test("extractFields() lets the readings vote and ignores abstentions", () => {
  const schema = object({ total: { type: ["number", "null"] } });
  const pages = ["Total   £5.10", "Total   £8.10", "Total", "Total   £8.10"];
  assert.deepEqual(extractFields(pages.map(rowsOfText), schema), { total: 8.1 });
});

Deno.test("extractFields() corrects a misread digit that the other two amounts disprove", () => {
  const page = "Net   59,78 EUR\nTVA   11,94 EUR\nTotal TTC   71,64 EUR";
  const schema = object({ subtotal: { type: "number" }, total: { type: "number" } });
  assert.deepEqual(read(page, schema), { subtotal: 59.7, total: 71.64 });
});

Deno.test("extractFields() chooses a currency by code, by sign and by the country of a dollar", () => {
  const cases: [string, string][] = [
    ["Total CHF   12.00", "CHF"],
    ["Total   12,00 €", "EUR"],
    ["Total   ¥1,200", "JPY"],
    ["Toronto, Ontario\nHST 13%   $1.30\nTotal   $12.00", "CAD"],
    ["ABN 51 824 753 556\nTotal   $12.00", "AUD"],
    ["Total   $12.00", "USD"],
  ];
  for (const [page, expected] of cases) {
    assert.deepEqual(read(page, object({ currency: { type: "string" } })), {
      currency: expected,
    }, page);
  }
});

Deno.test("extractFields() answers any page in the types that the schema asks for", () => {
  const schema = object({
    vendor: { type: ["string", "null"] },
    date: { type: ["string", "null"] },
    subtotal: { type: ["number", "null"] },
    total: { type: "number" },
    items: { type: "array", items: object({ name: { type: "string" }, qty: { type: "integer" } }) },
    payment: { type: ["string", "null"], enum: ["cash", "card", null] },
  });
  const validator = new Validator({ ...schema }, "2020-12", false);
  const scrap = fc.constantFrom(
    ..."Total,TAX,$,12.50,1.13240€,Invoice,No.,2026-01-02,#,x,2,@,cash,Visa,Sub-total,%,   ,\n"
      .split(","),
  );
  fc.assert(fc.property(fc.array(fc.oneof(scrap, fc.string({ maxLength: 8 }))), (scraps) => {
    const result = validator.validate(read(scraps.join(" "), schema));
    assert.ok(result.valid, JSON.stringify(result.errors));
  }));
});

Deno.test("extractFields() terminates on a schema that refers to itself", () => {
  const self = { $ref: "#" };
  const schema = object(Object.fromEntries("abcdefghij".split("").map((name) => [name, self])));
  const found = JSON.stringify(read(till, schema));
  assert.ok(found.length < 100_000);
});
