/** Words that do not tell what a question is about: every subject has runs, for instance. */
const COMMON = new Set(
  ("a about all an and any are as at by can compared did do does each ever every for from had has " +
    "have how i in is it its last many me month most much my of on or our per run runs show so some " +
    "tell than that the their them there these this to today was we week were what when which who why " +
    "with you your").split(" "),
);

/** Letters of scripts without spaces between words: each counts as a word. */
const UNSPACED = String.raw`[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]`;
const WORD = new RegExp(String.raw`${UNSPACED}\p{M}*|[[\p{L}\p{M}\p{N}]--${UNSPACED}]+`, "gv");

/** Returns the words of a text without case, accents and the ending of a plural. */
export function foldWords(text: string): string[] {
  return splitWords(text).map(stem);
}

/** Returns the words that tell what a text is about, folded. */
export function wordsOf(text: string): ReadonlySet<string> {
  return new Set(splitWords(text).filter((word) => !COMMON.has(word)).map(stem));
}

/** Returns the share of words that two sets have in common (Dice coefficient), from 0 to 1. */
export function similarity(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  if (one.size === 0 || other.size === 0) return 0;
  const shared = [...one].filter((word) => other.has(word)).length;
  return (2 * shared) / (one.size + other.size);
}

function splitWords(text: string): readonly string[] {
  // Upper case first: "ß" becomes "ss", and the two forms of a small sigma become one.
  const plain = text.toUpperCase().toLowerCase().normalize("NFKD").replace(/[\u0300-\u036f]/g, "");
  return plain.normalize("NFC").match(WORD) ?? [];
}

function stem(word: string): string {
  return word.length > 3 ? word.replace(/(?<=[^s])s$/, "") : word;
}
