import { createHash } from "node:crypto";
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
export function hashJson(value: JsonValue): string {
  return hashText(canonicalJson(value));
}

/** SHA-256 of a text in UTF-8, in hexadecimal. */
export function hashText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** SHA-256 of bytes, in hexadecimal. */
export function hashBytes(bytes: ArrayBuffer | Uint8Array): string {
  return createHash("sha256").update(new Uint8Array(bytes)).digest("hex");
}

/** Returns a UUID (version 8) that is the same for equal values. */
export function uuidOfJson(value: JsonValue): string {
  const hex = hashJson(value);
  const variant = (0x8 | parseInt(hex.charAt(16), 16) & 0x3).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-` +
    `${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
