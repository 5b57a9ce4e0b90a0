/** Word that the engine read, with its box in pixels of the image. */
export interface PageWord {
  text: string;
  /** Confidence from 0 to 100. */
  confidence: number;
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

/** Words of a page, and the slope of its lines: pixels down for each pixel right. */
export interface Reading {
  words: PageWord[];
  slope: number;
}

/** Error of an image that the engine cannot decode. */
export class UnreadableImageError extends Error {
  override readonly name = "UnreadableImageError";
}

/** Adjacent words on one row, such as a label or an amount. */
export interface Cell {
  text: string;
  x0: number;
  x1: number;
  /** Median height of its words in pixels, a measure of the text size. */
  height: number;
}

/** Cells at the same height of the page, from left to right. */
export interface Row {
  cells: Cell[];
  /** Text of all cells, separated by two spaces. */
  text: string;
  /** Vertical middle of the row in pixels, after the page is deskewed. */
  y: number;
  height: number;
}

/** Smallest gap between two cells, in word heights. */
const cellGap = 1.25;

/**
 * Groups words into rows and cells. The engine's own lines are not used: it often takes the right
 * column of a receipt for a separate block, which separates labels from their amounts.
 *
 * @param slope slope of the text lines, pixels down for each pixel right.
 */
export function layOutPage(words: PageWord[], slope: number): Row[] {
  const placed = words
    .filter((word) => /[\p{L}\p{N}$€£¥%&*/.#-]/u.test(word.text))
    .map((word) => ({ word, y: (word.y0 + word.y1) / 2 - slope * (word.x0 + word.x1) / 2 }))
    .sort((a, b) => a.y - b.y);
  const groups: { members: typeof placed; y: number; height: number }[] = [];
  for (const entry of placed) {
    const height = entry.word.y1 - entry.word.y0;
    const group = groups.findLast((candidate) =>
      Math.abs(candidate.y - entry.y) < 0.5 * Math.max(8, Math.min(candidate.height, height))
    );
    if (group === undefined) {
      groups.push({ members: [entry], y: entry.y, height });
      continue;
    }
    group.members.push(entry);
    const size = group.members.length;
    group.y += (entry.y - group.y) / size;
    group.height += (height - group.height) / size;
  }
  return groups
    .sort((a, b) => a.y - b.y)
    .map((group) => {
      const cells = cut(group.members.map((member) => member.word));
      return {
        cells,
        text: cells.map((cell) => cell.text).join("  "),
        y: group.y,
        height: group.height,
      };
    });
}

/**
 * Returns the median slope of text lines, pixels down for each pixel right, from their base or top
 * edges; 0 without any. Edges up to 80 pixels long are ignored, because short lines vary at random.
 */
export function medianSlope(edges: readonly Omit<PageWord, "text" | "confidence">[]): number {
  return median(
    edges.filter(({ x0, x1 }) => x1 - x0 > 80).map(({ x0, y0, x1, y1 }) => (y1 - y0) / (x1 - x0)),
  );
}

function cut(words: PageWord[]): Cell[] {
  const groups: PageWord[][] = [];
  for (const word of [...words].sort((a, b) => a.x0 - b.x0)) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    const gap = cellGap * Math.max(heightOf(last), heightOf(word));
    if (group === undefined || last === undefined || word.x0 - last.x1 > gap) groups.push([word]);
    else group.push(word);
  }
  return groups.map((group) => ({
    text: group.map((word) => word.text).join(" "),
    x0: Math.min(...group.map((word) => word.x0)),
    x1: Math.max(...group.map((word) => word.x1)),
    height: median(group.map(heightOf)),
  }));
}

function heightOf(word: PageWord | undefined): number {
  return word === undefined ? 0 : word.y1 - word.y0;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
