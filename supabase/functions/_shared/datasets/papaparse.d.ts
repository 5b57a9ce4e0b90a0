/** The used part of Papa Parse. Its published types bring those of Node, which conflict with Deno's. */
declare namespace Papa {
  interface ParseError {
    readonly code: string;
    readonly index?: number;
    readonly row?: number;
  }
  interface ParseMeta {
    readonly delimiter: string;
    /** Offset up to which the text is parsed. */
    readonly cursor: number;
  }
  interface ParseResult {
    readonly data: string[][];
    readonly errors: readonly ParseError[];
    readonly meta: ParseMeta;
  }
  class Parser {
    constructor(config: {
      readonly delimiter: string;
      readonly newline: string;
      /** Called for each row. */
      readonly step?: (row: { readonly meta: ParseMeta }) => void;
    });
    parse(text: string, baseIndex: number, ignoreLastRow: boolean): ParseResult;
  }
  function parse(text: string, config: { readonly delimitersToGuess: string[] }): ParseResult;
}
export default Papa;
