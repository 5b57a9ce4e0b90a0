/** Query in a file of `supabase/snippets`. */
export interface SnippetQuery {
  /** Number in its heading, such as 2 in `-- (2) Latency per step`. */
  readonly number: number;
  readonly title: string;
  /** Statement with the comments under its heading, ready to be pasted. */
  readonly sql: string;
}

/** Splits a file of queries at its headings. Text before the first heading is left out. */
export function readSnippet(text: string): SnippetQuery[] {
  return text.split(/^(?=-- \(\d+\) )/m).flatMap((part) => {
    const [heading, number, title] = /^-- \((\d+)\) (.+)$/m.exec(part) ?? [];
    if (heading === undefined || title === undefined || !part.startsWith(heading)) return [];
    return [{ number: Number(number), title, sql: part.slice(heading.length).trim() }];
  });
}
