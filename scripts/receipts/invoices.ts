import {
  blueTint,
  cleanScan,
  greyTint,
  indigoTint,
  type Line,
  type ReceiptDocument,
  sepiaTint,
  sumLines,
  thermalTint,
} from "./document.ts";
import { type MoneyStyle, printMoney } from "./money.ts";
import { Sheet } from "./sheet.ts";

const dollars: MoneyStyle = { group: ",", decimal: ".", decimals: 2, prefix: "$" };
const euros: MoneyStyle = { group: ".", decimal: ",", decimals: 2, suffix: " €" };
const francs: MoneyStyle = { group: "'", decimal: ".", decimals: 2 };
const pounds: MoneyStyle = { group: ",", decimal: ".", decimals: 2, prefix: "£" };
const irish: MoneyStyle = { group: ",", decimal: ".", decimals: 2, prefix: "€" };

/** A subscription's invoice as exported from a billing system: crisp, labels over values. */
export function softwareInvoice(): ReceiptDocument {
  const lines: Line[] = [
    { description: "Team plan, 12 seats", quantity: 12, price: 24 },
    { description: "Extra storage, 500 GB", quantity: 1, price: 45 },
    { description: "Priority support", quantity: 1, price: 99 },
  ];
  const subtotal = sumLines(lines);
  const tax = Number((subtotal * 0.0725).toFixed(2));
  const total = Number((subtotal + tax).toFixed(2));
  const sheet = new Sheet(820, 1000, "Lato");
  const label = { size: 17, color: "#6b7280" };
  const body = { size: 20 };
  sheet.mark(`<path d="M60 58 h36 l18 32 -18 32 h-36 l18 -32 z" fill="#3b3f8f"/>`);
  sheet.text(130, 102, "Meridian Cloud Inc.", { size: 32, bold: true, color: "#23265c" });
  sheet.text(760, 102, "Invoice", { size: 36, anchor: "end", color: "#3b3f8f" });
  sheet.text(60, 180, "Invoice number", label);
  sheet.text(60, 208, "MC-2026-00417", body);
  sheet.text(320, 180, "Date of issue", label);
  sheet.text(320, 208, "March 4, 2026", body);
  sheet.text(560, 180, "Date due", label);
  sheet.text(560, 208, "April 3, 2026", body);
  sheet.text(60, 270, "Billed to", label);
  sheet.text(60, 298, "Foxglove Studio LLC", body);
  sheet.text(60, 324, "88 Larkin Street", body);
  sheet.text(60, 350, "San Francisco, CA 94102", body);
  sheet.box(60, 400, 700, 44, "#eef0fa");
  sheet.text(76, 429, "Description", { size: 17, bold: true });
  sheet.text(500, 429, "Qty", { size: 17, bold: true, anchor: "end" });
  sheet.text(620, 429, "Unit price", { size: 17, bold: true, anchor: "end" });
  sheet.text(744, 429, "Amount", { size: 17, bold: true, anchor: "end" });
  let y = 480;
  for (const line of lines) {
    sheet.text(76, y, line.description, body);
    sheet.text(500, y, String(line.quantity), { ...body, anchor: "end" });
    sheet.text(620, y, printMoney(line.price, dollars), { ...body, anchor: "end" });
    sheet.text(744, y, printMoney(line.quantity * line.price, dollars), {
      ...body,
      anchor: "end",
    });
    sheet.rule(60, 760, y + 16, "", "#d9dbe6", 1);
    y += 50;
  }
  const summary: [string, string, boolean][] = [
    ["Subtotal", printMoney(subtotal, dollars), false],
    ["Sales tax (7.25%)", printMoney(tax, dollars), false],
    ["Total", printMoney(total, dollars), false],
    ["Amount due", `${printMoney(total, dollars)} USD`, true],
  ];
  y += 20;
  for (const [name, value, bold] of summary) {
    sheet.text(440, y, name, { ...body, bold });
    sheet.text(744, y, value, { ...body, bold, anchor: "end" });
    y += 38;
  }
  sheet.text(60, 880, "Pay by bank transfer: Routing 121000358, Account 4820 1177 09", body);
  sheet.text(60, 930, "Questions? billing@meridiancloud.example", label);
  return {
    name: "02-software-invoice",
    sheet,
    page: { margin: 0, skew: 0, paper: "#ffffff", desk: null },
    effects: cleanScan,
    tint: indigoTint,
    expected: {
      vendor: "Meridian Cloud Inc.",
      document_type: "invoice",
      document_number: "MC-2026-00417",
      date: "2026-03-04",
      currency: "USD",
      subtotal,
      tax,
      total,
      payment_method: "bank_transfer",
    },
    printed: {
      date: "March 4, 2026",
      subtotal: printMoney(subtotal, dollars),
      tax: printMoney(tax, dollars),
      total: printMoney(total, dollars),
    },
  };
}

