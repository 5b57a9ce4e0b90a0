import { layOutPage, type PageWord, type Row } from "./page_layout.ts";

const advance = 10;
const wordHeight = 20;
const lineHeight = 34;

/** For tests: the words of a typed page, a character 10 pixels wide, as an engine would report them. */
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

/** For tests: the rows of a typed page; three spaces part two cells. */
export function rowsOfText(text: string): Row[] {
  return layOutPage(wordsOfText(text), 0);
}
