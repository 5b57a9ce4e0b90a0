import { distance } from "fastest-levenshtein";

/** Normalized word of a text with its position. */
interface Token {
  word: string;
  start: number;
  end: number;
}

/** Match of a label in a text. */
export interface LabelMatch {
  /** Phrase that matched. */
  phrase: string;
  start: number;
  end: number;
}

const lookalikes: Record<string, string> = { "0": "o", "1": "l", "5": "s", "8": "b", "|": "l" };

/**
 * Normalizes a word for comparison with labels: lower case, without accents, punctuation and
 * hyphens (`Sub-total` is `subtotal`). Digits inside a word become the letters they look like.
 */
export function normalizeWord(text: string): string {
  const plain = text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase()
    .replaceAll("ß", "ss").replaceAll(/[^\p{L}\p{N}#|]/gu, "");
  const letters = plain.replaceAll(/[^\p{L}]/gu, "").length;
  if (letters * 2 <= plain.length) return plain.replaceAll("|", "");
  return plain.replaceAll(/[0158|]/g, (digit) => lookalikes[digit] ?? digit);
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(/[^\s/:]+/g)) {
    // "Nr.1187" and "#1187" are a label followed by its value.
    const parts = [...match[0].matchAll(/#|^\p{L}{2,}\.(?=\d)|[^#]+/gu)];
    for (const part of parts) {
      const start = match.index + part.index;
      const word = normalizeWord(part[0]);
      if (word !== "") tokens.push({ word, start, end: start + part[0].length });
    }
  }
  return tokens;
}

/** Returns the normalized words of a text. */
export function wordsOf(text: string): string[] {
  return tokenize(text).map((token) => token.word);
}

/**
 * Finds the first of the phrases in a text; if several begin at the same place, the longest. One
 * letter may differ in words of five letters or more and two in words of nine or more, because
 * engines misread.
 */
export function findLabel(text: string, phrases: readonly string[]): LabelMatch | null {
  const tokens = tokenize(text);
  for (const [at, token] of tokens.entries()) {
    let best: LabelMatch | null = null;
    for (const phrase of phrases) {
      const words = phrase.split(" ");
      const fits = words.every((word, offset) => {
        const candidate = tokens[at + offset];
        return candidate !== undefined && alike(candidate.word, word);
      });
      const last = tokens[at + words.length - 1];
      if (!fits || last === undefined) continue;
      if (best === null || phrase.length > best.phrase.length) {
        best = { phrase, start: token.start, end: last.end };
      }
    }
    if (best !== null) return best;
  }
  return null;
}

/** Returns whether the text contains any of the phrases. */
export function hasLabel(text: string, phrases: readonly string[]): boolean {
  return findLabel(text, phrases) !== null;
}

function alike(read: string, meant: string): boolean {
  if (read === meant) return true;
  const allowed = meant.length >= 9 ? 2 : meant.length >= 5 ? 1 : 0;
  if (allowed === 0 || Math.abs(read.length - meant.length) > allowed) return false;
  return distance(read, meant) <= allowed;
}
