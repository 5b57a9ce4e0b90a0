import type { SelectStmt } from "libpg-query";
import { readNames } from "./read_node.ts";
import { Refusal } from "./refusal.ts";

/** Most brackets of a literal that is written out with `jsonb_pretty`. */
const MAX_BRACKETS = 32;

/**
 * Checks that `jsonb_pretty` is not used beside JSON that the statement makes of text. It indents each line
 * by its depth: 8,000 brackets become 64 MB. Stored JSON is at most 100 levels deep.
 *
 * @throws {Refusal} if it is
 */
export function checkPrettyJson(select: SelectStmt): void {
  const found = { isPretty: false, isParsed: false };
  look(select, found);
  if (found.isPretty && found.isParsed) {
    throw new Refusal(
      "chat.too_large",
      'The function "jsonb_pretty" cannot be used beside JSON that is made of text.',
      "Leave jsonb_pretty out, or the cast to jsonb.",
    );
  }
}

function look(node: unknown, found: { isPretty: boolean; isParsed: boolean }): void {
  if (typeof node !== "object" || node === null) return;
  for (const [name, field] of Object.entries(node)) {
    if (name === "funcname") found.isPretty ||= readNames(field).at(-1) === "jsonb_pretty";
    if (name === "typeName") {
      found.isParsed ||= /^jsonb?$/.test(readNames(field.names).at(-1) ?? "");
    }
    if (name === "op") found.isParsed ||= field === "JSON_QUERY_OP";
    if (name === "sval" && typeof field === "string") {
      found.isParsed ||= field.split(/[[{]/).length > MAX_BRACKETS;
    }
    look(field, found);
  }
}
