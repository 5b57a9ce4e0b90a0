import postgres from "postgres";
import { z } from "zod";
import type { SupabaseCli } from "./supabase_cli.ts";

/** Row of a query's result. */
export type Row = Readonly<Record<string, unknown>>;

/** Way to run SQL as a project's owner. */
export interface SqlRunner extends AsyncDisposable {
  /**
   * Runs one statement and returns its rows.
   *
   * @throws {Error} if the database cannot be reached or refuses it.
   */
  run(statement: string): Promise<readonly Row[]>;
}

/** Connects to the database of a local stack. The first statement opens the connection. */
export function connectByUrl(url: string): SqlRunner {
  const sql = postgres(url, { max: 1, onnotice: () => {}, connect_timeout: 10 });
  return {
    run: async (statement) => [...await sql.unsafe<Row[]>(statement)],
    [Symbol.asyncDispose]: () => sql.end({ timeout: 1 }),
  };
}

const rowsSchema = z.array(z.record(z.string(), z.unknown()));

/** Runs SQL through Supabase's API. It needs the access token and no password of the database. */
export function connectByCli(cli: SupabaseCli, project: string): SqlRunner {
  return {
    run: async (statement) => {
      // As an argument, a statement that begins with a comment would be taken for an option.
      const file = await Deno.makeTempFile({ prefix: "modelpick-query-", suffix: ".sql" });
      try {
        await Deno.writeTextFile(file, statement);
        const { code, stdout, stderr } = await cli(
          ...["db", "query", "--yes", "--agent", "no", "-o", "json", `--remote=${project}`],
          ...["--file", file],
        );
        if (code !== 0) throw new Error(`the query was refused: ${stderr.trim()}`);
        return rowsSchema.parse(JSON.parse(stdout));
      } finally {
        await Deno.remove(file);
      }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Writes a text as an SQL literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
