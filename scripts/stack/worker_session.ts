import { settlesWithin } from "../support/settles_within.ts";
import { pause } from "../support/pause.ts";
import { createPgClient } from "./pg_client.ts";
import type { Log } from "./service.ts";

/** Pause before a lost connection is opened again, in milliseconds. */
const RETRY_MS = 200;
const CONNECT_MS = 5_000;
/** Longest wait for a session's work to notice that its connection is gone, in milliseconds. */
const WIND_UP_MS = 1_000;

/** One connection, which listens on a channel. */
export interface Session {
  /**
   * Runs one statement and returns its rows, with bigint values as text.
   *
   * @throws {Error} if Postgres refuses the statement or the connection is lost.
   */
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Settles at the next notification. */
  notified(): Promise<void>;
  /** Aborts when the connection is lost or the worker stops. */
  readonly over: AbortSignal;
}

export interface WorkerOptions {
  readonly dbUrl: string;
  /** Name in `pg_stat_activity` and in the log. */
  readonly name: string;
  readonly channel: string;
  /** Works until it is `over`. Called again with a new session after each loss. */
  readonly work: (session: Session) => Promise<void>;
  readonly log: Log;
}

/** Worker that keeps a session with the database. */
export interface Worker {
  /** Settles once the first session is open. */
  readonly ready: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Keeps one connection to the database open and works on it. However the connection ends, including
 * by a crash of the server, another one is opened until the worker is stopped.
 *
 * Uses `pg`: postgres.js 3.4.9 may leave a statement unanswered or throw outside any promise when a
 * connection is lost (porsager/postgres#1154, #1208).
 */
export function startWorker(options: WorkerOptions): Worker {
  const { name, log } = options;
  const stopping = new AbortController();
  const ready = Promise.withResolvers<void>();
  const run = async () => {
    let isLost = false;
    while (!stopping.signal.aborted) {
      const onOpen = () => {
        if (isLost) log(name, "connected again");
        isLost = false;
        ready.resolve();
      };
      try {
        await holdSession(options, stopping.signal, onOpen);
      } catch (error) {
        if (stopping.signal.aborted) break;
        // An outage is logged once, not at each attempt to connect.
        if (!isLost) log(name, `lost the database, connecting again: ${error}`);
        isLost = true;
      }
      await pause(RETRY_MS, stopping.signal);
    }
  };
  const running = run();
  return {
    ready: ready.promise,
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

async function holdSession(
  { dbUrl, name, channel, work }: WorkerOptions,
  stopping: AbortSignal,
  onOpen: () => void,
): Promise<void> {
  const client = createPgClient({
    connectionString: dbUrl,
    application_name: name,
    connectionTimeoutMillis: CONNECT_MS,
  });
  const over = new AbortController();
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => over.abort());
  const stop = () => ended.reject(new Error("stopped"));
  stopping.addEventListener("abort", stop);
  client.on("error", ended.reject);
  client.on("end", () => ended.reject(new Error("the connection was closed")));
  let next = Promise.withResolvers<void>();
  client.on("notification", () => next.resolve());
  const query = async <Row>(text: string, values?: readonly unknown[]): Promise<Row[]> => {
    const result = await client.query(text, values && [...values]);
    return (Array.isArray(result) ? [] : result.rows) as Row[];
  };
  let working: Promise<void> | undefined;
  try {
    await Promise.race([client.connect(), ended.promise]);
    await Promise.race([query(`listen ${channel}`), ended.promise]);
    onOpen();
    working = work({
      query,
      notified: async () => {
        await Promise.race([next.promise, ended.promise]);
        next = Promise.withResolvers();
      },
      over: over.signal,
    });
    await Promise.race([working, ended.promise]);
  } finally {
    stopping.removeEventListener("abort", stop);
    over.abort();
    if (working !== undefined) await settlesWithin(working.catch(() => {}), WIND_UP_MS);
    await settlesWithin(client.end().catch(() => {}), WIND_UP_MS);
  }
}

/** Returns whether a statement failed because its extension has not been created yet. */
export function isExtensionMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error &&
    (error.code === "42P01" || error.code === "3F000");
}
