import { crc32, deflateSync, inflateSync } from "node:zlib";
import type { GreyImage } from "./scan.ts";

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** The tint of a picture: the colour of its darkest and of its lightest level. */
export type Tint = { dark: [number, number, number]; light: [number, number, number] };

/**
 * Writes grey levels as a PNG of 16 tinted colours, four bits a pixel: a noisy page of 600 × 1000
 * pixels takes about 100 kB so, and 600 kB with all 256 levels.
 */
export function encodeTintedPng(image: GreyImage, tint: Tint): Uint8Array {
  const { width, height, levels } = image;
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = 4;
  header[9] = 3;
  const palette = new Uint8Array(48);
  for (let index = 0; index < 16; index++) {
    for (let channel = 0; channel < 3; channel++) {
      const dark = tint.dark[channel] ?? 0;
      const light = tint.light[channel] ?? 255;
      palette[3 * index + channel] = Math.round(dark + (light - dark) * index / 15);
    }
  }
  const stride = 1 + Math.ceil(width / 2);
  const rows = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const index = Math.round((levels[y * width + x] ?? 0) / 17);
      const byte = y * stride + 1 + (x >> 1);
      rows[byte] = (rows[byte] ?? 0) | (x % 2 === 0 ? index << 4 : index);
    }
  }
  const chunks = [
    chunk("IHDR", header),
    chunk("PLTE", palette),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", new Uint8Array()),
  ];
  return concat([signature, ...chunks]);
}

/** The palette indices (0 to 15) of a PNG that {@link encodeTintedPng} wrote. */
export function decodeTintedPng(
  png: Uint8Array,
): { width: number; height: number; indices: Uint8Array } {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const width = view.getUint32(16);
  const height = view.getUint32(20);
  const packed: Uint8Array[] = [];
  for (let at = 8; at < png.length;) {
    const length = view.getUint32(at);
    const type = new TextDecoder().decode(png.subarray(at + 4, at + 8));
    if (type === "IDAT") packed.push(png.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  const rows = inflateSync(concat(packed));
  const stride = 1 + Math.ceil(width / 2);
  const indices = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const byte = rows[y * stride + 1 + (x >> 1)] ?? 0;
      indices[y * width + x] = x % 2 === 0 ? byte >> 4 : byte & 15;
    }
  }
  return { width, height, indices };
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const name = new TextEncoder().encode(type);
  const body = concat([name, data]);
  const frame = new Uint8Array(body.length + 8);
  const view = new DataView(frame.buffer);
  view.setUint32(0, data.length);
  frame.set(body, 4);
  view.setUint32(body.length + 4, crc32(body));
  return frame;
}

function concat(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
