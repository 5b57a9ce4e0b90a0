import {
  cleanScan,
  greyTint,
  type Line,
  type ReceiptDocument,
  sepiaTint,
  sumLines,
  thermalTint,
} from "./document.ts";
import { type MoneyStyle, printMoney } from "./money.ts";
import { createRandom } from "./random.ts";
import { Sheet } from "./sheet.ts";

const plain: MoneyStyle = { group: ",", decimal: ".", decimals: 2 };
const dollars: MoneyStyle = { ...plain, prefix: "$" };
const pounds: MoneyStyle = { ...plain, prefix: "£" };
const yen: MoneyStyle = { group: ",", decimal: "", decimals: 0, prefix: "¥" };
const comma: MoneyStyle = { group: " ", decimal: ",", decimals: 2 };

/** A supermarket's till roll: the tidy case. */
export function groceryReceipt(): ReceiptDocument {
  const lines: Line[] = [
    { description: "BANANAS ORGANIC", quantity: 1, price: 2.37 },
    { description: "SOURDOUGH LOAF", quantity: 1, price: 6.49 },
    { description: "WHOLE MILK 1 GAL", quantity: 1, price: 4.29 },
    { description: "CHEDDAR SHARP 8OZ", quantity: 2, price: 5.99 },
    { description: "PAPER TOWELS 6PK", quantity: 1, price: 11.99 },
    { description: "DISH SOAP LEMON", quantity: 1, price: 3.79 },
  ];
  const subtotal = sumLines(lines);
  const tax = 1.3;
  const total = Number((subtotal + tax).toFixed(2));
  const sheet = new Sheet(520, 860, "Inconsolata");
  const body = { size: 23 };
  const middle = { size: 21, anchor: "middle" } as const;
  sheet.text(260, 70, "HARBOR MARKET", { size: 40, bold: true, anchor: "middle" });
  sheet.text(260, 104, "2210 Pier Avenue, Portland ME 04101", middle);
  sheet.text(260, 132, "Tel (207) 555-0148", middle);
  sheet.pair(40, 178, "Receipt # 004-71832", "Lane 04", body);
  sheet.pair(40, 208, "03/14/2026  17:42", "Cashier: Dana", body);
  sheet.rule(40, 480, 226, "6 5");
  let y = 262;
  for (const line of lines) {
    if (line.quantity > 1) {
      sheet.text(40, y, line.description, body);
      y += 30;
      sheet.pair(
        40,
        y,
        `   ${line.quantity} @ ${printMoney(line.price, plain)}`,
        `${printMoney(line.quantity * line.price, plain)} F`,
        body,
      );
    } else {
      sheet.pair(40, y, line.description, `${printMoney(line.price, plain)} F`, body);
    }
    y += 30;
  }
  sheet.rule(40, 480, y - 10, "6 5");
  sheet.pair(40, y + 26, "SUBTOTAL", printMoney(subtotal, plain), body);
  sheet.pair(40, y + 56, "TAX 5.5%", printMoney(tax, plain), body);
  sheet.pair(40, y + 98, "TOTAL", printMoney(total, dollars), { size: 32, bold: true });
  sheet.pair(40, y + 144, "VISA ************4417", printMoney(total, plain), body);
  sheet.text(40, y + 174, "AUTH 083321   APPROVED", body);
  sheet.barcode(90, y + 200, 340, 60, createRandom(11));
  sheet.text(260, y + 294, "Thank you for shopping local!", middle);
  return {
    name: "01-grocery-till",
    sheet,
    page: { margin: 34, skew: 0.4, paper: "#fbfbf9", desk: "#8d8a85" },
    effects: { ...cleanScan, seed: 101, noise: 6, blur: 1, shade: 18 },
    tint: thermalTint,
    expected: {
      vendor: "HARBOR MARKET",
      document_type: "receipt",
      document_number: "004-71832",
      date: "2026-03-14",
      currency: "USD",
      subtotal,
      tax,
      total,
      payment_method: "card",
    },
    printed: {
      date: "03/14/2026",
      subtotal: printMoney(subtotal, plain),
      tax: printMoney(tax, plain),
      total: printMoney(total, dollars),
    },
  };
}

