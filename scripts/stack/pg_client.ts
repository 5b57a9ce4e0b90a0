import pg from "pg";

/** Result of one statement. */
export interface PgResult {
  readonly command: string;
  readonly rowCount: number | null;
  readonly rows: unknown[];
}

/** One connection of `pg`. Its values are read as `pg` reads them: bigint as text. */
export interface PgClient {
  connect(): Promise<void>;
  /** Runs a statement, or several without values. Then there is one result for each. */
  query(text: string, values?: readonly unknown[]): Promise<PgResult | PgResult[]>;
  /** Closes the connection; a running statement is cut off. */
  end(): Promise<void>;
  on(event: "error", listener: (error: Error) => void): void;
  on(event: "end" | "notification", listener: () => void): void;
}

/**
 * Returns a client that is not connected yet. Typed here, because `@types/pg` brings `@types/node`,
 * which changes the types of Deno's own modules.
 */
export function createPgClient(options: {
  readonly connectionString: string;
  readonly application_name: string;
  readonly connectionTimeoutMillis: number;
}): PgClient {
  return new pg.Client(options);
}
