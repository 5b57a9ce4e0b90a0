import type { PageWord } from "./page_layout.ts";

/** Words of a page, and the slope of its lines: pixels down for each pixel right. */
export interface Reading {
  words: PageWord[];
  slope: number;
}

/** Error of an image that the engine cannot decode. */
export class UnreadableImageError extends Error {
  override readonly name = "UnreadableImageError";
}
