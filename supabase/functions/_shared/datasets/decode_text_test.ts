import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { TextDecoding } from "./decode_text.ts";
import { readFile, refusalOf } from "../testing/read_dataset.ts";

const encode = {
  "UTF-8": (text: string) => Buffer.from(text, "utf8"),
  "UTF-8 with a mark": (text: string) => Buffer.from(`\ufeff${text}`, "utf8"),
  "UTF-16LE with a mark": (text: string) => Buffer.from(`\ufeff${text}`, "utf16le"),
  "UTF-16BE with a mark": (text: string) => Buffer.from(`\ufeff${text}`, "utf16le").swap16(),
};

Deno.test("text in each encoding is decoded the same, wherever its bytes are cut", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary" }).map((text) => text.toWellFormed().replace(/^\ufeff/, "")),
      fc.constantFrom(...Object.values(encode)),
      fc.array(fc.nat({ max: 7 }), { minLength: 1 }),
      (text, encode, sizes) => {
        const bytes = new Uint8Array(encode(text));
        const decoding = new TextDecoding();
        let decoded = "";
        for (let from = 0, turn = 0; from < bytes.length; turn++) {
          const size = 1 + (sizes[turn % sizes.length] ?? 0);
          decoded += decoding.push(bytes.subarray(from, from + size));
          from += size;
        }
        assert.equal(decoded + decoding.end(), text);
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("a byte order mark is not part of the first column's name", async () => {
  for (const [name, bytes] of Object.entries(encode)) {
    const file = new Uint8Array(bytes("naïve,b\r\n1,😀\r\n"));
    const { rows } = await readFile(file, "csv", { sizes: [1] });
    assert.deepEqual(rows, [{ "naïve": "1", b: "😀" }], name);
  }
});

Deno.test("invalid bytes are refused with offset, line and column, wherever they are cut", async () => {
  const latin1 = new Uint8Array(Buffer.from("a,b\n1,2\n3,caf\xe9\n", "latin1"));
  for (const sizes of [[100], [1], [13], [14]]) {
    assert.deepEqual(await refusalOf(latin1, "csv", { sizes }), {
      reason: "undecodable",
      line: 3,
      column: 6,
      byte: 14,
    });
  }
});

Deno.test("a file that ends within a character is refused at the character's beginning", async () => {
  const utf8 = new Uint8Array(Buffer.from("a\n😀", "utf8"));
  assert.deepEqual(await refusalOf(utf8.subarray(0, 5), "csv"), {
    reason: "undecodable",
    line: 2,
    column: 1,
    byte: 3,
  });
  const utf16 = new Uint8Array(Buffer.from("\ufeffa\nb", "utf16le"));
  assert.equal((await refusalOf(utf16.subarray(0, 7), "csv"))?.byte, 7);
});

Deno.test("UTF-16 without a mark is refused for its NULs", async () => {
  const file = new Uint8Array(Buffer.from("a,b\n1,2\n", "utf16le"));
  assert.equal((await refusalOf(file, "csv"))?.reason, "nul_character");
});
