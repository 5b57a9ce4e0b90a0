import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { readImageHeader } from "./image_header.ts";

const bytes = (base64: string) => Uint8Array.from(Buffer.from(base64, "base64"));

Deno.test("readImageHeader() reads the size of PNG, JPEG and all three kinds of WebP", async () => {
  const png = await Deno.readFile(
    new URL("../../../examples/receipts/02-software-invoice.png", import.meta.url),
  );
  assert.deepEqual(readImageHeader(png), { format: "png", width: 820, height: 1000 });
  const jpeg = bytes("/9j/4AAEAAD/wAARCAADAAUDASIAAhEBAxEB");
  assert.deepEqual(readImageHeader(jpeg), { format: "jpeg", width: 5, height: 3 });
  const lossy = bytes("UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoFAAMAAAA=");
  assert.deepEqual(readImageHeader(lossy), { format: "webp", width: 5, height: 3 });
  const lossless = bytes("UklGRh4AAABXRUJQVlA4TBEAAAAvBIAAAAAAAAA=");
  assert.deepEqual(readImageHeader(lossless), { format: "webp", width: 5, height: 3 });
  const extended = bytes("UklGRh4AAABXRUJQVlA4WAoAAAAQAAAABAAAAgAA");
  assert.deepEqual(readImageHeader(extended), { format: "webp", width: 5, height: 3 });
});

Deno.test("readImageHeader() answers null for anything else, cut-off files too", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (file) => {
    assert.equal(readImageHeader(file), null);
  }));
  assert.equal(readImageHeader(bytes("iVBORw0KGgo=")), null);
  assert.equal(readImageHeader(bytes("/9j/4AAE")), null);
});
