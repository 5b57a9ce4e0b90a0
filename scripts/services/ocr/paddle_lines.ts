import { medianSlope, type PageWord, type Reading } from "./page_layout.ts";

type Point = readonly [x: number, y: number];

/** Line of text that PaddleOCR found. */
export interface PaddleLine {
  text: string;
  /** Mean probability of its characters, from 0 to 1. */
  mean: number;
  /** Corners in pixels: top left, top right, bottom right, bottom left. */
  box: readonly [Point, Point, Point, Point];
}

/**
 * Converts lines to the input of `layOutPage`: one word per line, as high as its text, and the
 * slope of the lines.
 *
 * @param scale factor for the coordinates.
 */
export function readingOfLines(lines: readonly PaddleLine[], scale: number): Reading {
  const words = lines.flatMap(({ text, mean, box }): PageWord[] => {
    if (text === "") return [];
    const [topLeft, topRight, bottomRight, bottomLeft] = box;
    const x0 = (topLeft[0] + bottomLeft[0]) / 2;
    const x1 = (topRight[0] + bottomRight[0]) / 2;
    const height = Math.hypot(bottomLeft[0] - topLeft[0], bottomLeft[1] - topLeft[1]);
    const y = box.reduce((sum, [, corner]) => sum + corner, 0) / box.length;
    return [{
      text: restoreSpaces(text),
      confidence: mean * 100,
      x0: x0 * scale,
      x1: x1 * scale,
      y0: (y - height / 2) * scale,
      y1: (y + height / 2) * scale,
    }];
  });
  const edges = lines.map(({ box: [[x0, y0], [x1, y1]] }) => ({ x0, y0, x1, y1 }));
  return { words, slope: medianSlope(edges) };
}

/**
 * Restores spaces. The networks are trained mostly on Chinese and drop most spaces of other
 * scripts: `VAT20%`, `InvoiceNo.26`.
 */
function restoreSpaces(text: string): string {
  return text
    .replaceAll(/(?<=\p{L}{3})(?=\d)/gu, " ")
    .replaceAll(/(?<=\p{L}\.)(?=[\p{L}\d])/gu, " ")
    .replaceAll(/(?<=\p{Ll}{3})(?=\p{Lu})/gu, " ");
}
