import { findAmounts } from "./amounts.ts";
import { hasLabel, wordsOf } from "./labels.ts";
import { type LineItem, readLineItems } from "./line_items.ts";
import {
  type BillAmounts,
  dateOrderOf,
  labelledCells,
  neighbour,
  type PaymentMethod,
  readBill,
  readCurrency,
  readDate,
  readDocumentNumber,
  readDocumentType,
  readPaymentMethod,
  readVendor,
  valuesOfLabel,
} from "./page_facts.ts";
import type { Row } from "./page_layout.ts";
import { type Field, type JsonSchema, type JsonValue, readFields } from "./schema_fields.ts";

/**
 * Meanings of a schema's fields, found from the name first and the description second. The first
 * pattern that fits a name decides, so narrower patterns come first.
 */
const roles = [
  [/\bcurrency\b/, "currency"],
  [/\bemail\b|\be mail\b/, "email"],
  [/\b(?:phone|telephone|tel)\b/, "phone"],
  [/\b(?:website|url|homepage)\b/, "website"],
  [/\biban\b/, "iban"],
  [/\bdue date\b|\bdate due\b|\bdue on\b|\bpayment due\b/, "due_date"],
  [/\b(?:tax|vat|gst)\b.*\b(?:rate|percent|percentage)\b/, "tax_rate"],
  [/\b(?:tax|vat|gst|abn|registration)\b.*\b(?:id|number|no|reg)\b/, "tax_id"],
  [/\bpay(?:ment)?\b.*\b(?:method|type|mode|means)\b|\bpaid (?:by|with)\b/, "payment_method"],
  [/\bdate\b|\bissued\b/, "date"],
  [/\btime\b/, "time"],
  [/\bsub ?total\b|\bnet\b|\bbefore tax\b|\bexcluding tax\b/, "subtotal"],
  [/\b(?:tax|vat|gst|hst|mwst|tva)\b/, "tax"],
  [/\b(?:grand )?total\b|\bamount\b(?! of| before| excluding)|\bbalance\b/, "total"],
  [/\b(?:document|doc) (?:type|kind)\b/, "document_type"],
  [/\b(?:customer|client|buyer|bill(?:ed)? to|recipient|guest)\b/, "customer"],
  [
    /\b(?:invoice|receipt|document|ticket|order|bill|reference|transaction)\b.*\b(?:number|no|nr|id|num|ref)\b/,
    "document_number",
  ],
  [/^(?:number|no|reference|ref|id)$/, "document_number"],
  [
    /\b(?:vendor|merchant|supplier|seller|store|shop|company|business|issuer|restaurant|payee)\b/,
    "vendor",
  ],
] as const;

type Role = typeof roles[number][1];

/** Texts that are recognised by their form alone. */
const forms: Partial<Record<Role, RegExp>> = {
  time: /(?<!\d)(?:[01]?\d|2[0-3]):[0-5]\d(?:\s?[AP]M)?/i,
  email: /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/,
  phone: /(?:\+\d{1,3}[\s-]?)?(?:\(\d{2,5}\)|\d{2,5})(?:[\s-]\d{2,5}){1,4}/,
  website: /(?:https?:\/\/|www\.)\S+/i,
  iban: /\b[A-Z]{2}\d{2}(?: ?[A-Z\d]{2,4}){3,8}\b/,
};

const paymentWords: readonly [RegExp, PaymentMethod][] = [
  [/cash/i, "cash"],
  [/card|credit|debit/i, "card"],
  [/transfer|bank|wire|sepa|ach\b/i, "bank_transfer"],
  [/cheque|check/i, "cheque"],
];

/**
 * Fills the fields of a JSON schema from the rows of a document, using layout and wording alone.
 * Several readings of the same document vote on each field. Readings that did not find the field
 * abstain, and in a tie the earlier reading wins.
 *
 * A field that is not found is null if the schema allows null, left out if it is optional, and
 * otherwise the empty value of its type.
 */
