/** One query of a file of `supabase/snippets`. */
export interface SnippetQuery {
  /** Of its heading, `-- (2) Latency per step`. */
  readonly number: number;
  readonly title: string;
  /** The statement with the comments under its heading, as it would be pasted. */
  readonly sql: string;
}

/** Takes a file of queries apart at its headings. What stands before the first is left out. */
export function readSnippet(text: string): SnippetQuery[] {
  return text.split(/^(?=-- \(\d+\) )/m).flatMap((part) => {
    const [heading, number, title] = /^-- \((\d+)\) (.+)$/m.exec(part) ?? [];
    if (heading === undefined || title === undefined || !part.startsWith(heading)) return [];
    return [{ number: Number(number), title, sql: part.slice(heading.length).trim() }];
  });
}
