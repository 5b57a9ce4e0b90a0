import assert from "node:assert/strict";
import { decodeReport } from "./decode_report.ts";
import { ReportError } from "./report_model.ts";

const xml = (encoding: string) =>
  `<?xml version="1.0" encoding="${encoding}"?>\n<testsuite name="Prüfung"/>`;

function utf16(text: string, isLittle: boolean): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(2 * text.length));
  for (let at = 0; at < text.length; at++) {
    bytes.setUint16(2 * at, text.charCodeAt(at), isLittle);
  }
  return new Uint8Array(bytes.buffer);
}

const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

Deno.test("decodeReport() decodes UTF-8, UTF-16 in both byte orders, and the encoding that the XML declares", () => {
  for (const text of [xml("UTF-8"), xml("utf-16"), xml("ISO-8859-1")]) {
    assert.equal(decodeReport(new TextEncoder().encode(text)), text);
    assert.equal(decodeReport(new TextEncoder().encode(`\uFEFF${text}`)), text);
    for (const isLittle of [true, false]) {
      assert.equal(decodeReport(utf16(text, isLittle)), text);
      assert.equal(decodeReport(utf16(`\uFEFF${text}`, isLittle)), text);
    }
  }
  assert.equal(decodeReport(latin1(xml("ISO-8859-1"))), xml("ISO-8859-1"));
  assert.equal(decodeReport(latin1(xml("windows-1252"))), xml("windows-1252"));
});

Deno.test("decodeReport() reports line and column of an invalid character", () => {
  const refused = (bytes: Uint8Array) => {
    try {
      decodeReport(bytes);
    } catch (error) {
      if (error instanceof ReportError) return [error.code, error.position];
      throw error;
    }
    return null;
  };
  assert.deepEqual(refused(latin1(xml("UTF-8"))), [
    "report.undecodable",
    { line: 2, column: 20 },
  ]);
  assert.deepEqual(refused(latin1("<testsuite name='Prüfung'/>")), [
    "report.undecodable",
    { line: 1, column: 20 },
  ]);
  assert.equal(refused(latin1(xml("klingon")))?.[0], "report.undecodable");
  assert.equal(
    refused(latin1("<?xml version='1.0' encoding='shift_jis'?><a b='\x81'/>"))?.[0],
    "report.undecodable",
  );
});
