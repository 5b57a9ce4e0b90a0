import assert from "node:assert/strict";
import { layOutPage } from "./page_layout.ts";
import { type PaddleLine, readingOfLines } from "./paddle_lines.ts";

/** Returns a line of text from (x, y), 10 pixels high, that falls by `slope` pixels per pixel. */
function line(text: string, x: number, y: number, slope = 0): PaddleLine {
  const width = 100;
  const fall = width * slope;
  return {
    text,
    mean: 0.9,
    box: [[x, y], [x + width, y + fall], [x + width, y + fall + 10], [x, y + 10]],
  };
}

const textOf = (text: string) => readingOfLines([line(text, 0, 0)], 1).words[0]?.text;

Deno.test("spaces that PaddleOCR drops are restored between label and value, and names stay whole", () => {
  const seen = ["VAT20%", "InvoiceNo.26-1187", "Order no.K-2291", "Date24-09-2026", "HST13%"];
  assert.deepEqual(seen.map(textOf), [
    "VAT 20%",
    "Invoice No. 26-1187",
    "Order no. K-2291",
    "Date 24-09-2026",
    "HST 13%",
  ]);
  for (const whole of ["GmbH", "McDonald", "DE214887530", "DN15", "1.132,40", "MC-2026-00417"]) {
    assert.equal(textOf(whole), whole);
  }
});

Deno.test("lines of a crooked page are put on one row, at the size of the file rather than of the scaled page", () => {
  const slope = 0.05;
  const lines = [
    line("SUBTOTAL", 0, 0, slope),
    line("40.91", 300, 300 * slope, slope),
    line("TOTAL", 0, 14, slope),
    line("42.21", 300, 14 + 300 * slope, slope),
    line("", 200, 5),
  ];
  const reading = readingOfLines(lines, 2);
  assert.ok(Math.abs(reading.slope - slope) < 1e-9);
  assert.equal(reading.words[1]?.x0, 600);
  assert.equal(reading.words[1]?.confidence, 90);
  assert.deepEqual(
    layOutPage(reading.words, reading.slope).map((row) => row.cells.map((cell) => cell.text)),
    [["SUBTOTAL", "40.91"], ["TOTAL", "42.21"]],
  );
});