export function extractFields(readings: Row[][], schema: JsonSchema): JsonValue {
  const pages = readings.map((rows): Page => ({
    rows,
    currency: readCurrency(rows),
    bill: readBill(rows),
  }));
  return fill(readFields(schema), pages) ?? {};
}

interface Page {
  rows: Row[];
  currency: string | null;
  bill: BillAmounts;
}

function fill(field: Field, pages: Page[]): JsonValue | undefined {
  if (field.type === "object") {
    const entries = field.properties.flatMap((property): [string, JsonValue][] => {
      const value = fill(property, pages);
      return value === undefined ? [] : [[property.name, value]];
    });
    return Object.fromEntries(entries);
  }
  const { items } = field;
  if (field.type === "array") {
    return items === null ? [] : elect(pages.map((page) => fillArray(items, page))) ?? [];
  }
  const values = pages.map((page) =>
    field.choices.length > 0 ? chooseValue(field, page) : castTo(field, readValue(field, page))
  );
  return elect(values) ?? absent(field);
}

/** Returns the value that most readings found. Null and the empty list do not vote. */
function elect(values: (JsonValue | null)[]): JsonValue | null {
  const found = values.filter((value) =>
    value !== null && !(Array.isArray(value) && value.length === 0)
  );
  const votes = [...Map.groupBy(found, (value) => JSON.stringify(value)).values()];
  return votes.toSorted((a, b) => b.length - a.length)[0]?.[0] ?? null;
}

function absent(field: Field): JsonValue | undefined {
  if (field.nullable) return null;
  if (!field.required) return undefined;
  if (field.choices.length > 0) return field.choices[0];
  if (field.type === "boolean") return false;
  return field.type === "number" || field.type === "integer" ? 0 : "";
}

function roleOf(field: Field): Role | null {
  // The path counts too: the `name` in `vendor.name` is the vendor.
  const name = field.path.split(" ").slice(-3).join(" ");
  const named = roles.find(([pattern]) => pattern.test(name));
  if (named !== undefined) return named[1];
  const description = field.description.toLowerCase();
  const told = roles
    .map(([pattern, role]) => ({ role, at: description.search(pattern) }))
    .filter(({ at }) => at >= 0)
    .toSorted((a, b) => a.at - b.at)[0];
  if (told !== undefined) return told.role;
  if (field.format === "date" || field.format === "date-time") return "date";
  return field.format === "email" ? "email" : null;
}

function readValue(field: Field, page: Page): string | number | null {
  const { rows, currency, bill } = page;
  const role = roleOf(field);
  const text = rows.map((row) => row.text).join("\n");
  switch (role) {
    case "vendor":
      return readVendor(rows);
    case "customer":
      return readCustomer(rows);
    case "document_number":
      return readDocumentNumber(rows);
    case "document_type":
      return readDocumentType(rows);
    case "date":
      return readDate(rows, "issue", dateOrderOf(currency));
    case "due_date":
      return readDate(rows, "due", dateOrderOf(currency));
    case "currency":
      return currency;
    case "subtotal":
      return bill.subtotal;
    case "tax":
      return bill.tax;
    case "tax_rate":
      return readTaxRate(text);
    case "tax_id":
      return readByWords(rows, ["vat no", "vat reg no", "tax id", "abn", "siret", "ustidnr"]);
    case "total":
      return bill.total;
    case "payment_method":
      return readPaymentMethod(rows)?.replace("_", " ") ?? null;
    case null:
      return readByWords(rows, [field.path, field.path.split(" ").slice(-2).join(" ")]);
    default:
      return forms[role]?.exec(text)?.[0] ?? null;
  }
}

/** Returns the value beside or below a label with the field's name. */
function readByWords(rows: Row[], phrases: string[]): string | null {
  const labels = phrases.map((phrase) => wordsOf(phrase).join(" ")).filter((label) => label !== "");
  return labelledCells(rows, labels)
    .map(({ at, index, label }) => valuesOfLabel(rows, at, index, label.end)[0])
    .find((value) => value !== undefined) ?? null;
}

