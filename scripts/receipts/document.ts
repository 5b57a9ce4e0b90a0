import type { Tint } from "./png.ts";
import type { ScanEffects } from "./scan.ts";
import type { Sheet } from "./sheet.ts";

/** What a reader should find on a document; `examples/receipts/schema.json` describes it. */
export interface ReceiptFields {
  vendor: string;
  document_type: "receipt" | "invoice";
  document_number: string | null;
  date: string;
  currency: string;
  subtotal: number | null;
  tax: number | null;
  total: number;
  payment_method: "cash" | "card" | "bank_transfer" | null;
}

/** The strings on the sheet that the fields in other notation were read from. */
export interface PrintedFields {
  date: string;
  subtotal: string | null;
  tax: string | null;
  total: string;
}

/** A drawn document, how it was photographed, and what is on it. */
export interface ReceiptDocument {
  /** File name without its ending. */
  name: string;
  sheet: Sheet;
  page: { margin: number; skew: number; paper: string; desk: string | null };
  effects: ScanEffects;
  tint: Tint;
  expected: ReceiptFields;
  printed: PrintedFields;
}

/** An article or a service on a document. */
export interface Line {
  description: string;
  quantity: number;
  price: number;
}

/** The sum of the lines, rounded to the currency's decimals. */
export function sumLines(lines: Line[], decimals = 2): number {
  const sum = lines.reduce((total, line) => total + line.quantity * line.price, 0);
  return Number(sum.toFixed(decimals));
}

export const cleanScan: ScanEffects = {
  seed: 1,
  noise: 0,
  fade: 0,
  blur: 0,
  shade: 0,
  specks: 0,
  bands: 0,
};

export const thermalTint: Tint = { dark: [28, 26, 34], light: [252, 250, 246] };
export const greyTint: Tint = { dark: [0, 0, 0], light: [255, 255, 255] };
export const indigoTint: Tint = { dark: [26, 28, 78], light: [255, 255, 255] };
export const sepiaTint: Tint = { dark: [42, 30, 20], light: [255, 247, 226] };
export const blueTint: Tint = { dark: [18, 32, 92], light: [252, 253, 255] };
