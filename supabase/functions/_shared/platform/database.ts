import postgres from "postgres";
import { parse as parseArray } from "postgres-array";
import { unavailable } from "./http/problem.ts";
import { parseJson, writeJson } from "./json/lossless_json.ts";

/**
 * Pool of connections that act as `service_role`. Numerics come as strings: parse them at the
 * edge of the adapter. JSON comes and goes with all digits of its integers, see `parseJson()`.
 */
export type Database = postgres.Sql;

/** Options of {@link connectDatabase}. */
export interface DatabaseOptions {
  /** Shown in `pg_stat_activity`: the function's name. */
  readonly name: string;
  /**
   * Connections at most. An isolate is one of many: default 2. A worker has one, because every further one
   * has to plan each statement again: 20 ms of the database's time for the first exchange alone.
   */
  readonly max?: number;
  /** Longest a statement may take. Default 10,000. */
  readonly statementTimeoutMs?: number;
}

/**
 * Postgres's oid of `text[]`, for `sql.array`, which does not know by itself what an empty list holds.
 */
export const TEXT_ARRAY = 1009;

/** Postgres's oids of `json` and `jsonb`. */
const JSON_TEXT = 114;
const JSONB = 3802;

/** Seconds after which an unused connection is closed, so that idle isolates hold none. */
const IDLE_SECONDS = 20;
const CONNECT_SECONDS = 5;

/**
 * Creates a pool. It connects at the first statement.
 *
 * The URL signs in as `postgres`; the role is changed as each session starts, so that a function
 * can do no more than was granted to `service_role`.
 */
export function connectDatabase(databaseUrl: string, options: DatabaseOptions): Database {
  return postgres(databaseUrl, {
    max: options.max ?? 2,
    // Would ask for the types of arrays first, at times too late for a pool's first statement. Of arrays
    // only text[] is used; it stands below.
    fetch_types: false,
    idle_timeout: IDLE_SECONDS,
    connect_timeout: CONNECT_SECONDS,
    connection: {
      application_name: options.name,
      role: "service_role",
      statement_timeout: options.statementTimeoutMs ?? 10_000,
    },
    onnotice: () => {},
    types: {
      json: { to: JSONB, from: [JSON_TEXT, JSONB], serialize: writeJson, parse: parseJson },
      texts: {
        to: TEXT_ARRAY,
        from: [TEXT_ARRAY],
        serialize: writeTextArray,
        parse: (text: string) => parseArray(text),
      },
    },
  });
}

/** Writes texts as a literal of `text[]`: `{"a","b \\"quoted\\""}`. */
function writeTextArray(texts: readonly string[]): string {
  return `{${texts.map((text) => `"${text.replace(/[\\"]/g, "\\$&")}"`).join(",")}}`;
}

/** Types our own plain data as postgres.js types JSON. Undefined members are left out. */
export function toJson(value: unknown): Parameters<Database["json"]>[0] {
  return value as Parameters<Database["json"]>[0];
}

/** Codes of postgres.js and of the socket below it. */
const LOST_CONNECTION = new Set([
  "CONNECTION_CLOSED",
  "CONNECTION_DESTROYED",
  "CONNECTION_ENDED",
  "CONNECT_TIMEOUT",
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
]);

/**
 * SQLSTATE: connection exceptions, no resources, shutting down, cancelled by the timeout,
 * serialisation and deadlock.
 */
const PASSING_STATE = /^(08...|53...|57P0[1-5]|57014|40001|40P01|55P03)$/;

/** Tells whether the same statement may succeed in a moment. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  const code = String(error.code);
  return LOST_CONNECTION.has(code) || PASSING_STATE.test(code);
}

/**
 * Runs a statement.
 *
 * @throws {Problem} `database.unavailable` when it may succeed in a moment; any other error as it
 * is.
 */
export async function query<Result>(statement: () => PromiseLike<Result>): Promise<Result> {
  try {
    return await statement();
  } catch (error) {
    if (isDatabaseUnavailable(error)) throw unavailable("database.unavailable", error);
    throw error;
  }
}
