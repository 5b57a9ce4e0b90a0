/** Returns the words of a list that is written as text, in which white space separates them. */
export function splitWords(text: string): string[] {
  return text.trim().split(/\s+/);
}
