/** How many line breaks a text has before `end`. */
export function countLines(text: string, lineBreak: string, end = text.length): number {
  let count = 0;
  for (let at = text.indexOf(lineBreak); at !== -1 && at < end;) {
    count++;
    at = text.indexOf(lineBreak, at + 1);
  }
  return count;
}