/** A German craftsman's invoice: points group, commas divide, the scan is pale. */
export function germanInvoice(): ReceiptDocument {
  const lines: Line[] = [
    { description: "Montage Heizung, Std.", quantity: 9, price: 68 },
    { description: "Thermostatventil DN15", quantity: 4, price: 39.9 },
    { description: "Kupferrohr 15 mm, m", quantity: 12, price: 11.25 },
    { description: "Anfahrt pauschal", quantity: 1, price: 45 },
  ];
  const subtotal = sumLines(lines);
  const tax = Number((subtotal * 0.19).toFixed(2));
  const total = Number((subtotal + tax).toFixed(2));
  const sheet = new Sheet(800, 980, "Lato");
  const body = { size: 20 };
  sheet.text(60, 84, "Brandt Heizungsbau GmbH", { size: 32, bold: true });
  sheet.text(60, 114, "Lindenallee 27, 04179 Leipzig", { size: 18 });
  sheet.rule(60, 740, 132, "", "#666666", 2);
  sheet.text(60, 190, "Frau Petra Vogel", body);
  sheet.text(60, 216, "Am Anger 5", body);
  sheet.text(60, 242, "04275 Leipzig", body);
  sheet.text(470, 190, "Rechnungs-Nr.:", body);
  sheet.text(740, 190, "R-2026/0318", { ...body, anchor: "end" });
  sheet.text(470, 218, "Rechnungsdatum:", body);
  sheet.text(740, 218, "12.05.2026", { ...body, anchor: "end" });
  sheet.text(470, 246, "Kunden-Nr.:", body);
  sheet.text(740, 246, "10442", { ...body, anchor: "end" });
  sheet.text(60, 320, "Rechnung", { size: 34, bold: true });
  sheet.text(60, 376, "Pos.", { size: 18, bold: true });
  sheet.text(120, 376, "Bezeichnung", { size: 18, bold: true });
  sheet.text(470, 376, "Menge", { size: 18, bold: true, anchor: "end" });
  sheet.text(600, 376, "Einzelpreis", { size: 18, bold: true, anchor: "end" });
  sheet.text(740, 376, "Betrag", { size: 18, bold: true, anchor: "end" });
  sheet.rule(60, 740, 388);
  let y = 424;
  lines.forEach((line, index) => {
    sheet.text(60, y, String(index + 1), body);
    sheet.text(120, y, line.description, body);
    sheet.text(470, y, String(line.quantity), { ...body, anchor: "end" });
    sheet.text(600, y, printMoney(line.price, euros), { ...body, anchor: "end" });
    sheet.text(740, y, printMoney(line.quantity * line.price, euros), { ...body, anchor: "end" });
    y += 36;
  });
  sheet.rule(60, 740, y - 12);
  sheet.text(400, y + 24, "Zwischensumme netto", body);
  sheet.text(740, y + 24, printMoney(subtotal, euros), { ...body, anchor: "end" });
  sheet.text(400, y + 58, "zzgl. 19 % MwSt.", body);
  sheet.text(740, y + 58, printMoney(tax, euros), { ...body, anchor: "end" });
  sheet.rule(400, 740, y + 72);
  sheet.text(400, y + 104, "Gesamtbetrag", { size: 24, bold: true });
  sheet.text(740, y + 104, printMoney(total, euros), { size: 24, bold: true, anchor: "end" });
  sheet.text(60, y + 180, "Zahlbar bis 26.05.2026 ohne Abzug per Banküberweisung.", body);
  sheet.text(60, y + 240, "IBAN DE12 8605 5592 1090 0471 83", { size: 18 });
  sheet.text(60, y + 266, "USt-IdNr. DE 214 887 530", { size: 18 });
  return {
    name: "04-handwerk-pale",
    sheet,
    page: { margin: 0, skew: 0.3, paper: "#fbfbfb", desk: "#ececec" },
    effects: { ...cleanScan, seed: 104, noise: 5, fade: 0.55, blur: 1 },
    tint: greyTint,
    expected: {
      vendor: "Brandt Heizungsbau GmbH",
      document_type: "invoice",
      document_number: "R-2026/0318",
      date: "2026-05-12",
      currency: "EUR",
      subtotal,
      tax,
      total,
      payment_method: "bank_transfer",
    },
    printed: {
      date: "12.05.2026",
      subtotal: printMoney(subtotal, euros),
      tax: printMoney(tax, euros),
      total: printMoney(total, euros),
    },
  };
}

