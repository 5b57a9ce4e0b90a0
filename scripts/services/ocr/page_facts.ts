import { type Amount, findAmounts, toCents } from "./amounts.ts";
import { type DateOrder, findDates } from "./dates.ts";
import { findLabel, hasLabel, type LabelMatch, wordsOf } from "./labels.ts";
import type { Cell, Row } from "./page_layout.ts";
import {
  companySuffix,
  dueDateLabels,
  foreignNumberLabels,
  issueDateLabels,
  notVendorLabels,
  numberLabels,
  otherDateLabels,
  payableLabels,
  paymentLabels,
  sideLabels,
  subtotalLabels,
  taxLabels,
  titleWords,
  totalLabels,
} from "./vocabulary.ts";

const paymentMethods = ["cash", "card", "bank_transfer", "cheque"] as const;

/** Way to pay a bill. */
export type PaymentMethod = typeof paymentMethods[number];

/** Meaning of the amount on a row. */
export type AmountRole = "subtotal" | "tax" | "total";

/** Amounts of a bill. Null for an amount that is not printed or could not be read. */
export interface BillAmounts {
  subtotal: number | null;
  tax: number | null;
  total: number | null;
}

interface Candidate {
  value: number;
  weight: number;
}

const codes = "USD|EUR|GBP|CHF|JPY|CAD|AUD|NZD|SEK|NOK|DKK|INR|SGD|HKD|MXN|BRL|PLN|CZK|CNY|ZAR";
const signs: Record<string, string> = { "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR" };

/** Returns the row's meaning by its wording: `Total excl. VAT` is not the total. */
export function roleOfRow(text: string): AmountRole | null {
  if (hasLabel(text, sideLabels)) return null;
  const tax = findLabel(text, taxLabels);
  // "VAT Reg No. 284 1179 55" is a registration number.
  if (tax !== null && hasLabel(text.slice(tax.end), ["no", "nr", "reg", "number", "id"])) {
    return null;
  }
  const found: readonly (readonly [AmountRole, LabelMatch | null])[] = [
    ["subtotal", findLabel(text, subtotalLabels)],
    ["tax", tax],
    ["total", findLabel(text, totalLabels)],
  ];
  // The first label decides; of two that begin at the same place, the longer.
  return found
    .flatMap(([role, match]) => match === null ? [] : [{ role, ...match }])
    .toSorted((a, b) => a.start - b.start || b.end - a.end)[0]?.role ?? null;
}

/** Returns whether the page prints amounts with two decimals, as most currencies except yen do. */
export function usesCents(rows: Row[]): boolean {
  const amounts = rows.flatMap((row) => row.cells.flatMap((cell) => findAmounts(cell.text)));
  const whole = amounts.filter((amount) => amount.decimals === 0 && amount.hasCurrency).length;
  const cents = amounts.filter((amount) => amount.decimals === 2).length;
  return cents >= whole;
}

/** Finds net, tax and total by their labels. If several amounts fit, those that add up are used. */
export function readBill(rows: Row[]): BillAmounts {
  const cents = usesCents(rows);
  const found: Record<AmountRole, Candidate[]> = { subtotal: [], tax: [], total: [] };
  for (const [at, row] of rows.entries()) {
    const role = roleOfRow(row.text);
    if (role === null) continue;
    const amount = amountOfRow(row, cents) ?? amountBeside(rows, at, cents);
    if (amount === null) continue;
    const payable = hasLabel(row.text, payableLabels) ? 1 : 0;
    found[role].push({ value: amount, weight: payable + row.height / 1000 });
  }
  const byWeight = (role: AmountRole) => found[role].toSorted((a, b) => b.weight - a.weight);
  const best = (role: AmountRole) => byWeight(role)[0]?.value ?? null;
  for (const { value: total } of byWeight("total")) {
    for (const { value: subtotal } of found.subtotal) {
      const tax = found.tax.map(({ value }) => value)
        .find((value) => Math.abs(toCents(subtotal + value) - toCents(total)) <= 1);
      if (tax !== undefined) return { subtotal, tax, total };
    }
  }
  const bill = { subtotal: best("subtotal"), tax: best("tax"), total: best("total") };
  return repair(bill, rows, cents);
}

/**
 * Repairs one misread amount. If the three disagree or the total is missing, another amount on the
 * page that makes the sum right, such as the one charged to the card, replaces the misread one.
 */
