/** Words of documents, see `normalizeWord`: English, German, French, some Italian and Spanish. */

/** Splits a list at its commas. */
export function phrases(list: string): readonly string[] {
  return list.split(",").map((phrase) => phrase.trim());
}

/** Splits a list of phrases, each followed by its weight. */
function weighed(list: string): readonly (readonly [phrase: string, weight: number])[] {
  return phrases(list).map((entry) => [entry.slice(0, -2), Number(entry.slice(-1))]);
}

export const subtotalLabels = phrases(`
  subtotal, sub total, sous total, net, net amount, net total, total net, total ht, total hors,
  total excl, total ex, total before, montant ht, taxable amount, amount before tax,
  zwischensumme, netto, nettobetrag, summe netto, subtotale, imponibile, base imponible
`);

/** Labels of the amount to pay. They take precedence over a plain "total". */
export const payableLabels = phrases(`
  grand total, total due, amount due, balance due, amount payable, total ttc, net a payer,
  zu zahlen, rechnungsbetrag, gesamtbetrag
`);

export const totalLabels = [
  ...payableLabels,
  ...phrases(`
    total, total amount, invoice total, montant total, to pay, balance, summe, gesamt, gesamtsumme,
    endbetrag, totale, importe total
  `),
];

export const taxLabels = phrases(`
  tax, sales tax, vat, gst, hst, pst, qst, mwst, mehrwertsteuer, ust, umsatzsteuer, tva, iva,
  moms, consumption tax, total tax, total vat, tax total
`);

/** Labels of rows whose amount is not one of the bill's own. */
export const sideLabels = phrases(`
  saving, savings, saved, points, items, items sold, change, tendered, tender, given, ruckgeld,
  rendu, gegeben, tip, discount, rabatt
`);

/** Labels of numbers that are registrations or belong to somebody else. */
export const foreignNumberLabels = phrases(`
  vat, tax, gst, hst, abn, reg, siret, ust, ustidnr, iban, account, konto, routing, sort, car,
  customer, kunden, kundennr, client, phone, tel, telephone, fax, room, table, po, your, store,
  terminal, lane, auth
`);

/** Labels of the document's own number. Earlier lists are more reliable. */
export const numberLabels: readonly (readonly string[])[] = [
  phrases(`
    invoice no, invoice number, invoice nr, invoice #, invoice id, receipt no, receipt number,
    receipt nr, receipt #, bill no, bill number, document no, document number, rechnungsnr,
    rechnungsnummer, rechnung nr, rechnung no, belegnr, beleg nr, facture no, facture n,
    fattura n, factura no
  `),
  phrases(`
    ticket no, ticket number, ticket #, ticket, order no, order number, order #, transaction,
    transaction no, trans, trn, check no, check #, folio, bon nr, bonnr, reference, ref, receipt,
    invoice
  `),
  ["no", "nr", "number", "#"],
];

export const issueDateLabels = phrases(`
  date, date of issue, issue date, issued, invoice date, tax point, datum, rechnungsdatum,
  date facture, fecha, data
`);

export const dueDateLabels = phrases(`
  due, due date, date due, payment due, pay by, zahlbar, fallig, echeance, scadenza
`);

export const otherDateLabels = phrases(`
  arrival, departure, check in, check out, delivery, lieferdatum, expires, expiry, valid, period,
  from, until, bis, birth
`);

/** Titles of documents, which are never the vendor's name. */
export const titleWords = phrases(`
  invoice, tax, receipt, sales, bill, statement, rechnung, quittung, beleg, facture, ticket, recu,
  fattura, factura, order, cash, copy, customer, original
`);

/** Words that occur only in an address, a greeting or a contact line. */
export const notVendorLabels = phrases(`
  street, avenue, road, lane, tel, phone, fax, www, welcome, thank you, thank, merci, date, time,
  bill to, billed to, table, cashier, guest, invoice no, receipt no, order no
`);

export const companySuffix =
  /\b(?:inc|llc|ltd|limited|plc|gmbh|ag|kg|sarl|sàrl|sas|s\.?a|bv|nv|oy|pty|co|corp)\b\.?$/i;

/** Words that show how a bill is paid, with their reliability. */
export const paymentLabels: Record<
  "cash" | "card" | "bank_transfer" | "cheque",
  ReturnType<typeof weighed>
> = {
  cash: weighed(`
    cash 3, paid by cash 1, cash tendered 1, bar 2, bargeld 3, especes 3, contanti 3, efectivo 3,
    change 1, change due 1
  `),
  card: weighed(`
    visa 3, mastercard 3, amex 3, american express 3, maestro 3, girocard 3, eftpos 3,
    credit card 3, debit card 3, carte bancaire 3, kreditkarte 3, contactless 2, card 2, carte 2,
    debit 1, approved 1, auth 1
  `),
  bank_transfer: weighed(`
    bank transfer 4, wire transfer 4, bacs 3, sort code 2, routing 2, iban 2, swift 1,
    uberweisung 3, bankuberweisung 4, virement 3, bonifico 3
  `),
  cheque: weighed(`
    cheque 3, by check 3, check enclosed 3
  `),
};
