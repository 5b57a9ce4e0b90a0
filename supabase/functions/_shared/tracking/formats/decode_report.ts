import { TextDecoding } from "../../datasets/decode_text.ts";
import { UnreadableError } from "../../datasets/unreadable.ts";
import { ReportError } from "./report_model.ts";

/**
 * Decodes a report's file: as UTF-16 if it begins so, else as UTF-8, else in the encoding that its XML
 * declares. The declaration comes last, because some tools declare another encoding than they write,
 * and text in another encoding is hardly ever valid UTF-8.
 *
 * @throws {ReportError} `report.undecodable` with line and column of the first invalid character.
 */
export function decodeReport(bytes: Uint8Array): string {
  const unmarked = bytes[0] === 0x3c && bytes[1] === 0
    ? "utf-16le"
    : bytes[0] === 0 && bytes[1] === 0x3c
    ? "utf-16be"
    : null;
  if (unmarked !== null) return decodeAs(unmarked, bytes);
  try {
    const decoding = new TextDecoding();
    return decoding.push(bytes) + decoding.end();
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    const declared = readDeclaration(bytes);
    if (declared !== null && !/^utf-?(8|16)/i.test(declared)) return decodeAs(declared, bytes);
    const { line, column } = error.location;
    throw new ReportError("report.undecodable", error.message, { line, column });
  }
}

function readDeclaration(bytes: Uint8Array): string | null {
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, 200));
  return /^\s*<\?xml\s[^>]*\bencoding\s*=\s*["']([\w.:-]+)["']/.exec(head)?.[1] ?? null;
}

function decodeAs(encoding: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    const reason = cause instanceof RangeError
      ? `The encoding ${encoding} is not supported.`
      : `The file declares the encoding ${encoding} but is not valid in it.`;
    throw new ReportError("report.undecodable", reason, { line: 1, column: 1 });
  }
}