/** A café's slip whose tax is included and only shown apart. */
export function cafeReceipt(): ReceiptDocument {
  const lines: Line[] = [
    { description: "Flat white", quantity: 2, price: 3.6 },
    { description: "Earl Grey pot", quantity: 1, price: 3.2 },
    { description: "Almond croissant", quantity: 2, price: 3.4 },
    { description: "Soup of the day", quantity: 1, price: 7.5 },
  ];
  const total = sumLines(lines);
  const subtotal = Number((total / 1.2).toFixed(2));
  const tax = Number((total - subtotal).toFixed(2));
  const sheet = new Sheet(500, 800, "Courier Prime");
  const body = { size: 22 };
  const middle = { size: 20, anchor: "middle" } as const;
  sheet.mark(
    `<circle cx="250" cy="58" r="26" fill="none" stroke="#1c1c1c" stroke-width="4"/>` +
      `<path d="M238 48 h20 v10 a10 10 0 0 1 -20 0 z M258 50 q8 0 8 6 t-8 5" fill="#1c1c1c"/>`,
  );
  sheet.text(250, 124, "The Copper Kettle", { size: 32, bold: true, anchor: "middle" });
  sheet.text(250, 152, "18 Friar Lane, York YO1 9PT", middle);
  sheet.text(250, 178, "VAT Reg No. 284 1179 55", middle);
  sheet.text(40, 228, "Table 6      Covers 3", body);
  sheet.text(40, 256, "14 Feb 2026  11:08", body);
  sheet.text(40, 284, "Order no. K-2291", body);
  sheet.rule(40, 460, 302);
  let y = 338;
  for (const line of lines) {
    sheet.pair(
      40,
      y,
      `${line.quantity} x ${line.description}`,
      printMoney(line.quantity * line.price, pounds),
      body,
    );
    y += 32;
  }
  sheet.rule(40, 460, y - 10);
  sheet.pair(40, y + 34, "Total", printMoney(total, pounds), { size: 30, bold: true });
  sheet.pair(40, y + 76, "Paid by cash", printMoney(30, pounds), body);
  sheet.pair(40, y + 104, "Change", printMoney(30 - total, pounds), body);
  sheet.rule(40, 460, y + 124, "2 5");
  sheet.pair(40, y + 156, "Net", printMoney(subtotal, pounds), body);
  sheet.pair(40, y + 184, "VAT 20%", printMoney(tax, pounds), body);
  sheet.text(250, y + 246, "Wifi: kettle-guest / butterscotch", middle);
  sheet.text(250, y + 274, "See you again soon", middle);
  return {
    name: "03-cafe-slip",
    sheet,
    page: { margin: 40, skew: -1.2, paper: "#fdfcf7", desk: "#6d5a48" },
    effects: { ...cleanScan, seed: 103, noise: 7, blur: 1, shade: 30 },
    tint: sepiaTint,
    expected: {
      vendor: "The Copper Kettle",
      document_type: "receipt",
      document_number: "K-2291",
      date: "2026-02-14",
      currency: "GBP",
      subtotal,
      tax,
      total,
      payment_method: "cash",
    },
    printed: {
      date: "14 Feb 2026",
      subtotal: printMoney(subtotal, pounds),
      tax: printMoney(tax, pounds),
      total: printMoney(total, pounds),
    },
  };
}

/** A taxi meter's printout in a dot-matrix face, in yen and with the tax already inside. */
export function taxiReceipt(): ReceiptDocument {
  const total = 4380;
  const tax = 398;
  const sheet = new Sheet(420, 640, "VT323");
  const body = { size: 30 };
  const middle = { size: 28, anchor: "middle" } as const;
  sheet.text(210, 64, "SHINAGAWA TAXI", { size: 46, anchor: "middle" });
  sheet.text(210, 100, "Receipt", { size: 34, anchor: "middle" });
  sheet.rule(30, 390, 120, "5 4");
  sheet.pair(30, 158, "DATE", "2026/04/09", body);
  sheet.pair(30, 192, "TIME", "21:16 - 21:43", body);
  sheet.pair(30, 226, "CAR NO.", "588", body);
  sheet.pair(30, 260, "RECEIPT NO.", "90417", body);
  sheet.pair(30, 294, "DISTANCE", "9.7 km", body);
  sheet.rule(30, 390, 312, "5 4");
  sheet.pair(30, 350, "FARE", printMoney(3960, yen), body);
  sheet.pair(30, 384, "NIGHT RATE", printMoney(420, yen), body);
  sheet.pair(30, 436, "TOTAL", printMoney(total, yen), { size: 46 });
  sheet.pair(30, 474, "(TAX 10% INCL.", `${printMoney(tax, yen)})`, body);
  sheet.pair(30, 512, "PAID", "IC CARD", body);
  sheet.rule(30, 390, 530, "5 4");
  sheet.text(210, 568, "TEL 03-5555-0176", middle);
  sheet.text(210, 600, "THANK YOU", middle);
  return {
    name: "06-taxi-meter",
    sheet,
    page: { margin: 30, skew: 0.8, paper: "#f7f7f2", desk: "#3c4148" },
    effects: { ...cleanScan, seed: 106, noise: 9, blur: 1, shade: 15, bands: 0.3 },
    tint: thermalTint,
    expected: {
      vendor: "SHINAGAWA TAXI",
      document_type: "receipt",
      document_number: "90417",
      date: "2026-04-09",
      currency: "JPY",
      subtotal: null,
      tax,
      total,
      payment_method: "card",
    },
    printed: {
      date: "2026/04/09",
      subtotal: null,
      tax: printMoney(tax, yen),
      total: printMoney(total, yen),
    },
  };
}

