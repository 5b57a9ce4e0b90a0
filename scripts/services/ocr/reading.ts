import type { PageWord } from "./page_layout.ts";

/** The words of a page, and how much its lines rise: pixels down for each pixel right. */
export interface Reading {
  words: PageWord[];
  slope: number;
}

/** The engine could make nothing of the image. */
export class UnreadableImageError extends Error {
  override readonly name = "UnreadableImageError";
}