/** A Swiss hotel's bill in an old-style face, apostrophes between the thousands. */
export function hotelInvoice(): ReceiptDocument {
  const lines: Line[] = [
    { description: "Double room, lake view", quantity: 4, price: 285 },
    { description: "Half board", quantity: 4, price: 62 },
    { description: "Spa admission", quantity: 2, price: 35 },
    { description: "Minibar", quantity: 1, price: 23.5 },
  ];
  const total = sumLines(lines);
  const subtotal = Number((total / 1.038).toFixed(2));
  const tax = Number((total - subtotal).toFixed(2));
  const sheet = new Sheet(760, 900, "Crimson Text");
  const body = { size: 24 };
  sheet.text(380, 84, "Hotel Seeblick", { size: 46, bold: true, anchor: "middle" });
  sheet.text(380, 116, "Uferweg 8, 6353 Weggis, Switzerland", { size: 21, anchor: "middle" });
  sheet.rule(260, 500, 136, "", "#8a7a5c", 2);
  sheet.text(60, 196, "Guest: Mr. Oliver Penrose", body);
  sheet.text(60, 226, "Room: 214", body);
  sheet.text(700, 196, "Invoice No. 26-1187", { ...body, anchor: "end" });
  sheet.text(700, 226, "Date: 21.08.2026", { ...body, anchor: "end" });
  sheet.text(60, 256, "Arrival: 17.08.2026    Departure: 21.08.2026", body);
  sheet.rule(60, 700, 286);
  sheet.text(60, 316, "Service", { size: 21, bold: true });
  sheet.text(420, 316, "Qty", { size: 21, bold: true, anchor: "end" });
  sheet.text(550, 316, "Price", { size: 21, bold: true, anchor: "end" });
  sheet.text(700, 316, "CHF", { size: 21, bold: true, anchor: "end" });
  let y = 358;
  for (const line of lines) {
    sheet.text(60, y, line.description, body);
    sheet.text(420, y, String(line.quantity), { ...body, anchor: "end" });
    sheet.text(550, y, printMoney(line.price, francs), { ...body, anchor: "end" });
    sheet.text(700, y, printMoney(line.quantity * line.price, francs), {
      ...body,
      anchor: "end",
    });
    y += 38;
  }
  sheet.rule(60, 700, y - 14);
  sheet.pair(60, y + 26, "Total CHF incl. VAT", printMoney(total, francs), {
    size: 30,
    bold: true,
  });
  sheet.pair(60, y + 74, "Net amount", printMoney(subtotal, francs), body);
  sheet.pair(60, y + 106, "VAT 3.8 %", printMoney(tax, francs), body);
  sheet.text(60, y + 166, "Paid by credit card (American Express)", body);
  sheet.text(380, y + 226, "CHE-114.902.337 MWST", { size: 19, anchor: "middle" });
  sheet.text(380, y + 262, "We look forward to welcoming you again.", {
    size: 22,
    anchor: "middle",
  });
  return {
    name: "05-hotel-folio",
    sheet,
    page: { margin: 36, skew: 1.6, paper: "#fffdf5", desk: "#5c4a3a" },
    effects: { ...cleanScan, seed: 105, noise: 5, blur: 1, shade: 30 },
    tint: sepiaTint,
    expected: {
      vendor: "Hotel Seeblick",
      document_type: "invoice",
      document_number: "26-1187",
      date: "2026-08-21",
      currency: "CHF",
      subtotal,
      tax,
      total,
      payment_method: "card",
    },
    printed: {
      date: "21.08.2026",
      subtotal: printMoney(subtotal, francs),
      tax: printMoney(tax, francs),
      total: printMoney(total, francs),
    },
  };
}