function readCustomer(rows: Row[]): string | null {
  const labels = ["bill to", "billed to", "customer", "guest", "client", "sold to"];
  return labelledCells(rows, labels)
    .filter(({ cell }) => !hasLabel(cell.text, ["no", "nr", "number"]))
    .map(({ row, at, cell, index, label }) =>
      cell.text.slice(label.end).replace(/^[\s:.-]+/, "") ||
      (neighbour(rows, at, at + 1, cell)?.text ?? row.cells[index + 1]?.text)
    )
    .find((value) => value !== undefined && value !== "") ?? null;
}

/** Returns the tax rate in percent, as printed. */
function readTaxRate(text: string): number | null {
  const rate = /(\d{1,2}(?:[.,]\d{1,3})?)\s?%/.exec(text)?.[1];
  return rate === undefined ? null : Number(rate.replace(",", "."));
}

function castTo(field: Field, value: string | number | null): JsonValue | null {
  if (value === null) return null;
  switch (field.type) {
    case "string":
      return String(value);
    case "boolean":
      return /^(?:yes|true|paid|x|✓)$/i.test(String(value));
    case "integer":
    case "number": {
      const number = typeof value === "number" ? value : findAmounts(value)[0]?.value;
      if (number === undefined) return null;
      return field.type === "integer" ? Math.round(number) : number;
    }
    default:
      return null;
  }
}

/** Returns the allowed value that fits the page. */
function chooseValue(field: Field, page: Page): JsonValue | null {
  const role = roleOf(field);
  const choices = field.choices.filter((choice) => typeof choice === "string");
  const payments = choices.filter((choice) => paymentOf(choice) !== null);
  if (role === "payment_method" || payments.length >= 2) {
    const method = readPaymentMethod(page.rows);
    return choices.find((choice) => method !== null && paymentOf(choice) === method) ?? null;
  }
  if (choices.some((choice) => /invoice|receipt/i.test(choice))) {
    const type = readDocumentType(page.rows) ?? "receipt";
    return choices.find((choice) => choice.toLowerCase().includes(type)) ?? null;
  }
  if (role !== null) {
    const value = readValue(field, page);
    const same = field.choices.find((choice) =>
      String(choice).toLowerCase() === String(value).toLowerCase()
    );
    if (same !== undefined) return same;
  }
  const named = choices.find((choice) =>
    page.rows.some((row) => hasLabel(row.text, [wordsOf(choice.replaceAll("_", " ")).join(" ")]))
  );
  return named ?? null;
}

function paymentOf(choice: string): PaymentMethod | null {
  return paymentWords.find(([pattern]) => pattern.test(choice))?.[1] ?? null;
}

function fillArray(items: Field, page: Page): JsonValue[] {
  const lines = readLineItems(page.rows);
  if (items.type !== "object") {
    return items.type === "string" ? lines.map((line) => line.description) : [];
  }
  return lines.map((line) =>
    Object.fromEntries(
      items.properties.flatMap((property): [string, JsonValue][] => {
        const value = castTo(property, itemValue(property, line)) ?? absent(property);
        return value === undefined ? [] : [[property.name, value]];
      }),
    )
  );
}

function itemValue(property: Field, line: LineItem): string | number | null {
  const name = property.path.split(" ").slice(-2).join(" ");
  if (/\bqty\b|\bquantity\b|\bcount\b/.test(name)) return line.quantity;
  if (/\bunit\b|\bprice\b|\beach\b|\brate\b/.test(name)) return line.unitPrice ?? line.amount;
  if (/\bamount\b|\btotal\b|\bcost\b|\bsum\b/.test(name)) return line.amount;
  if (/\bdescription\b|\bname\b|\bitem\b|\bproduct\b|\btitle\b/.test(name)) return line.description;
  return null;
}
