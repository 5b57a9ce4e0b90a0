/** A word of a text in the form labels are compared in, and where it stands. */
interface Token {
  word: string;
  start: number;
  end: number;
}

/** Where a label stands in a text. */
export interface LabelMatch {
  /** The phrase that matched. */
  phrase: string;
  start: number;
  end: number;
}

const lookalikes: Record<string, string> = { "0": "o", "1": "l", "5": "s", "8": "b", "|": "l" };

/**
 * Lower case without accents and punctuation, hyphens closed up (`Sub-total` is `subtotal`); digits
 * inside a word are taken for the letters they look like.
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
    // "Nr.1187" and "#1187" are a label and its value.
    const parts = [...match[0].matchAll(/#|^\p{L}{2,}\.(?=\d)|[^#]+/gu)];
    for (const part of parts) {
      const start = match.index + part.index;
      const word = normalizeWord(part[0]);
      if (word !== "") tokens.push({ word, start, end: start + part[0].length });
    }
  }
  return tokens;
}

/** The words of a text in normal form. */
export function wordsOf(text: string): string[] {
  return tokenize(text).map((token) => token.word);
}

/**
 * Finds the first of the phrases in a text, the longest where several begin at one place. Words of
 * five letters and more may differ in one letter, of nine and more in two: engines misread.
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

/** Whether the text has any of the phrases. */
export function hasLabel(text: string, phrases: readonly string[]): boolean {
  return findLabel(text, phrases) !== null;
}

function alike(read: string, meant: string): boolean {
  if (read === meant) return true;
  const allowed = meant.length >= 9 ? 2 : meant.length >= 5 ? 1 : 0;
  if (allowed === 0 || Math.abs(read.length - meant.length) > allowed) return false;
  return editDistance(read, meant) <= allowed;
}

/** Levenshtein distance. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const change = a[row - 1] === b[column - 1] ? 0 : 1;
      current.push(Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + change,
      ));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
