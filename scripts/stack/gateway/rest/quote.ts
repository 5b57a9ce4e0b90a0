import { RestError } from "./rest_error.ts";

/** Writes a text as an SQL literal of unknown type, so that Postgres infers the type as PostgREST lets it. */
export function quoteLiteral(text: string): string {
  if (text.includes("\0")) {
    throw new RestError(400, "22021", 'invalid byte sequence for encoding "UTF8": 0x00');
  }
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes("\\") ? ` E${quoted.replaceAll("\\", "\\\\")}` : quoted;
}

/** Writes a name as an SQL identifier. */
export function quoteName(name: string): string {
  return `"${name.replaceAll("\0", "").replaceAll('"', '""')}"`;
}

/** Writes texts as a literal of an array of unknown type. */
export function quoteArray(texts: readonly string[]): string {
  const elements = texts.map((text) => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`);
  return quoteLiteral(`{${elements.join(",")}}`);
}
