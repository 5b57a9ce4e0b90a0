import { TextDecoding } from "../../datasets/decode_text.ts";
import { UnreadableError } from "../../datasets/unreadable.ts";
import { ReportError } from "./report_model.ts";
import type { Warnings } from "./report_reader.ts";

/** Bytes that are decoded at once: a piece of text is held while its results are written. */
const PIECE_BYTES = 32 * 1024;

const HEAD_BYTES = 200;

/** Decodes a report's file as {@link decodePieces} does. @throws {ReportError} */
export function decodeReport(bytes: Uint8Array, warnings: Warnings): string {
  return [...decodePieces([bytes], warnings)].join("");
}

/**
 * Decodes a report's file: as UTF-16 if it begins so, else as UTF-8, else in the encoding that its XML
 * declares. The declaration comes last, because some tools declare another encoding than they write,
 * and text in another encoding is hardly ever valid UTF-8.
 *
 * All parts are checked at once. The text is decoded as it is iterated over, once, and each part is
 * removed from `parts` then. So a large report is never held as bytes and as text.
 *
 * Bytes that are not valid in UTF-8, as from a test that prints binary data, become U+FFFD with a warning:
 * they cost that text and not the report.
 *
 * @param parts the file, cut anywhere.
 * @throws {ReportError} `report.undecodable` with line and column of the first invalid character of another
 * encoding, during the iteration.
 */
export function decodePieces(parts: Uint8Array[], warnings: Warnings): Iterable<string> {
  const head = readHead(parts);
  if (head[0] === 0x3c && head[1] === 0) return decodeAs("utf-16le", parts);
  if (head[0] === 0 && head[1] === 0x3c) return decodeAs("utf-16be", parts);
  const isUtf16 = head[0] === 0xff && head[1] === 0xfe || head[0] === 0xfe && head[1] === 0xff;
  if (!isUtf16 && !isUtf8(parts)) {
    const declared = readDeclaration(head);
    if (declared !== null && !/^utf-?(8|16)/i.test(declared)) return decodeAs(declared, parts);
    warnings.add({
      code: "report.invalid_bytes",
      detail: "Bytes that are not valid in UTF-8 were replaced by \uFFFD.",
    });
    return decodeLeniently(parts);
  }
  return decodeMarked(parts);
}

function readHead(parts: readonly Uint8Array[]): Uint8Array {
  const head = new Uint8Array(HEAD_BYTES);
  let length = 0;
  for (const part of parts) {
    const taken = part.subarray(0, HEAD_BYTES - length);
    head.set(taken, length);
    length += taken.length;
    if (length === HEAD_BYTES) break;
  }
  return head.subarray(0, length);
}

function isUtf8(parts: readonly Uint8Array[]): boolean {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    for (const piece of cut(parts)) decoder.decode(piece, { stream: true });
    decoder.decode();
    return true;
  } catch {
    return false;
  }
}

function readDeclaration(head: Uint8Array): string | null {
  const text = new TextDecoder("latin1").decode(head);
  return /^\s*<\?xml\s[^>]*\bencoding\s*=\s*["']([\w.:-]+)["']/.exec(text)?.[1] ?? null;
}

function* decodeLeniently(parts: Uint8Array[]): Generator<string> {
  const decoder = new TextDecoder();
  for (const piece of cut(take(parts))) yield decoder.decode(piece, { stream: true });
  yield decoder.decode();
}

/** Decodes UTF-8, or UTF-16 after its byte order mark. */
function* decodeMarked(parts: Uint8Array[]): Generator<string> {
  const decoding = new TextDecoding();
  try {
    for (const piece of cut(take(parts))) yield decoding.push(piece);
    yield decoding.end();
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    const { line, column } = error.location;
    throw new ReportError("report.undecodable", error.message, { line, column });
  }
}

function* decodeAs(encoding: string, parts: Uint8Array[]): Generator<string> {
  try {
    const decoder = new TextDecoder(encoding, { fatal: true });
    for (const piece of cut(take(parts))) yield decoder.decode(piece, { stream: true });
    yield decoder.decode();
  } catch (cause) {
    const reason = cause instanceof RangeError
      ? `The encoding ${encoding} is not supported.`
      : `The file declares the encoding ${encoding} but is not valid in it.`;
    throw new ReportError("report.undecodable", reason, { line: 1, column: 1 });
  }
}

/** Yields the parts and removes each from the list before the next. */
function* take(parts: Uint8Array[]): Generator<Uint8Array> {
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) yield part;
}

function* cut(parts: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (const part of parts) {
    for (let from = 0; from < part.length; from += PIECE_BYTES) {
      yield part.subarray(from, from + PIECE_BYTES);
    }
  }
}
