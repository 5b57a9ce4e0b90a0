import { layOutPage, type PageWord, type Row } from "./page_layout.ts";

const advance = 10;
const wordHeight = 20;
const lineHeight = 34;

/** Returns the words of a typed page as an engine reports them, 10 pixels per character. */
export function wordsOfText(text: string, slope = 0): PageWord[] {
  return text.split("\n").flatMap((line, at) =>
    [...line.matchAll(/\S+/g)].map((match): PageWord => {
      const x0 = match.index * advance;
      const x1 = x0 + match[0].length * advance;
      const y0 = Math.round(at * lineHeight + slope * (x0 + x1) / 2);
      return { text: match[0], confidence: 95, x0, x1, y0, y1: y0 + wordHeight };
    })
  );
}

/** Returns the rows of a typed page; three spaces separate two cells. For tests. */
export function rowsOfText(text: string): Row[] {
  return layOutPage(wordsOfText(text), 0);
}
