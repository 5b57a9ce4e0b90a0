import type { ReceiptDocument } from "./document.ts";
import {
  consultingInvoice,
  germanInvoice,
  handwrittenReceipt,
  hotelInvoice,
  softwareInvoice,
} from "./invoices.ts";
import {
  cafeReceipt,
  fuelReceipt,
  groceryReceipt,
  hardwareReceipt,
  parkingReceipt,
  pharmacyReceipt,
  taxiReceipt,
} from "./till_receipts.ts";

/** The twelve documents of the demo, in the order of their names. */
export function drawDocuments(): ReceiptDocument[] {
  return [
    groceryReceipt(),
    softwareInvoice(),
    cafeReceipt(),
    germanInvoice(),
    hotelInvoice(),
    taxiReceipt(),
    fuelReceipt(),
    pharmacyReceipt(),
    consultingInvoice(),
    hardwareReceipt(),
    parkingReceipt(),
    handwrittenReceipt(),
  ];
}
