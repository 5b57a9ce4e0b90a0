import { Resvg } from "@resvg/resvg-js";
import type { ReceiptDocument } from "./document.ts";
import { fontFiles } from "./fonts.ts";
import { encodeTintedPng } from "./png.ts";
import { scan } from "./scan.ts";

/** Draws a document and photographs it: the PNG file's bytes. */
export function renderDocument(document: ReceiptDocument): Uint8Array {
  const drawing = new Resvg(document.sheet.toSvg(document.page), {
    font: { fontFiles, loadSystemFonts: false },
  }).render();
  const image = scan(drawing.pixels, drawing.width, drawing.height, document.effects);
  return encodeTintedPng(image, document.tint);
}