function repair(bill: BillAmounts, rows: Row[], cents: boolean): BillAmounts {
  const { subtotal, tax, total } = bill;
  if (subtotal === null || tax === null) return bill;
  const sum = toCents(subtotal + tax) / 100;
  if (total === null) return tax < subtotal ? { ...bill, total: sum } : bill;
  const amounts = new Set(
    rows.flatMap((row) => row.cells)
      .flatMap((cell) => findAmounts(cell.text))
      .map((amount) => toCents(restoreCents(amount, cents))),
  );
  if (amounts.has(toCents(sum))) return { ...bill, total: sum };
  const corrections: BillAmounts[] = [
    { ...bill, subtotal: toCents(total - tax) / 100 },
    { ...bill, tax: toCents(total - subtotal) / 100 },
    { ...bill, total: sum },
  ];
  const plausible = corrections.filter((correction) =>
    isMisreading(subtotal, correction.subtotal) && isMisreading(tax, correction.tax) &&
    isMisreading(total, correction.total)
  );
  return plausible.length === 1 ? plausible[0] ?? bill : bill;
}

/** Pairs of digits that engines confuse. */
const lookalikes = ["08", "06", "17", "38", "49", "56", "58", "68"];

/** Returns whether two amounts differ only in digits that look alike. */
function isMisreading(read: number, meant: number | null): boolean {
  const a = read.toFixed(2);
  const b = (meant ?? 0).toFixed(2);
  return a.length === b.length &&
    [...a].every((digit, at) =>
      digit === b[at] || lookalikes.includes([digit, b[at]].toSorted().join(""))
    );
}

/** Returns the last amount of a row, where receipts and tables print it. */
function amountOfRow(row: Row, cents: boolean): number | null {
  const amount = row.cells.flatMap((cell) => findAmounts(withPoint(cell.text))).at(-1);
  return amount === undefined ? null : restoreCents(amount, cents);
}

/** Returns an amount alone on the neighbouring row, separated from its label on a crooked page. */
function amountBeside(rows: Row[], at: number, cents: boolean): number | null {
  const here = rows[at];
  if (here === undefined) return null;
  for (const row of [rows[at - 1], rows[at + 1]]) {
    if (row === undefined || Math.abs(row.y - here.y) > 0.9 * here.height) continue;
    if (/\p{L}{2}/u.test(row.text)) continue;
    const amount = amountOfRow(row, cents);
    if (amount !== null) return amount;
  }
  return null;
}

/** Replaces the colon in `30:63` on the row of a total by a point: it is not a time. */
function withPoint(text: string): string {
  return text.replaceAll(/(?<=\d):(?=\d{2}(?!\d))/g, ".");
}

/** Restores the decimal mark of `61200€` among amounts with cents. */
function restoreCents(amount: Amount, cents: boolean): number {
  const lost = cents && amount.decimals === 0 && Math.abs(amount.value) >= 1000;
  return lost ? amount.value / 100 : amount.value;
}

/** Returns the ISO 4217 code: printed codes first, then signs. The page decides a bare `$`. */
export function readCurrency(rows: Row[]): string | null {
  const text = rows.map((row) => row.text).join("\n");
  const votes = new Map<string, number>();
  const vote = (code: string, weight: number) => votes.set(code, (votes.get(code) ?? 0) + weight);
  for (const [, code] of text.matchAll(new RegExp(`(?<!\\p{L})(${codes})(?!\\p{L})`, "gu"))) {
    if (code !== undefined) vote(code, 3);
  }
  for (const [sign] of text.matchAll(/[€£¥₹]/g)) vote(signs[sign] ?? sign, 1);
  const dollar = text.includes("$");
  if (dollar && !["CAD", "AUD", "NZD", "SGD", "HKD", "MXN"].some((code) => votes.has(code))) {
    vote(dollarOf(text), text.split("$").length - 1);
  }
  if (votes.size === 0) {
    const looksAmerican = /\b[A-Z]{2},? \d{5}(?:-\d{4})?\b/.test(text) ||
      hasLabel(text, ["sales tax"]);
    return looksAmerican ? "USD" : null;
  }
  return [...votes].reduce((top, next) => next[1] > top[1] ? next : top)[0];
}

function dollarOf(text: string): string {
  if (hasLabel(text, ["hst", "ontario", "quebec", "toronto", "vancouver"])) return "CAD";
  if (hasLabel(text, ["abn", "australia", "melbourne", "sydney"])) return "AUD";
  return "USD";
}

