import { parse as parseArray } from "postgres-array";

/** Converts a column's text format to the JSON that `to_jsonb` would return. */
export function columnValue(text: string | null, type: string): unknown {
  if (text === null) return null;
  if (type.startsWith("_")) {
    return parseArray(text, (element) => columnValue(element, type.slice(1)));
  }
  switch (type) {
    case "bool":
      return text === "t";
    case "int2":
    case "int4":
    case "int8":
    case "oid":
    case "numeric":
    case "float4":
    case "float8": {
      const value = Number(text);
      return Number.isFinite(value) ? value : text;
    }
    case "json":
    case "jsonb":
      return JSON.parse(text);
    case "timestamp":
      return text.replace(" ", "T");
    case "timestamptz":
      return text.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00");
    default:
      return text;
  }
}
