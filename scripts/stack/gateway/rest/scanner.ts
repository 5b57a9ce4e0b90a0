import { RestError } from "./rest_error.ts";

/** Cursor over one parameter of a URL. Errors are PostgREST's `PGRST100`. */
export class Scanner {
  #at = 0;

  /**
   * @param subject what is parsed, such as `filter (eq.1)`; named in errors.
   */
  constructor(private readonly text: string, private readonly subject: string) {}

  get isAtEnd(): boolean {
    return this.#at >= this.text.length;
  }

  /** Returns the character at the cursor, or an empty string at the end. */
  get next(): string {
    return this.text[this.#at] ?? "";
  }

  /** Moves past a text if it comes next. */
  skip(text: string): boolean {
    if (!this.text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  /** Moves past a text, which must come next. */
  expect(text: string): void {
    if (!this.skip(text)) this.fail(`"${text}"`);
  }

  /** Moves past what matches a sticky pattern and returns it; undefined if nothing matches. */
  match(pattern: RegExp): string | undefined {
    const sticky = new RegExp(pattern.source, `${pattern.flags.replace(/[gy]/g, "")}y`);
    sticky.lastIndex = this.#at;
    const found = sticky.exec(this.text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  /** Runs a parser and moves back to where it began if it fails or returns undefined. */
  attempt<T>(parse: () => T | undefined): T | undefined {
    const start = this.#at;
    try {
      const result = parse();
      if (result === undefined) this.#at = start;
      return result;
    } catch (error) {
      if (!(error instanceof RestError)) throw error;
      this.#at = start;
      return undefined;
    }
  }

  /** Returns everything that is left. */
  rest(): string {
    const text = this.text.slice(this.#at);
    this.#at = this.text.length;
    return text;
  }

  skipSpace(): void {
    this.match(/[ \t]*/);
  }

  /** @throws {RestError} always. */
  fail(expected: string): never {
    const seen = this.isAtEnd ? "end of input" : JSON.stringify(this.next);
    throw new RestError(
      400,
      "PGRST100",
      `"failed to parse ${this.subject}" (line 1, column ${this.#at + 1})`,
      `unexpected ${seen} expecting ${expected}`,
    );
  }
}