/** A French filling station: comma decimals, day before month, a faded thermal print. */
export function fuelReceipt(): ReceiptDocument {
  const total = 71.64;
  const subtotal = 59.7;
  const tax = 11.94;
  const sheet = new Sheet(480, 760, "Share Tech Mono");
  const body = { size: 23 };
  const middle = { size: 21, anchor: "middle" } as const;
  sheet.text(240, 64, "RELAIS DU LAC", { size: 38, anchor: "middle" });
  sheet.text(240, 96, "Route de Thonon 41", middle);
  sheet.text(240, 122, "74200 ANTHY", middle);
  sheet.text(240, 148, "SIRET 552 081 317 00054", middle);
  sheet.pair(36, 204, "TICKET", "No 118 402", body);
  sheet.pair(36, 234, "DATE", "07/05/2026 08:31", body);
  sheet.pair(36, 264, "POMPE", "3", body);
  sheet.rule(36, 444, 282, "3 4");
  sheet.text(36, 318, "SANS PLOMB 95-E10", body);
  sheet.pair(36, 348, "VOLUME", "39,80 L", body);
  sheet.pair(36, 378, "PRIX/LITRE", "1,800 EUR", body);
  sheet.rule(36, 444, 396, "3 4");
  sheet.pair(36, 434, "TOTAL HT", `${printMoney(subtotal, comma)} EUR`, body);
  sheet.pair(36, 464, "TVA 20,00%", `${printMoney(tax, comma)} EUR`, body);
  sheet.pair(36, 510, "TOTAL TTC", `${printMoney(total, comma)} EUR`, { size: 31 });
  sheet.text(36, 560, "CARTE BANCAIRE", body);
  sheet.text(36, 590, "************2206  DEBIT", body);
  sheet.text(240, 656, "MERCI ET BONNE ROUTE", middle);
  sheet.text(240, 684, "TICKET CLIENT A CONSERVER", middle);
  return {
    name: "07-fuel-faded",
    sheet,
    page: { margin: 30, skew: -0.6, paper: "#f4f3ee", desk: "#a39c8f" },
    effects: { ...cleanScan, seed: 107, noise: 8, blur: 1, shade: 12, fade: 0.5, bands: 0.35 },
    tint: thermalTint,
    expected: {
      vendor: "RELAIS DU LAC",
      document_type: "receipt",
      document_number: "118 402",
      date: "2026-05-07",
      currency: "EUR",
      subtotal,
      tax,
      total,
      payment_method: "card",
    },
    printed: {
      date: "07/05/2026",
      subtotal: printMoney(subtotal, comma),
      tax: printMoney(tax, comma),
      total: printMoney(total, comma),
    },
  };
}

