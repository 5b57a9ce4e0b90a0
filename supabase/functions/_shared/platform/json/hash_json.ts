import { isJsonObject, type JsonValue } from "./json_value.ts";
import { writeJson } from "./lossless_json.ts";

/**
 * JSON text that is the same for equal values: keys in the order of their UTF-16 units, no white
 * space, numbers and strings as `writeJson()` writes them.
 */
export function canonicalJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (!isJsonObject(value)) return writeJson(value);
  const members = Object.entries(value)
    .sort(([a], [b]) => a < b ? -1 : 1)
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}

/** SHA-256 of {@link canonicalJson}, in hexadecimal. */
export async function hashJson(value: JsonValue): Promise<string> {
  return toHex(await digest(canonicalJson(value)));
}

/** SHA-256 of bytes, in hexadecimal. */
export async function hashBytes(bytes: BufferSource): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

/** Returns a UUID (version 8) that is the same for equal values. */
export async function uuidOfJson(value: JsonValue): Promise<string> {
  const bytes = (await digest(canonicalJson(value))).subarray(0, 16);
  bytes.set([0x80 | ((bytes[6] ?? 0) & 0x0f)], 6);
  bytes.set([0x80 | ((bytes[8] ?? 0) & 0x3f)], 8);
  const hex = toHex(bytes);
  return [[0, 8], [8, 12], [12, 16], [16, 20], [20, 32]].map(([a, b]) => hex.slice(a, b)).join("-");
}

async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(
    await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)),
  );
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
}