/** A typewritten consultant's invoice with a second date that is not the invoice's. */
export function consultingInvoice(): ReceiptDocument {
  const lines: Line[] = [
    { description: "Structural survey, Mill Road", quantity: 1, price: 1450 },
    { description: "Site visits (3 days)", quantity: 3, price: 620 },
    { description: "Report and drawings", quantity: 1, price: 880 },
  ];
  const subtotal = sumLines(lines);
  const tax = Number((subtotal * 0.2).toFixed(2));
  const total = Number((subtotal + tax).toFixed(2));
  const sheet = new Sheet(800, 960, "Courier Prime");
  const body = { size: 21 };
  sheet.text(60, 90, "ASHDOWN & PIKE ENGINEERS", { size: 32, bold: true });
  sheet.text(60, 122, "3 Station Yard, Cambridge CB1 2JW", body);
  sheet.text(60, 148, "VAT No. GB 771 3045 18", body);
  sheet.text(60, 220, "INVOICE", { size: 30, bold: true });
  sheet.text(60, 264, "Invoice No:   AP/1093", body);
  sheet.text(60, 292, "Tax point:    1 September 2026", body);
  sheet.text(60, 320, "Your order:   PO 55172", body);
  sheet.text(60, 348, "Payment due:  1 October 2026", body);
  sheet.rule(60, 740, 380);
  let y = 420;
  for (const line of lines) {
    sheet.pair(60, y, line.description, printMoney(line.quantity * line.price, pounds), body);
    y += 36;
  }
  sheet.rule(540, 740, y - 10);
  sheet.text(400, y + 30, "Sub-total", body);
  sheet.text(740, y + 30, printMoney(subtotal, pounds), { ...body, anchor: "end" });
  sheet.text(400, y + 64, "VAT @ 20%", body);
  sheet.text(740, y + 64, printMoney(tax, pounds), { ...body, anchor: "end" });
  sheet.rule(540, 740, y + 80);
  sheet.text(400, y + 112, "TOTAL DUE", { ...body, bold: true });
  sheet.text(740, y + 112, printMoney(total, pounds), { ...body, bold: true, anchor: "end" });
  sheet.rule(540, 740, y + 126);
  sheet.rule(540, 740, y + 132);
  sheet.text(60, y + 200, "Please pay by BACS: sort code 20-17-68,", body);
  sheet.text(60, y + 228, "account 4417 0925, quoting the invoice number.", body);
  return {
    name: "09-typed-invoice",
    sheet,
    page: { margin: 10, skew: -0.9, paper: "#fdfdfb", desk: "#d8d8d8" },
    effects: { ...cleanScan, seed: 109, noise: 7, blur: 1, specks: 25 },
    tint: thermalTint,
    expected: {
      vendor: "ASHDOWN & PIKE ENGINEERS",
      document_type: "invoice",
      document_number: "AP/1093",
      date: "2026-09-01",
      currency: "GBP",
      subtotal,
      tax,
      total,
      payment_method: "bank_transfer",
    },
    printed: {
      date: "1 September 2026",
      subtotal: printMoney(subtotal, pounds),
      tax: printMoney(tax, pounds),
      total: printMoney(total, pounds),
    },
  };
}

/** A page of a receipt book filled in by hand: the hard case. */
export function handwrittenReceipt(): ReceiptDocument {
  const total = 86.5;
  const sheet = new Sheet(680, 620, "Lato");
  const label = { size: 18, color: "#555555" };
  const pen = { size: 38, font: "Caveat", color: "#101c5a" } as const;
  sheet.text(50, 66, "Ballymore Cycle Repairs", { size: 30, bold: true });
  sheet.text(50, 94, "Quay Street, Westport, Co. Mayo", label);
  sheet.text(630, 66, "RECEIPT", { size: 26, bold: true, anchor: "end" });
  sheet.text(470, 130, "No.", label);
  sheet.text(520, 132, "0652", pen);
  sheet.text(50, 130, "Date", label);
  sheet.text(110, 132, "24 - 09 - 2026", pen);
  sheet.rule(50, 630, 150, "", "#999999", 1);
  const lines: Line[] = [
    { description: "New chain + fitting", quantity: 1, price: 42 },
    { description: "Brake pads (front)", quantity: 1, price: 18.5 },
    { description: "Wheel true", quantity: 1, price: 26 },
  ];
  let y = 206;
  for (const line of lines) {
    sheet.pair(70, y, line.description, printMoney(line.price, irish), pen);
    sheet.rule(50, 630, y + 12, "", "#b5c3d8", 1);
    y += 62;
  }
  sheet.text(390, y + 20, "TOTAL", { size: 24, bold: true });
  sheet.text(610, y + 22, printMoney(total, irish), { ...pen, size: 44, anchor: "end" });
  sheet.rule(380, 630, y + 36, "", "#555555", 2);
  sheet.text(50, y + 20, "Paid by", label);
  sheet.text(125, y + 22, "cash", pen);
  sheet.text(50, y + 120, "Signed", label);
  sheet.mark(
    `<path d="M140 ${y + 116} q20 -50 34 -8 t30 -14 t26 4 t34 -12 t40 8 q30 -6 60 -10" ` +
      `fill="none" stroke="#101c5a" stroke-width="3"/>`,
  );
  return {
    name: "12-handwritten-bill",
    sheet,
    page: { margin: 28, skew: 0.9, paper: "#fbfaf2", desk: "#9a8f80" },
    effects: { ...cleanScan, seed: 112, noise: 6, blur: 1, shade: 15 },
    tint: blueTint,
    expected: {
      vendor: "Ballymore Cycle Repairs",
      document_type: "receipt",
      document_number: "0652",
      date: "2026-09-24",
      currency: "EUR",
      subtotal: null,
      tax: null,
      total,
      payment_method: "cash",
    },
    printed: {
      date: "24 - 09 - 2026",
      subtotal: null,
      tax: null,
      total: printMoney(total, irish),
    },
  };
}