/** A pharmacy's till roll full of other totals: savings, points, amounts tendered. */
export function pharmacyReceipt(): ReceiptDocument {
  const lines: Line[] = [
    { description: "IBUPROFEN 200MG 50CT", quantity: 1, price: 8.49 },
    { description: "VITAMIN D3 1000IU", quantity: 1, price: 12.99 },
    { description: "COTTON SWABS 300", quantity: 1, price: 4.29 },
    { description: "TOOTHPASTE MINT", quantity: 1, price: 5.79 },
    { description: "MEMBER DISCOUNT", quantity: 1, price: -3 },
  ];
  const subtotal = sumLines(lines);
  const tax = 2.07;
  const total = Number((subtotal + tax).toFixed(2));
  const sheet = new Sheet(480, 920, "Inconsolata");
  const body = { size: 21 };
  const middle = { size: 19, anchor: "middle" } as const;
  sheet.box(36, 34, 408, 58, "#1c1c1c");
  sheet.text(240, 75, "BRIGHTWELL PHARMACY", { size: 33, color: "#f8f8f8", anchor: "middle" });
  sheet.text(240, 120, "STORE 0387   AUSTIN TX 78704", middle);
  sheet.text(240, 146, "RX 512-555-0119", middle);
  sheet.text(36, 192, "TRN 5520-0387-0916", body);
  sheet.text(36, 220, "REG 02  OPR 114", body);
  sheet.text(36, 248, "MAY 22, 2026  6:15 PM", body);
  let y = 296;
  for (const line of lines) {
    sheet.pair(36, y, line.description, printMoney(line.price, plain), body);
    y += 28;
  }
  sheet.rule(300, 444, y - 12);
  sheet.pair(36, y + 20, "SUBTOTAL", printMoney(subtotal, plain), body);
  sheet.pair(36, y + 48, "SALES TAX 8.25%", printMoney(tax, plain), body);
  sheet.pair(36, y + 82, "TOTAL DUE", printMoney(total, plain), { size: 27 });
  sheet.pair(36, y + 130, "CASH TENDERED", printMoney(40, plain), body);
  sheet.pair(36, y + 158, "CHANGE DUE", printMoney(40 - total, plain), body);
  sheet.rule(36, 444, y + 178, "4 4");
  sheet.pair(36, y + 212, "TOTAL SAVINGS TODAY", "$3.00", body);
  sheet.pair(36, y + 240, "POINTS BALANCE", "1,284", body);
  sheet.pair(36, y + 268, "ITEMS SOLD", "4", body);
  sheet.barcode(60, y + 296, 360, 70, createRandom(18));
  sheet.text(240, y + 402, "RETURNS WITHIN 30 DAYS", middle);
  sheet.text(240, y + 428, "WITH THIS RECEIPT", middle);
  return {
    name: "08-pharmacy-specks",
    sheet,
    page: { margin: 32, skew: 1.1, paper: "#fafaf8", desk: "#b9b4aa" },
    effects: { ...cleanScan, seed: 108, noise: 8, blur: 1, shade: 20, specks: 60 },
    tint: greyTint,
    expected: {
      vendor: "BRIGHTWELL PHARMACY",
      document_type: "receipt",
      document_number: "5520-0387-0916",
      date: "2026-05-22",
      currency: "USD",
      subtotal,
      tax,
      total,
      payment_method: "cash",
    },
    printed: {
      date: "MAY 22, 2026",
      subtotal: printMoney(subtotal, plain),
      tax: printMoney(tax, plain),
      total: printMoney(total, plain),
    },
  };
}

