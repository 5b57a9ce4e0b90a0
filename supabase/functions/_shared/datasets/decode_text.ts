import { countLines, UnreadableError } from "./unreadable.ts";

type Encoding = "utf-8" | "utf-16le" | "utf-16be";

const MARKS: readonly (readonly [Encoding, readonly number[]])[] = [
  ["utf-8", [0xef, 0xbb, 0xbf]],
  ["utf-16le", [0xff, 0xfe]],
  ["utf-16be", [0xfe, 0xff]],
];

/**
 * Decodes the bytes of a file, in pieces of any size, as UTF-8 or, after its byte order mark, UTF-16.
 * The mark is not part of the text. Invalid bytes are refused with their location, never replaced.
 */
export class TextDecoding {
  #encoding: Encoding | null = null;
  #decoder = new TextDecoder();
  /** Bytes of an incomplete character or of a possible byte order mark. */
  #held: Uint8Array = new Uint8Array();
  /** Offset of the held bytes in the file. */
  #offset = 0;
  #line = 1;
  /** Number of characters decoded of the current line. */
  #column = 0;

  /** @throws {UnreadableError} `undecodable` */
  push(bytes: Uint8Array): string {
    return this.#decode(bytes, false);
  }

  /** Decodes the rest at the end of the file. @throws {UnreadableError} `undecodable` */
  end(): string {
    return this.#decode(new Uint8Array(), true);
  }

  #decode(bytes: Uint8Array, isLast: boolean): string {
    let block = this.#held.length === 0 ? bytes : concat(this.#held, bytes);
    if (this.#encoding === null) {
      if (block.length < 3 && !isLast) {
        this.#held = block.slice();
        return "";
      }
      const [encoding, mark] = MARKS.find(([, mark]) =>
        mark.every((byte, index) => block[index] === byte)
      ) ?? ["utf-8", []];
      this.#encoding = encoding;
      // Blocks end between characters, so each block is decoded on its own.
      this.#decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
      block = block.subarray(mark.length);
      this.#offset = mark.length;
    }
    const length = isLast ? block.length : completeLength(block, this.#encoding);
    const text = this.#read(block.subarray(0, length), this.#encoding);
    this.#held = block.slice(length);
    this.#offset += length;
    const lines = countLines(text, "\n");
    this.#line += lines;
    this.#column = text.length - (text.lastIndexOf("\n") + 1) + (lines === 0 ? this.#column : 0);
    return text;
  }

  #read(block: Uint8Array, encoding: Encoding): string {
    try {
      return this.#decoder.decode(block);
    } catch {
      // Reports the beginning of the invalid character, not the byte at which decoding failed.
      const good = completeLength(block.subarray(0, longestDecodable(block, encoding)), encoding);
      const before = new TextDecoder(encoding, { ignoreBOM: true })
        .decode(block.subarray(0, good));
      const lines = countLines(before, "\n");
      const byte = this.#offset + good + 1;
      throw new UnreadableError(
        "undecodable",
        `Byte ${byte} is not valid in ${encoding.toUpperCase()}.` +
          (encoding === "utf-8" ? " Save the file as UTF-8." : ""),
        {
          line: this.#line + lines,
          column: before.length - before.lastIndexOf("\n") + (lines === 0 ? this.#column : 0),
          byte,
        },
      );
    }
  }
}

/** Returns the number of bytes before the first one that no character can contain. */
function longestDecodable(block: Uint8Array, encoding: Encoding): number {
  let good = 0;
  let bad = block.length + 1;
  while (bad - good > 1) {
    const length = (good + bad) >> 1;
    if (isDecodable(block, length, encoding)) good = length;
    else bad = length;
  }
  return Math.min(good, block.length);
}

/** @param length if it is one more than the block's, the block must also end with a whole character. */
function isDecodable(block: Uint8Array, length: number, encoding: Encoding): boolean {
  try {
    const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
    decoder.decode(block.subarray(0, length), { stream: length <= block.length });
    return true;
  } catch {
    return false;
  }
}

/** Returns the number of bytes up to the end of the last complete character. */
function completeLength(block: Uint8Array, encoding: Encoding): number {
  const { length } = block;
  if (encoding === "utf-8") {
    for (let back = 1; back <= Math.min(3, length); back++) {
      const byte = block[length - back] ?? 0;
      if ((byte & 0xc0) === 0x80) continue;
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
      return needed > back ? length - back : length;
    }
    return length;
  }
  const even = length - length % 2;
  const high = block[encoding === "utf-16be" ? even - 2 : even - 1] ?? 0;
  return (high & 0xfc) === 0xd8 ? even - 2 : even;
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}
