import { isJsonObject, type JsonObject } from "../../platform/json/json_value.ts";
import type { ChatSchema } from "../chat_schema.ts";
import { checkSelect } from "./check_select.ts";
import { checkShape } from "./check_shape.ts";
import { insteadOfSyntax } from "./other_dialects.ts";
import { SqlSyntaxError, StatementParser } from "./parse_statement.ts";
import { type Fault, Faults, quoteName, Refusal, type RefusalCode } from "./refusal.ts";
import { shapeHash } from "./shape_hash.ts";

/** Verdict of the gate on a statement. */
export type GateVerdict =
  | {
    readonly ok: true;
    /** The statement without a semicolon and without surrounding white space and comments. */
    readonly sql: string;
    /** Hash that is the same for statements that differ only in literals: see {@link shapeHash}. */
    readonly shapeHash: string;
  }
  | {
    readonly ok: false;
    /** Code of the first fault. */
    readonly code: RefusalCode;
    /** What is wrong first, in one sentence. */
    readonly reason: string;
    /** All faults that were found, the first one first, at most 8. */
    readonly faults: readonly Fault[];
    /** Error of the gate itself, for the log, if the code is `chat.unavailable`. */
    readonly cause?: unknown;
  };

/** Checks a statement as a model wrote it: see {@link checkQuery}. */
export type CheckQuery = (sql: string, schema: ChatSchema) => Promise<GateVerdict>;

/** Longest statement in UTF-8 bytes. */
const MAX_STATEMENT_BYTES = 8_192;

const parser = new StatementParser();

/**
 * Checks whether a statement that a model wrote may be run: it must be one SELECT over the relations
 * of `schema` that contains only allowed nodes, functions, operators, types and columns. Relations are
 * named alone or as `chat.<name>`. Never rejects: a statement that cannot be checked is refused.
 */
export const checkQuery: CheckQuery = createGate({
  parse: (sql) => parser.parse(sql),
});

/** Parses SQL into the tree of libpg_query. Throws {@link SqlSyntaxError} if the grammar refuses it. */
type Parse = (sql: string) => Promise<JsonObject>;

/** Creates a gate with the given parser. */
export function createGate({ parse }: { readonly parse: Parse }): CheckQuery {
  return async (sql, schema) => {
    const faults = new Faults();
    try {
      return await judge(sql, schema, parse, faults);
    } catch (error) {
      if (error instanceof Refusal) {
        faults.add(error);
        return refuse(faults.list);
      }
      // Refuses what cannot be checked, such as when the parser does not start or the stack overflows.
      const { fault } = new Refusal("chat.unavailable", "The statement could not be checked.");
      return { ...refuse([fault]), cause: error };
    }
  };
}

async function judge(
  sql: string,
  schema: ChatSchema,
  parse: Parse,
  faults: Faults,
): Promise<GateVerdict> {
  const bytes = new TextEncoder().encode(sql);
  if (bytes.length > MAX_STATEMENT_BYTES) {
    throw new Refusal("chat.too_long", `A statement has at most ${MAX_STATEMENT_BYTES} bytes.`);
  }
  // A control character can end a text for C, and an invisible one makes it look like another.
  if (!sql.isWellFormed() || /[^\P{C}\t\n\r]/u.test(sql)) {
    throw new Refusal(
      "chat.bad_character",
      "A statement holds no control or invisible characters.",
    );
  }
  if (sql === "") throw new Refusal("chat.not_one_statement", "Write exactly one statement.");
  const tree = await parseOrRefuse(sql, parse);
  const select = checkShape(tree, faults);
  checkSelect(select, schema, faults);
  if (faults.list.length > 0) return refuse(faults.list);
  return { ok: true, sql: textOf(tree, bytes), shapeHash: await shapeHash(tree) };
}

function refuse(faults: readonly Fault[]): Extract<GateVerdict, { ok: false }> {
  const [first] = faults;
  if (first === undefined) throw new Error("a refusal without a fault");
  return { ok: false, code: first.code, reason: first.reason, faults };
}

/** Returns the text of the tree's only statement. Locations in the tree count bytes. */
function textOf(tree: JsonObject, bytes: Uint8Array): string {
  const [statement] = Array.isArray(tree.stmts) ? tree.stmts : [];
  const { stmt_location = 0, stmt_len = 0 } = isJsonObject(statement) ? statement : {};
  const start = Number(stmt_location);
  const end = Number(stmt_len) === 0 ? bytes.length : start + Number(stmt_len);
  return new TextDecoder().decode(bytes.subarray(start, end)).trim();
}

async function parseOrRefuse(sql: string, parse: Parse): Promise<JsonObject> {
  try {
    return await parse(sql);
  } catch (error) {
    // A stack overflow: how deep a statement may be nested depends on the runtime.
    if (error instanceof RangeError) {
      throw new Refusal("chat.too_large", "The statement is nested too deep.", "Simplify it.");
    }
    if (!(error instanceof SqlSyntaxError)) throw error;
    throw new Refusal(
      "chat.syntax_error",
      `This is not valid SQL: ${quoteName(error.message)}.`,
      insteadOfSyntax(sql),
    );
  }
}