/** A builders' merchant, photographed crooked with the light from one side. */
export function hardwareReceipt(): ReceiptDocument {
  const lines: Line[] = [
    { description: "Deck screws 3in box", quantity: 2, price: 14.97 },
    { description: "Cedar board 2x6x8", quantity: 6, price: 18.25 },
    { description: "Exterior stain 1gal", quantity: 1, price: 46.99 },
    { description: "Paint brush set", quantity: 1, price: 12.49 },
  ];
  const subtotal = sumLines(lines);
  const tax = Number((subtotal * 0.13).toFixed(2));
  const total = Number((subtotal + tax).toFixed(2));
  const sheet = new Sheet(560, 760, "Lato");
  const body = { size: 22 };
  const middle = { size: 20, anchor: "middle" } as const;
  sheet.text(280, 70, "Northfield Hardware", { size: 40, bold: true, anchor: "middle" });
  sheet.text(280, 102, "905 Dundas St W, Toronto, Ontario", middle);
  sheet.text(280, 130, "GST/HST No. 81422 6690 RT0001", middle);
  sheet.rule(40, 520, 150);
  sheet.pair(40, 184, "Sales receipt", "No. 77-20514", body);
  sheet.pair(40, 214, "2026-06-18", "10:27 AM", body);
  sheet.rule(40, 520, 232);
  sheet.text(40, 262, "Qty", { size: 18, bold: true });
  sheet.text(96, 262, "Item", { size: 18, bold: true });
  sheet.text(410, 262, "Each", { size: 18, bold: true, anchor: "end" });
  sheet.text(520, 262, "Amount", { size: 18, bold: true, anchor: "end" });
  let y = 298;
  for (const line of lines) {
    sheet.text(40, y, String(line.quantity), body);
    sheet.text(96, y, line.description, body);
    sheet.text(410, y, printMoney(line.price, plain), { ...body, anchor: "end" });
    sheet.text(520, y, printMoney(line.quantity * line.price, plain), { ...body, anchor: "end" });
    y += 34;
  }
  sheet.rule(40, 520, y - 14);
  sheet.pair(40, y + 20, "Subtotal", printMoney(subtotal, plain), body);
  sheet.pair(40, y + 52, "HST 13%", printMoney(tax, plain), body);
  sheet.pair(40, y + 96, "Total CAD", printMoney(total, dollars), { size: 30, bold: true });
  sheet.rule(40, 520, y + 116);
  sheet.pair(40, y + 150, "Mastercard debit ****9082", "Approved", body);
  sheet.text(280, y + 220, "Keep this receipt for returns (90 days)", middle);
  sheet.text(280, y + 248, "Pro account? Ask at the desk.", middle);
  return {
    name: "10-hardware-skewed",
    sheet,
    page: { margin: 52, skew: -2.6, paper: "#fcfcfa", desk: "#50555a" },
    effects: { ...cleanScan, seed: 110, noise: 7, blur: 1, shade: 75 },
    tint: greyTint,
    expected: {
      vendor: "Northfield Hardware",
      document_type: "receipt",
      document_number: "77-20514",
      date: "2026-06-18",
      currency: "CAD",
      subtotal,
      tax,
      total,
      payment_method: "card",
    },
    printed: {
      date: "2026-06-18",
      subtotal: printMoney(subtotal, plain),
      tax: printMoney(tax, plain),
      total: printMoney(total, dollars),
    },
  };
}

/** A parking machine's ticket, small print and light ink. */
export function parkingReceipt(): ReceiptDocument {
  const total = 17.6;
  const tax = 1.6;
  const sheet = new Sheet(400, 560, "Cutive Mono");
  const body = { size: 19, color: "#4a4a4a" };
  const middle = { size: 17, anchor: "middle", color: "#4a4a4a" } as const;
  sheet.text(200, 56, "Southbank Car Park", { size: 28, anchor: "middle", color: "#3c3c3c" });
  sheet.text(200, 84, "12 Kavanagh St, Melbourne", middle);
  sheet.text(200, 110, "ABN 51 824 753 556", middle);
  sheet.text(200, 148, "TAX INVOICE", { size: 22, anchor: "middle", color: "#3c3c3c" });
  sheet.pair(30, 196, "Ticket no", "A0093318", body);
  sheet.pair(30, 224, "Entry", "30/07/2026 09:02", body);
  sheet.pair(30, 252, "Exit", "30/07/2026 12:47", body);
  sheet.pair(30, 280, "Duration", "3 h 45 min", body);
  sheet.rule(30, 370, 300, "2 4");
  sheet.pair(30, 336, "Parking fee", printMoney(total, dollars), body);
  sheet.pair(30, 364, "GST included", printMoney(tax, dollars), body);
  sheet.pair(30, 404, "Total AUD", printMoney(total, dollars), { size: 25, color: "#3c3c3c" });
  // The card, masked as tills do.
  sheet.pair(30, 444, "EFTPOS VISA", `${"X".repeat(4)} 7750`, body);
  sheet.text(200, 500, "Please drive safely", middle);
  return {
    name: "11-parking-small",
    sheet,
    page: { margin: 26, skew: 0.7, paper: "#f3efe4", desk: "#7b7468" },
    effects: { ...cleanScan, seed: 111, noise: 9, shade: 25, fade: 0.2, blur: 1 },
    tint: sepiaTint,
    expected: {
      vendor: "Southbank Car Park",
      document_type: "invoice",
      document_number: "A0093318",
      date: "2026-07-30",
      currency: "AUD",
      subtotal: null,
      tax,
      total,
      payment_method: "card",
    },
    printed: {
      date: "30/07/2026",
      subtotal: null,
      tax: printMoney(tax, dollars),
      total: printMoney(total, dollars),
    },
  };
}
