/** Words that say nothing about what a question is about: all that can be asked about has runs. */
const COMMON = new Set(
  ("a about all an and any are as at by can compared did do does each ever every for from had has " +
    "have how i in is it its last many me month most much my of on or our per run runs show so some " +
    "tell than that the their them there these this to today was we week were what when which who why " +
    "with you your").split(" "),
);

/** The words of a text that say what it is about, without the endings of plurals. */
export function wordsOf(text: string): ReadonlySet<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return new Set(words.filter((word) => !COMMON.has(word)).map(stem));
}

/** How much two sets of words have in common: 0 nothing, 1 everything. */
export function similarity(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  if (one.size === 0 || other.size === 0) return 0;
  const shared = [...one].filter((word) => other.has(word)).length;
  return (2 * shared) / (one.size + other.size);
}

function stem(word: string): string {
  return word.length > 3 ? word.replace(/(?<=[^s])s$/, "") : word;
}
