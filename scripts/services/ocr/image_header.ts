/** What the first bytes of an image file say about it. Sizes are in pixels. */
export interface ImageHeader {
  format: "png" | "jpeg" | "webp";
  width: number;
  height: number;
}

/** Reads format and size without decoding; null if the file is no PNG, JPEG or WebP. */
export function readImageHeader(file: Uint8Array): ImageHeader | null {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  try {
    return readPng(view) ?? readJpeg(view) ?? readWebp(view);
  } catch (error) {
    // A file that ends inside its header.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function readPng(view: DataView): ImageHeader | null {
  if (view.getUint32(0) !== 0x89504e47 || view.getUint32(4) !== 0x0d0a1a0a) return null;
  return { format: "png", width: view.getUint32(16), height: view.getUint32(20) };
}

function readJpeg(view: DataView): ImageHeader | null {
  if (view.getUint16(0) !== 0xffd8) return null;
  for (let at = 2;; at += 2 + view.getUint16(at + 2)) {
    if (view.getUint8(at) !== 0xff) return null;
    const marker = view.getUint8(at + 1);
    // The frame headers, without the tables (C4, CC) and the extension (C8) among their numbers.
    const frame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (frame) {
      return { format: "jpeg", height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    }
  }
}

function readWebp(view: DataView): ImageHeader | null {
  if (view.getUint32(0) !== 0x52494646 || view.getUint32(8) !== 0x57454250) return null;
  const sizes = ((): [number, number] | null => {
    switch (view.getUint32(12)) {
      case 0x56503820: // "VP8 "
        return [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff];
      case 0x5650384c: { // "VP8L"
        const bits = view.getUint32(21, true);
        return [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1];
      }
      case 0x56503858: // "VP8X"
        return [1 + uint24(view, 24), 1 + uint24(view, 27)];
      default:
        return null;
    }
  })();
  return sizes === null ? null : { format: "webp", width: sizes[0], height: sizes[1] };
}

function uint24(view: DataView, at: number): number {
  return view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
}