/**
 * Returns whether documents of this currency write the day or the month first. Only the United
 * States writes the month first.
 */
export function dateOrderOf(currency: string | null): DateOrder {
  return currency === "USD" ? "month_first" : "day_first";
}

/** Returns the date of issue or the due date, according to the labels before or above it. */
export function readDate(rows: Row[], kind: "issue" | "due", order: DateOrder): string | null {
  let best: { iso: string; score: number } | null = null;
  for (const [at, row] of rows.entries()) {
    for (const [index, cell] of row.cells.entries()) {
      for (const [nth, date] of findDates(cell.text, order).entries()) {
        const before = nth === 0 ? cell.text.slice(0, date.index) : "";
        const label = /\p{L}{2}/u.test(before)
          ? before
          : neighbour(rows, at, at - 1, cell)?.text ?? row.cells[index - 1]?.text ?? "";
        const score = dateScore(label, row.cells[index - 1]?.text ?? "", kind) - at / 1000;
        if (best === null || score > best.score) best = { iso: date.iso, score };
      }
    }
  }
  if (best === null || (kind === "due" && best.score < 2)) return null;
  return best.iso;
}

function dateScore(label: string, cellBefore: string, kind: "issue" | "due"): number {
  const score = (text: string) => {
    if (hasLabel(text, dueDateLabels)) return kind === "due" ? 4 : -3;
    if (hasLabel(text, otherDateLabels)) return -2;
    if (hasLabel(text, issueDateLabels)) return kind === "issue" ? 3 : 0;
    return 0;
  };
  const own = score(label);
  return own !== 0 ? own : score(cellBefore);
}

/** Returns the cell of another row that is directly above or below a cell of row `at`. */
export function neighbour(rows: Row[], at: number, other: number, cell: Cell): Cell | null {
  const here = rows[at];
  const there = rows[other];
  if (here === undefined || there === undefined) return null;
  if (Math.abs(there.y - here.y) > 3 * Math.max(here.height, there.height)) return null;
  return there.cells.find((candidate) =>
    Math.min(candidate.x1, cell.x1) - Math.max(candidate.x0, cell.x0) >
      0.5 * Math.min(candidate.x1 - candidate.x0, cell.x1 - cell.x0)
  ) ?? null;
}

