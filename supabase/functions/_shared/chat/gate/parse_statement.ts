import { isJsonObject, type JsonObject, type JsonValue } from "../../platform/json/json_value.ts";

/** Error thrown when a text is not SQL. The message is Postgres' own and may quote a word of the text. */
export class SqlSyntaxError extends Error {
  override readonly name = "SqlSyntaxError";
}

/** Part of the parser's WASM module that is used: its memory and `pg_query_parse` of libpg_query. */
export interface PgQuery {
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  /** Returns a pointer to three pointers: the tree's JSON, stderr, and an error that starts with its message. */
  _wasm_parse_query_raw(text: number): number;
  _wasm_free_parse_result(result: number): void;
  lengthBytesUTF8(text: string): number;
  stringToUTF8(text: string, pointer: number, bytes: number): void;
  UTF8ToString(pointer: number): string;
  getValue(pointer: number, type: "i32"): number;
}

type StartPgQuery = (options: { printErr: (line: string) => void }) => Promise<PgQuery>;

/** Starts an instance of the parser. Rejects if the package's WASM cannot be read. */
export async function startPgQuery(): Promise<PgQuery> {
  // Not the package's entry point: it starts an instance on import, whose failure cannot be caught,
  // and it keeps using that instance after a trap.
  const { default: start }: { default: StartPgQuery } = await import(
    "libpg-query/wasm/libpg-query.js"
  );
  return await start({ printErr: () => {} });
}

/** Parser that starts its instance on first use, and starts another after a failure. */
export class StatementParser {
  #instance: Promise<PgQuery> | undefined;

  constructor(private readonly start: () => Promise<PgQuery> = startPgQuery) {}

  /**
   * Returns the raw parse tree of Postgres 17 as libpg_query writes it in JSON: `{version, stmts}`.
   *
   * @throws {SqlSyntaxError} if the grammar refuses the text
   */
  async parse(sql: string): Promise<JsonObject> {
    const instance = this.#instance ??= this.start();
    try {
      return parseWith(await instance, sql);
    } catch (error) {
      // After a trap, such as a stack overflow, the instance's memory is in an unknown state.
      if (!(error instanceof SqlSyntaxError) && this.#instance === instance) {
        this.#instance = undefined;
      }
      throw error;
    }
  }
}

function parseWith(pgQuery: PgQuery, sql: string): JsonObject {
  const bytes = pgQuery.lengthBytesUTF8(sql) + 1;
  const text = pgQuery._malloc(bytes);
  pgQuery.stringToUTF8(sql, text, bytes);
  const result = pgQuery._wasm_parse_query_raw(text);
  if (result === 0) throw new Error("the parser is out of memory");
  const error = pgQuery.getValue(result + 8, "i32");
  const read = (pointer: number) => pgQuery.UTF8ToString(pgQuery.getValue(pointer, "i32"));
  const answer = read(error === 0 ? result : error);
  pgQuery._wasm_free_parse_result(result);
  pgQuery._free(text);
  if (error !== 0) throw new SqlSyntaxError(answer);
  const tree: JsonValue = JSON.parse(answer);
  if (!isJsonObject(tree)) throw new Error("the parser returned no tree");
  return tree;
}
