import { isJsonObject, type JsonObject } from "../../platform/json/json_value.ts";
import type { ChatSchema } from "../schema.ts";
import { checkSelect } from "./check_select.ts";
import { checkShape } from "./check_shape.ts";
import { SqlSyntaxError, StatementParser } from "./parse_statement.ts";
import { quoteName, Refusal, type RefusalCode } from "./refusal.ts";
import { shapeHash } from "./shape_hash.ts";

/** What the gate says of a statement. */
export type GateVerdict =
  | {
    readonly ok: true;
    /** The statement alone: without a semicolon, and without what stood around it. */
    readonly sql: string;
    /** The same for statements that differ in literals only: see `shapeHash`. */
    readonly shapeHash: string;
  }
  | {
    readonly ok: false;
    readonly code: RefusalCode;
    /** One sentence, fit to be shown to the model that wrote the statement. */
    readonly reason: string;
    /** For the log alone: what went wrong with the gate itself, where the code says `unavailable`. */
    readonly cause?: unknown;
  };

/** UTF-8 bytes that a statement may have. */
const MAX_STATEMENT_BYTES = 8_192;

/** Parses SQL into the tree that libpg_query writes; throws {@link SqlSyntaxError} at bad grammar. */
type Parse = (sql: string) => Promise<JsonObject>;

/** The gate with another parser or clock than the real ones. */
export function createGate(
  { parse, now }: { readonly parse: Parse; readonly now: () => number },
): (sql: string, schema: ChatSchema) => Promise<GateVerdict> {
  return async (sql, schema) => {
    try {
      return await judge(sql, schema, parse, now());
    } catch (error) {
      if (error instanceof Refusal) return { ok: false, code: error.code, reason: error.message };
      // What cannot be judged is refused: a parser that does not start, a stack that overflows.
      const reason = "The statement could not be checked: write it in a plainer way.";
      return { ok: false, code: "chat.unavailable", reason, cause: error };
    }
  };
}

const parser = new StatementParser();

/**
 * Whether a statement that a model wrote may be run: one SELECT over the relations of `schema`,
 * made of nothing but nodes, functions, operators, types and columns that are known and allowed.
 * Relations are written bare or as `chat.<name>`. Never throws: whatever fails is a refusal.
 *
 * @param sql as the model wrote it
 */
export const checkQuery: (sql: string, schema: ChatSchema) => Promise<GateVerdict> = createGate({
  parse: (sql) => parser.parse(sql),
  now: Date.now,
});

async function judge(
  sql: string,
  schema: ChatSchema,
  parse: Parse,
  now: number,
): Promise<GateVerdict> {
  const bytes = new TextEncoder().encode(sql);
  if (bytes.length > MAX_STATEMENT_BYTES) {
    throw new Refusal("chat.too_long", `A statement has at most ${MAX_STATEMENT_BYTES} bytes.`);
  }
  // Control characters end a text for C, and invisible ones make it look like another.
  if (!sql.isWellFormed() || /[^\P{C}\t\n\r]/u.test(sql)) {
    throw new Refusal(
      "chat.bad_character",
      "A statement holds no control or invisible characters.",
    );
  }
  if (sql === "") throw new Refusal("chat.not_one_statement", "Write exactly one statement.");
  const tree = await parseOrRefuse(sql, parse);
  const select = checkShape(tree);
  checkSelect(select, schema, now);
  return { ok: true, sql: textOf(tree, bytes), shapeHash: await shapeHash(tree) };
}

/** The bytes between which the parser found the tree's only statement. */
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
    // The stack's end comes sooner on one runtime than on another.
    if (error instanceof RangeError) {
      throw new Refusal("chat.too_large", "The statement is nested too deep: simplify it.");
    }
    if (!(error instanceof SqlSyntaxError)) throw error;
    throw new Refusal("chat.syntax_error", `This is not valid SQL: ${quoteName(error.message)}.`);
  }
}
