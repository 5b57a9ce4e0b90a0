import { replaceControlCharacters } from "../platform/control_characters.ts";

/** Filter for text that arrives in pieces. */
export interface TextFilter {
  /** Takes the next piece, and returns what can be shown of all pieces so far. */
  push(piece: string): string;
  /** Returns the rest, after the last piece. */
  end(): string;
}

/** What to write for the text at a position. */
interface Step {
  /** Number of characters of the text. */
  readonly length: number;
  readonly written: string;
  /** Host that begins or goes on after it. Its dots are written `[.]`. */
  readonly host: Host;
}

/** Part of an address that follows: the host of a URL or of an e-mail address. */
type Host = "url" | "email" | null;

/** Result of a step that depends on text that has not arrived yet. */
const UNDECIDED = Symbol("undecided");

/** Characters before a position that a decision may depend on: the longest scheme, and one more. */
const LOOK_BEHIND = 16;
/** Characters that cannot be part of a host's label. */
const NO_LABEL = /[\s!-,./:-@[-^`{-~]/;
const ENTITY = /^&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z][a-z\d]{0,31});/i;
const ENTITY_SO_FAR = /^&(?:#\d{0,7}|#x[\da-f]{0,6}|[a-z][a-z\d]{0,31})?$/i;

/**
 * Creates a filter after which no Markdown of a model is an image, a link or HTML, unless it is an
 * inline one or a plain URL that points to the site. A model could otherwise be made to write an image
 * whose URL carries a row's values to somebody else's server, which a page loads unasked.
 *
 * The text stays readable. What CommonMark and GFM need to be in one piece is split by a space, or put
 * in brackets as reports of malware do: `![x] (https[:]//evil[.]com/?d=1)`, `< img src=…>`. No parser is
 * used, because none can decide in the middle of a text; each rule breaks a construct wherever it
 * stands, also where it is harmless, as in code:
 *
 * | breaks | so that there are no |
 * | --- | --- |
 * | `](`, unless the site's origin follows | inline links and images, whatever their URL: `data:`, `//host` |
 * | `]:` | definitions, without which no reference is a link, and footnotes |
 * | `<` before a letter, `/`, `!`, `?` | HTML and autolinks |
 * | `://`, `www.`, dots of hosts and of e-mail addresses | literal autolinks of GFM |
 * | `&…;` | characters of a URL in disguise, which some parsers link after they decoded them |
 *
 * Control characters and marks of direction are removed.
 *
 * @param siteUrl address of the site's pages; only its origin counts
 */
export function guardMarkdown(siteUrl: string): TextFilter {
  const { origin } = new URL(siteUrl);
  const schemeLength = origin.indexOf(":");
  const scheme = new RegExp(`(?:^|[^\\w+.\\\\-])${origin.slice(0, schemeLength)}$`);
  let rest = "";
  let before = "";
  let host: Host = null;

  /**
   * Returns whether a text begins with the origin's characters from `from` on, and the host ends there.
   * A parenthesis does not end it: GFM reads `https://site.example).evil.com` as one URL.
   */
  const isSite = (text: string, from: number, isAll: boolean): boolean | typeof UNDECIDED => {
    const wanted = origin.slice(from);
    if (!text.startsWith(wanted)) {
      return !isAll && wanted.startsWith(text) ? UNDECIDED : false;
    }
    const next = text.charAt(wanted.length);
    return next === "" && !isAll ? UNDECIDED : /^[/?# \t\n]?$/.test(next);
  };

  const afterBracket = (text: string, isAll: boolean): Step | typeof UNDECIDED => {
    if (text.length < 2 && !isAll) return UNDECIDED;
    if (text[1] === ":") return { length: 1, written: "] ", host: null };
    if (text[1] !== "(") return { length: 1, written: "]", host: null };
    if (text.length < 3 && !isAll) return UNDECIDED;
    const start = text[2] === "<" ? 3 : 2;
    const isOwn = isSite(text.slice(start), 0, isAll);
    if (isOwn === UNDECIDED) return UNDECIDED;
    if (!isOwn) return { length: 1, written: "] ", host: null };
    const length = start + origin.length;
    return { length, written: text.slice(0, length), host: null };
  };

  const afterColon = (text: string, isAll: boolean): Step | typeof UNDECIDED => {
    // A backslash before punctuation disappears.
    const [slashes] = /^:\\?\/\\?\//.exec(text) ?? [];
    if (slashes === undefined) {
      return !isAll && /^:(?:\\?|\\?\/\\?)$/.test(text)
        ? UNDECIDED
        : { length: 1, written: ":", host: null };
    }
    const isOwn = scheme.test(before) && isSite(text, schemeLength, isAll);
    if (isOwn === UNDECIDED) return UNDECIDED;
    const length = isOwn ? origin.length - schemeLength : slashes.length;
    const written = isOwn ? text.slice(0, length) : `[:]${slashes.slice(1)}`;
    return { length, written, host: isOwn ? null : "url" };
  };

  const atDot = (text: string, isAll: boolean): Step | typeof UNDECIDED => {
    const isWww = /www\\?$/i.test(before);
    if (host === null && !isWww) return { length: 1, written: ".", host };
    if (text.length < 2 && !isAll) return UNDECIDED;
    const next = text.charAt(1);
    const isInside = next !== "" && !NO_LABEL.test(next) &&
      // No domain of an e-mail address ends with a digit, but metrics do: mAP@0.5.
      (host !== "email" || isWww || !/\d/.test(next));
    // Not in brackets where a parenthesis may follow.
    const written = isInside ? "[.]" : isWww ? " ." : ".";
    return { length: 1, written, host: isWww ? "url" : host };
  };

  const atEntity = (text: string, isAll: boolean): Step | typeof UNDECIDED => {
    if (!isAll && ENTITY_SO_FAR.test(text)) return UNDECIDED;
    return { length: 1, written: ENTITY.test(text) ? "& " : "&", host: null };
  };

  const step = (text: string, isAll: boolean): Step | typeof UNDECIDED => {
    const character = text.charAt(0);
    switch (character) {
      case "]":
        return afterBracket(text, isAll);
      case ":":
        return afterColon(text, isAll);
      case ".":
        return atDot(text, isAll);
      case "&":
        return atEntity(text, isAll);
      case "<":
        if (text.length < 2 && !isAll) return UNDECIDED;
        return { length: 1, written: /^<[a-z/!?]/i.test(text) ? "< " : "<", host: null };
      case "@":
        return { length: 1, written: "@", host: host ?? "email" };
      case "/":
        // Some pages link addresses without a scheme, too.
        return { length: 1, written: "/", host: before.endsWith("/") ? "url" : null };
      default:
        return {
          length: 1,
          written: character,
          host: character === "\\" || !NO_LABEL.test(character) ? host : null,
        };
    }
  };

  const write = (isAll: boolean): string => {
    let written = "";
    let position = 0;
    while (position < rest.length) {
      const next = step(rest.slice(position, position + origin.length + 40), isAll);
      if (next === UNDECIDED) break;
      written += next.written;
      before = (before + rest.slice(position, position + next.length)).slice(-LOOK_BEHIND);
      host = next.host;
      position += next.length;
    }
    rest = rest.slice(position);
    return written;
  };

  return {
    push(piece) {
      rest += replaceControlCharacters(piece, "");
      return write(false);
    },
    end: () => write(true),
  };
}