/** Returns the texts that may be a label's value: in its cell, in the next cell, in the cell below. */
export function valuesOfLabel(rows: Row[], at: number, index: number, end: number): string[] {
  const row = rows[at];
  const cell = row?.cells[index];
  if (row === undefined || cell === undefined) return [];
  const trim = (text: string) => text.replace(/^[\s:.;=\-–—#]+/, "").trim();
  const values = [
    trim(cell.text.slice(end)),
    trim(row.cells[index + 1]?.text ?? ""),
    trim(neighbour(rows, at, at + 1, cell)?.text ?? ""),
  ];
  return values.filter((value) => value !== "");
}

/** Returns the cells that contain one of the labels, from the top left to the bottom right. */
export function labelledCells(rows: Row[], labels: readonly string[]) {
  return rows.flatMap((row, at) =>
    row.cells.flatMap((cell, index) => {
      const label = findLabel(cell.text, labels);
      return label === null ? [] : [{ row, at, cell, index, label }];
    })
  );
}

/** Returns the document's own number, not the vendor's registration or customer's account. */
export function readDocumentNumber(rows: Row[]): string | null {
  for (
    const { row, at, cell, index, label } of numberLabels.flatMap((labels) =>
      labelledCells(rows, labels)
    )
  ) {
    const own = cell.text.slice(0, label.start);
    const before = `${row.cells[index - 1]?.text ?? ""} ${own}`;
    const bare = label.phrase.length <= 2;
    if (hasLabel(own, foreignNumberLabels)) continue;
    if (bare && (wordsOf(own).length > 0 || hasLabel(before, foreignNumberLabels))) continue;
    const numbers = valuesOfLabel(rows, at, index, label.end).map(numberIn);
    const number = numbers.find((candidate) => candidate !== null);
    if (number !== undefined) return number;
  }
  return null;
}

function numberIn(text: string): string | null {
  const rest = text.replace(/^(?:no|nr|number|#|n°|[^\d\s]{1,2})[\s.:#]+/i, "");
  const match = /^[A-Z]{0,5}[-/]?\d?[A-Z\d/.-]*\d[A-Z\d/-]*(?: \d{3,}(?![\d.,:]))*/i.exec(rest);
  if (match === null) return null;
  const number = match[0].replace(/[-/.]+$/, "");
  if (number.length < 2 || /\d{2}:\d{2}/.test(rest.slice(0, 6))) return null;
  if (findDates(rest.slice(0, 12), "day_first")[0]?.index === 0) return null;
  return number;
}

/** Returns the vendor: the largest words at the top of the page that are neither title nor address. */
export function readVendor(rows: Row[]): string | null {
  const firstPrice = rows.findIndex((row) =>
    findAmounts(row.text).some((amount) => amount.decimals === 2)
  );
  const head = rows.slice(0, firstPrice > 0 ? firstPrice : Math.ceil(rows.length * 0.4));
  let best: { text: string; score: number } | null = null;
  for (const [at, row] of head.entries()) {
    for (const cell of joinNames(row.cells)) {
      const text = cleanName(cell.text);
      const words = wordsOf(text);
      const letters = text.replaceAll(/[^\p{L}]/gu, "").length;
      if (letters < 4 || letters < 0.6 * text.replaceAll(" ", "").length) continue;
      if (words.every((word) => hasLabel(word, titleWords) || word.length < 2)) continue;
      if (hasLabel(text, notVendorLabels) || roleOfRow(row.text) !== null) continue;
      const suffix = companySuffix.test(text) ? 1.4 : 1;
      const score = cell.height * suffix * (1 - 0.04 * at) * (/\d/.test(text) ? 0.6 : 1);
      if (best === null || score > best.score) best = { text, score };
    }
  }
  return best?.text ?? null;
}

/** Joins adjacent cells of one text size: a name with wide spacing falls apart. */
function joinNames(cells: Cell[]): Cell[] {
  const joined: Cell[] = [];
  for (const cell of cells) {
    const last = joined.at(-1);
    const alike = last !== undefined && cell.x0 - last.x1 < 2 * last.height &&
      Math.abs(cell.height - last.height) < 0.35 * last.height &&
      !hasLabel(cell.text, titleWords) && !hasLabel(last.text, titleWords);
    if (!alike) joined.push(cell);
    else joined[joined.length - 1] = { ...last, text: `${last.text} ${cell.text}`, x1: cell.x1 };
  }
  return joined;
}

/** Removes stray marks from logos and paper edges at both ends. */
function cleanName(text: string): string {
  const words = text.split(" ");
  const stray = (word: string | undefined) =>
    word !== undefined && word.replaceAll(/[^\p{L}\p{N}]/gu, "").length < 2 && word !== "&";
  while (stray(words[0]) && !/^[A-Z]$/.test(words[0] ?? "")) words.shift();
  while (stray(words.at(-1)) && !/^\d$/.test(words.at(-1) ?? "")) words.pop();
  return words.join(" ").replace(/^[^\p{L}\p{N}]+/u, "").replace(/[^\p{L}\p{N}.)!]+$/u, "");
}

/** Returns how the bill was or must be paid. */
export function readPaymentMethod(rows: Row[]): PaymentMethod | null {
  const weights = paymentMethods.map((method) => {
    const seen = paymentLabels[method].filter(([label]) =>
      rows.some((row) => hasLabel(row.text, [label]))
    );
    return { method, weight: seen.reduce((sum, [, weight]) => sum + weight, 0) };
  });
  const top = weights.reduce((best, next) => next.weight > best.weight ? next : best);
  return top.weight < 2 ? null : top.method;
}

/** Returns whether the page calls itself an invoice or a receipt. */
export function readDocumentType(rows: Row[]): "invoice" | "receipt" | null {
  let invoice = 0;
  let receipt = 0;
  for (const cell of rows.flatMap((row) => row.cells)) {
    const title = wordsOf(cell.text).length <= 3 ? 2 : 1;
    if (hasLabel(cell.text, ["invoice", "rechnung", "rechnungsnr", "facture", "fattura"])) {
      invoice += title;
    }
    if (hasLabel(cell.text, ["receipt", "quittung", "ticket", "recu", "bon", "beleg"])) {
      receipt += title;
    }
    if (hasLabel(cell.text, ["change", "cash", "approved", "cashier", "table"])) receipt += 0.5;
  }
  if (invoice === 0 && receipt === 0) return null;
  return invoice >= receipt ? "invoice" : "receipt";
}
