import postgres from "postgres";
import { parse as parseArray } from "postgres-array";
import { type ClientOptions, type RunStatement, Session } from "./database/session.ts";
import { ConnectionError } from "./database/connect.ts";
import { type DatabaseEnv, readDatabaseTarget } from "./database/target.ts";
import { unavailable } from "./http/problem.ts";
import { parseJson, writeJson } from "./json/lossless_json.ts";

/**
 * Connection that acts as `service_role`. Numerics come as strings: parse them at the edge of the
 * adapter. JSON comes and goes with all digits of its integers, see `parseJson()`.
 */
export interface Database
  extends Pick<postgres.Sql, "array" | "json" | "unsafe" | "begin" | "end"> {
  <Rows extends readonly (object | undefined)[] = postgres.Row[]>(
    template: TemplateStringsArray,
    ...parameters: readonly postgres.ParameterOrFragment<never>[]
  ): postgres.PendingQuery<Rows>;
  /** Quotes a name. */
  (identifier: string): postgres.Helper<string>;
}

/** Options of {@link connectDatabase}. */
export interface DatabaseOptions {
  /** Shown in `pg_stat_activity`: the function's name. */
  readonly name: string;
  /**
   * Connections at most. Default 1: an isolate is one of many, a small project has 60 connections in all,
   * and each further one has to plan all statements again (20 ms of the database for the first exchange).
   */
  readonly max?: number;
  /** Longest a statement may take, in milliseconds. Default 10,000. */
  readonly statementTimeoutMs?: number;
}

/**
 * Postgres's oid of `text[]`, for `sql.array`, which does not know by itself what an empty list holds.
 */
export const TEXT_ARRAY = 1009;

/** Postgres's oids of `json` and `jsonb`. */
const JSON_TEXT = 114;
const JSONB = 3802;

const ROLE = "service_role";

const CLIENT: ClientOptions = {
  // Would ask for the types of arrays first, at times too late for the first statement. Of arrays only
  // text[] is used; it stands below.
  fetch_types: false,
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
};

/**
 * Makes a client. It connects at the first statement, encrypted as `DATABASE_SSL` says.
 *
 * The URL signs in as `postgres`. Role and timeout are set as the session starts and checked once, so that
 * a function can do no more than was granted to `service_role`. Behind a pooler, which keeps no session,
 * each statement is a transaction that sets both (3 further round trips).
 *
 * A connection that ends throws into the statements that it carried; others run on the next one. A
 * statement that finds all connections of the server taken, or the server too busy to answer, waits 15 s or
 * a little longer for one.
 *
 * @param source environment of the function, or a connection string.
 */
export function connectDatabase(source: DatabaseEnv | string, options: DatabaseOptions): Database {
  const target = readDatabaseTarget(
    typeof source === "string" ? { SUPABASE_DB_URL: source } : source,
  );
  const sessions = Array.from({ length: options.max ?? 1 }, () =>
    new Session({
      target,
      client: CLIENT,
      name: options.name,
      role: ROLE,
      statementTimeoutMs: options.statementTimeoutMs ?? 10_000,
    }));
  const pick = () =>
    sessions.find(({ load, isConnected }) => load === 0 && isConnected) ??
      sessions.reduce((least, session) => session.load < least.load ? session : least);
  // Makes statements, and never connects: they run in a session.
  const makerOptions: ClientOptions = {
    ...CLIENT,
    socket: () => {
      throw new ConnectionError("CONNECTION_ENDED", "a statement ran outside its session");
    },
  };
  const maker = postgres(target.url, makerOptions);
  return makeDatabase(maker, (make) => pick().run(make), {
    begin: (work) => pick().begin((run) => work(makeDatabase(maker, run, OF_TRANSACTION))),
    end: async (endOptions) => {
      await Promise.all(sessions.map((session) => session.end(endOptions)));
    },
  });
}

/** Parts of a {@link Database} that are not statements. */
interface Control {
  begin<Result>(work: (sql: Database) => Promise<Result>): Promise<Result>;
  end(options?: { timeout?: number | undefined }): Promise<void>;
}

const OF_TRANSACTION: Control = {
  begin: () => Promise.reject(new Error("a transaction cannot begin another")),
  end: () => Promise.reject(new Error("a transaction cannot end its connection")),
};

function makeDatabase(maker: postgres.Sql, run: RunStatement, control: Control): Database {
  type Template = Parameters<postgres.Sql>;
  const sql = (...given: Template) =>
    // Anything else is a name or a list of them.
    typeof given[0] === "object" && "raw" in given[0]
      ? deferred(maker(...given), run, (client) => client(...given))
      : maker(...given);
  return Object.assign(sql, {
    array: maker.array,
    json: maker.json,
    unsafe: (...given: Parameters<postgres.Sql["unsafe"]>) =>
      deferred(maker.unsafe(...given), run, (client) => client.unsafe(...given)),
    ...control,
  }) as unknown as Database;
}

/**
 * Returns a statement that runs in a session when it is awaited. Inside another's template it is a
 * fragment and never runs, as with postgres.js.
 */
function deferred<Rows extends readonly postgres.MaybeRow[]>(
  statement: postgres.PendingQuery<Rows>,
  run: RunStatement,
  make: (client: postgres.Sql) => postgres.PendingQuery<Rows>,
): postgres.PendingQuery<Rows> {
  let started: ReturnType<typeof run<Rows>> | undefined;
  const start = () => (started ??= run(make)).result;
  return Object.assign(statement, {
    then: (...handlers: Parameters<Promise<postgres.RowList<Rows>>["then"]>) =>
      start().then(...handlers),
    catch: (...handlers: Parameters<Promise<postgres.RowList<Rows>>["catch"]>) =>
      start().catch(...handlers),
    finally: (...handlers: Parameters<Promise<postgres.RowList<Rows>>["finally"]>) =>
      start().finally(...handlers),
    execute() {
      void start();
      return statement;
    },
    cancel: () => started?.cancel(),
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
const PASSING_STATE = /^(08...|53[0-3]..|57P0[1-5]|57014|40001|40P01|55P03)$/;

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
