import { findAmounts } from "./amounts.ts";
import { hasLabel, wordsOf } from "./labels.ts";
import type { Row } from "./page_layout.ts";
import { roleOfRow, usesCents } from "./page_facts.ts";
import { phrases } from "./vocabulary.ts";

/** Article or service on the bill. */
export interface LineItem {
  description: string;
  quantity: number | null;
  unitPrice: number | null;
  amount: number;
}

const headings = phrases(`
  description, item, article, bezeichnung, designation, service, qty, quantity, menge, unit price
`);

/**
 * Returns the items of a bill: rows with a text and an amount between the header, or the table's
 * heading, and the first row of net, tax or total.
 */
export function readLineItems(rows: Row[]): LineItem[] {
  const cents = usesCents(rows);
  const heading = rows.findIndex((row) =>
    headings.filter((word) => hasLabel(row.text, [word])).length >= 2
  );
  const items: LineItem[] = [];
  let described = "";
  for (const row of rows.slice(heading + 1)) {
    if (roleOfRow(row.text) !== null && findAmounts(row.text).length > 0) break;
    const amounts = row.cells.flatMap((cell) => findAmounts(cell.text));
    const prices = amounts.filter((amount) => cents ? amount.decimals === 2 : amount.hasCurrency);
    const price = prices.at(-1);
    if (price === undefined) {
      described = row.cells[0]?.text ?? "";
      continue;
    }
    const counted = countIn(row.text);
    const words = row.cells
      .map((cell) => cell.text)
      .filter((text) => /\p{L}{2}/u.test(text))
      .join(" ");
    const description = strip(words) || strip(described);
    described = "";
    if (description === "" || wordsOf(description).length === 0) continue;
    const unitPrice = prices.length > 1 ? prices[0]?.value ?? null : null;
    const quantity = counted ??
      (unitPrice !== null && unitPrice !== 0 ? Math.round(price.value / unitPrice) : null);
    items.push({ description, quantity, unitPrice, amount: price.value });
  }
  return items;
}

/** Returns a count: `2 x`, `2 @`, or a whole number alone in its column. */
function countIn(text: string): number | null {
  const match = /(?:^|\s)(\d{1,4})\s?[x@×]\s/i.exec(text) ??
    /(?:^| {2})(\d{1,3})(?: {2})/.exec(text);
  return match?.[1] === undefined ? null : Number(match[1]);
}

/** Returns the words without a leading count and without prices. */
function strip(text: string): string {
  return text
    .replace(/^\s*\d{1,4}\s?[x@×]\s+/i, "")
    .replace(/^\d{1,3}\s+(?=\p{L})/u, "")
    .replace(/\s+[-$€£¥]*\d[\d.,'’]*[.,]\d{2}\s?[€£$]?(?:\s\p{Lu})?$/u, "")
    .trim();
}
