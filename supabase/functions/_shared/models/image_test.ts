import assert from "node:assert/strict";
import fc from "fast-check";
import { sniffImage } from "./image.ts";

const bytes = (...parts: (string | number[])[]) =>
  Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === "string" ? [...part].map((character) => character.charCodeAt(0)) : part
    ),
  );
const big16 = (value: number) => [value >> 8, value & 255];
const big32 = (value: number) => [...big16(value >>> 16), ...big16(value & 0xffff)];
const little24 = (value: number) => [value & 255, (value >> 8) & 255, value >> 16];

const png = (width: number, height: number) =>
  bytes("\x89PNG\r\n\x1a\n", big32(13), "IHDR", big32(width), big32(height), [8, 2, 0, 0, 0]);
const jpeg = (width: number, height: number, metadataBytes: number) =>
  bytes(
    [0xff, 0xd8, 0xff, 0xe1, ...big16(metadataBytes + 2)],
    Array<number>(metadataBytes).fill(0),
    [0xff, 0xc0, 0, 17, 8, ...big16(height), ...big16(width), 3],
  );
const webp = (width: number, height: number) =>
  bytes("RIFF", [100, 0, 0, 0], "WEBPVP8X", [10, 0, 0, 0], [0, 0, 0, 0], little24(width - 1), [
    ...little24(height - 1),
  ]);

const side = fc.integer({ min: 1, max: 16_000 });

Deno.test("the format and size of a PNG, a JPEG and a WebP are read from the first bytes", () => {
  fc.assert(fc.property(side, side, fc.nat(60_000), (width, height, metadataBytes) => {
    const size = { width, height };
    assert.deepEqual(sniffImage(png(width, height)), {
      format: "png",
      mediaType: "image/png",
      size,
    });
    assert.deepEqual(sniffImage(jpeg(width, height, metadataBytes)), {
      format: "jpeg",
      mediaType: "image/jpeg",
      size,
    });
    assert.deepEqual(sniffImage(webp(width, height)), {
      format: "webp",
      mediaType: "image/webp",
      size,
    });
  }));
});

Deno.test("a JPEG whose metadata fills the first bytes has an unknown size", () => {
  assert.deepEqual(sniffImage(jpeg(800, 600, 5_000).subarray(0, 4_096)), {
    format: "jpeg",
    mediaType: "image/jpeg",
    size: null,
  });
});

Deno.test("bytes in the middle of a larger buffer are read as they are", () => {
  const image = png(640, 480);
  const padded = new Uint8Array(image.length + 100);
  padded.set(image, 50);
  assert.deepEqual(sniffImage(padded.subarray(50, 50 + image.length))?.size, {
    width: 640,
    height: 480,
  });
});

const others: [string, Uint8Array][] = [
  ["nothing", new Uint8Array()],
  ["a GIF", bytes("GIF89a", [1, 0, 1, 0, 0, 0, 0])],
  ["an SVG", bytes("<svg xmlns='http://www.w3.org/2000/svg'/>")],
  ["a PDF", bytes("%PDF-1.7")],
  ["a sound in RIFF", bytes("RIFF", [0, 0, 0, 0], "WAVEfmt ")],
  ["a PNG without pixels", png(0, 10)],
];
for (const [what, header] of others) {
  Deno.test(`${what} is not a sample image`, () => assert.equal(sniffImage(header), null));
}

Deno.test("sniffImage() never throws, also after a valid signature", () => {
  const signatures = fc.constantFrom("", "\x89PNG\r\n\x1a\n", "\xff\xd8\xff", "RIFF    WEBP");
  fc.assert(fc.property(signatures, fc.uint8Array({ maxLength: 64 }), (signature, rest) => {
    const image = sniffImage(bytes(signature, [...rest]));
    if (image?.size) assert.ok(image.size.width > 0 && image.size.height > 0);
  }));
});
