import assert from "node:assert/strict";
import { decodeReport } from "./decode_report.ts";
import { ReportError } from "./report_model.ts";
import { Warnings } from "./report_reader.ts";

const xml = (encoding: string) =>
  `<?xml version="1.0" encoding="${encoding}"?>\n<testsuite name="Prüfung"/>`;

function utf16(text: string, isLittle: boolean): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(2 * text.length));
  for (let at = 0; at < text.length; at++) {
    bytes.setUint16(2 * at, text.charCodeAt(at), isLittle);
  }
  return new Uint8Array(bytes.buffer);
}

const decode = (bytes: Uint8Array) => decodeReport(bytes, new Warnings());

const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

Deno.test("decodeReport() decodes UTF-8, UTF-16 in both byte orders, and the encoding that the XML declares", () => {
  for (const text of [xml("UTF-8"), xml("utf-16"), xml("ISO-8859-1")]) {
    assert.equal(decode(new TextEncoder().encode(text)), text);
    assert.equal(decode(new TextEncoder().encode(`\uFEFF${text}`)), text);
    for (const isLittle of [true, false]) {
      assert.equal(decode(utf16(text, isLittle)), text);
      assert.equal(decode(utf16(`\uFEFF${text}`, isLittle)), text);
    }
  }
  assert.equal(decode(latin1(xml("ISO-8859-1"))), xml("ISO-8859-1"));
  assert.equal(decode(latin1(xml("windows-1252"))), xml("windows-1252"));
});

Deno.test("decodeReport() replaces bytes that are not valid in UTF-8, with a warning", () => {
  const warnings = new Warnings();
  for (const declaration of ["", "<?xml version='1.0' encoding='UTF-8'?>"]) {
    const text = decodeReport(latin1(`${declaration}<testsuite name='Pr\xfcfung'/>`), warnings);
    assert.equal(text, `${declaration}<testsuite name='Pr\uFFFDfung'/>`);
  }
  assert.deepEqual(warnings.list.map(({ code }) => code), [
    "report.invalid_bytes",
    "report.invalid_bytes",
  ]);
});

Deno.test("decodeReport() refuses a report that is not valid in the encoding it declares", () => {
  const refused = (encoding: string, text: string) =>
    assert.throws(
      () => decode(latin1(`<?xml version='1.0' encoding='${encoding}'?>${text}`)),
      (error) => error instanceof ReportError && error.code === "report.undecodable",
    );
  refused("klingon", "<a b='\xfc'/>");
  refused("shift_jis", "<a b='\x81'/>");
});
