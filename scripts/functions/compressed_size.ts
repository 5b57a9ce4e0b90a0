import { brotliCompressSync, constants } from "node:zlib";

/** Quality with which the Supabase CLI compresses what it uploads. */
const BROTLI_QUALITY = 6;

/** Returns the size in bytes that the Supabase CLI uploads. */
export function compressedSize(bytes: Uint8Array): number {
  const params = { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY };
  return brotliCompressSync(bytes, { params }).length;
}
