import postgres from "postgres";
import { pause } from "../clock.ts";
import { systemClock } from "../system_clock.ts";
import { connect, type Connection, ConnectionError, LOST, sendCancelRequest } from "./connect.ts";
import { DatabaseSocket } from "./socket.ts";
import type { DatabaseTarget } from "./target.ts";

/** Options of postgres.js. */
export type ClientOptions = postgres.Options<Record<string, postgres.PostgresType>> & {
  /** Opens a connection. The types of postgres.js lack it. */
  readonly socket?: () => DatabaseSocket;
};

/** Options of {@link Session}. */
export interface SessionOptions {
  readonly target: DatabaseTarget;
  /** Options of postgres.js that do not concern the connection. */
  readonly client: ClientOptions;
  /** Shown in `pg_stat_activity`. */
  readonly name: string;
  /** Role that all statements act as. */
  readonly role: string;
  /** Longest a statement may take, in milliseconds. */
  readonly statementTimeoutMs: number;
}

/** Makes a statement for a client. It runs when it is awaited. */
export type MakeStatement<Rows extends readonly postgres.MaybeRow[]> = (
  sql: postgres.Sql,
) => postgres.PendingQuery<Rows>;

/** Statement that runs or waits. */
export interface Execution<Rows extends readonly postgres.MaybeRow[]> {
  readonly result: Promise<postgres.RowList<Rows>>;
  /** Ends the statement if the server works on it, or if it was not sent yet. */
  cancel(): void;
}

/** Starts a statement. */
export type RunStatement = <Rows extends readonly postgres.MaybeRow[]>(
  make: MakeStatement<Rows>,
) => Execution<Rows>;

interface Statement<Rows extends readonly postgres.MaybeRow[]> {
  readonly make: MakeStatement<Rows>;
  /** Connection that it was sent on. */
  link: Link | undefined;
  isCancelled: boolean;
}

/** One connection, from its start to its end. */
interface Link {
  readonly sql: postgres.Sql;
  /** `true` if role and timeout hold for the session; else each transaction sets them. */
  readonly keepsSettings: boolean;
  /** SQL that opens a transaction. */
  readonly opening: string;
  /** Names the session in a request to cancel. */
  readonly backend: { readonly pid: number; readonly secret: number };
  /** Statements on their way, the oldest first: the server works on that one. */
  readonly sent: Set<object>;
  /** Whether nothing can be sent any more. */
  readonly hasEnded: () => boolean;
  /** Settles when postgres.js has done with the connection. */
  readonly closed: Promise<void>;
}

interface Checked {
  readonly pid: number;
  readonly role: string;
  readonly timeout: number;
}

const CHECK = `select pg_backend_pid() as pid, current_user::text as role,
  (extract(epoch from current_setting('statement_timeout')::interval) * 1000)::integer as timeout`;

/** Seconds after which an unused connection is closed, so that idle isolates hold none. */
const IDLE_SECONDS = 20;
const CONNECT_SECONDS = 5;
/** Time in milliseconds for which a session that finds the server full, or too busy to answer, tries again. */
const BUSY_MS = 15_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

/** Error of a statement that never left, because its connection ended before. */
class UnsentError extends ConnectionError {
  constructor() {
    super(LOST, "the connection to the database has ended");
  }
}

/** Runs statements on one connection at a time, and on a new one once that has ended. */
export class Session {
  /** Statements and transactions that run or wait. */
  load = 0;
  readonly #options: SessionOptions;
  #link: Link | undefined;
  #linking: Promise<Link> | undefined;
  /** Settles when the transaction that has the connection ends. */
  #transaction: Promise<void> | undefined;
  /** `true` once a pooler was found between here and Postgres. */
  #isPooled = false;
  #hasEnded = false;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Starts a statement in a transaction of its own. */
  run<Rows extends readonly postgres.MaybeRow[]>(make: MakeStatement<Rows>): Execution<Rows> {
    const statement: Statement<Rows> = { make, link: undefined, isCancelled: false };
    return { result: this.#perform(statement), cancel: () => this.#cancel(statement) };
  }

  /** Runs several statements in one transaction. Others wait until it has ended. */
  async begin<Result>(work: (run: RunStatement) => Promise<Result>): Promise<Result> {
    return await this.#count(() =>
      this.#transact(async (link) => {
        let isOver = false;
        try {
          return await work((make) => {
            // After the transaction, a pooler would run it as the role that signed in.
            if (isOver) throw new Error("the transaction has ended");
            const statement = { make, link: undefined, isCancelled: false };
            return { result: send(link, statement), cancel: () => this.#cancel(statement) };
          });
        } finally {
          isOver = true;
        }
      })
    );
  }

  /** Ends the connection after its statements, or after `timeout` seconds. */
  async end(options?: { timeout?: number | undefined }): Promise<void> {
    this.#hasEnded = true;
    const link = await this.#linking?.catch(() => undefined) ?? this.#link;
    if (link !== undefined) await endLink(link, options);
  }

  /** Whether a statement need not wait for a connection. */
  get isConnected(): boolean {
    return this.#open !== undefined;
  }

  get #open(): Link | undefined {
    return this.#link?.hasEnded() === false && !this.#hasEnded ? this.#link : undefined;
  }

  async #count<Result>(perform: () => Promise<Result>): Promise<Result> {
    this.load++;
    try {
      return await perform();
    } finally {
      this.load--;
    }
  }

  async #perform<Rows extends readonly postgres.MaybeRow[]>(
    statement: Statement<Rows>,
  ): Promise<postgres.RowList<Rows>> {
    this.load++;
    try {
      while (true) {
        const link = this.#open ?? await this.#connect();
        if (!link.keepsSettings) return await this.#transact((link) => send(link, statement));
        if (this.#transaction !== undefined) {
          await this.#transaction;
          continue;
        }
        try {
          return await send(link, statement);
        } catch (error) {
          if (!(error instanceof UnsentError)) throw error;
        }
      }
    } finally {
      this.load--;
    }
  }

  #cancel(statement: Pick<Statement<never>, "link" | "isCancelled">): void {
    statement.isCancelled = true;
    if (statement.link === undefined) return;
    // The request names a session, not a statement.
    const [oldest] = statement.link.sent;
    if (oldest !== statement) return;
    // Without it the statement ends by its timeout.
    sendCancelRequest(this.#options.target, statement.link.backend).catch(() => {});
  }

  async #transact<Result>(work: (link: Link) => Promise<Result>): Promise<Result> {
    while (this.#transaction !== undefined) await this.#transaction;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#transaction = promise;
    try {
      const link = await this.#openTransaction();
      const result = await work(link).catch(async (error) => {
        await sendText(link, "rollback").catch(() => endLink(link, { timeout: 0 }));
        throw error;
      });
      const { command } = await sendText(link, "commit");
      // Postgres's answer if a statement has failed, also where `work` went on.
      if (command === "ROLLBACK") throw new Error("the transaction was rolled back");
      return result;
    } finally {
      this.#transaction = undefined;
      resolve();
    }
  }

  async #openTransaction(): Promise<Link> {
    while (true) {
      const link = this.#open ?? await this.#connect();
      try {
        await sendText(link, link.opening);
        return link;
      } catch (error) {
        if (!(error instanceof UnsentError)) throw error;
      }
    }
  }

  /** Opens a connection for all statements that wait for one. */
  async #connect(): Promise<Link> {
    if (this.#hasEnded) {
      throw new ConnectionError("CONNECTION_ENDED", "the connection to the database was ended");
    }
    this.#linking ??= this.#connectPatiently()
      .then((link) => this.#link = link)
      .finally(() => this.#linking = undefined);
    return await this.#linking;
  }

  /** Tries again for a while if the server has no connection left or does not answer in time. */
  async #connectPatiently(): Promise<Link> {
    const deadline = systemClock.now() + BUSY_MS;
    for (let ms = FIRST_PAUSE_MS;; ms = Math.min(ms * 2, LONGEST_PAUSE_MS)) {
      try {
        return await this.#connectOnce();
      } catch (error) {
        if (!isServerBusy(error) || systemClock.now() + ms > deadline) throw error;
      }
      // Isolates that started together must not try again together.
      await pause(systemClock, ms * (0.5 + Math.random()));
    }
  }

  async #connectOnce(): Promise<Link> {
    if (!this.#isPooled) {
      try {
        const { link, isAsAsked } = await this.#startLink(true);
        if (isAsAsked) return link;
        await endLink(link, { timeout: 1 });
      } catch (error) {
        if (!isStartupRefused(error)) throw error;
      }
      this.#isPooled = true;
    }
    const { link, isAsAsked } = await this.#startLink(false);
    if (isAsAsked) return link;
    await endLink(link, { timeout: 1 });
    throw new Error(
      `the database or its pooler does not let this session act as ${this.#options.role}`,
    );
  }

  /**
   * Opens a connection and asks the server for whom it takes it.
   *
   * @param keepsSettings sets role and timeout as the session starts. Poolers refuse or ignore that, or give
   * the next transaction to another session.
   */
  async #startLink(keepsSettings: boolean): Promise<{ link: Link; isAsAsked: boolean }> {
    const { target, client, name, role, statementTimeoutMs: timeout } = this.#options;
    let connection: Promise<Connection> | undefined;
    // One that a silent server never answers does not settle.
    let tlsFailure: ConnectionError | undefined;
    let hasEnded = false;
    const { promise: closed, resolve: onclose } = Promise.withResolvers<void>();
    const openConnection = async () => {
      const made = await connect(target);
      tlsFailure = made.tlsFailure;
      return made;
    };
    const options: ClientOptions = {
      ...client,
      max: 1,
      ssl: false,
      // The next transaction of a pooler's session may run where the statement is not known.
      prepare: keepsSettings,
      idle_timeout: IDLE_SECONDS,
      connect_timeout: CONNECT_SECONDS,
      max_lifetime: null,
      connection: {
        application_name: name,
        ...keepsSettings ? { role, statement_timeout: timeout } : {},
      },
      // postgres.js would connect again by itself. But what it keeps of a connection that ended in
      // mid-statement can make the next one hang or fail outside any promise, so no client has two.
      socket: () =>
        new DatabaseSocket(connection ? unsent() : connection = openConnection(), () => {
          hasEnded = true;
        }),
      onclose: () => onclose(),
    };
    const sql = postgres(target.url, options);
    const opening = `begin; set local role ${role}; set local statement_timeout = ${timeout}`;
    try {
      if (!keepsSettings) await sql.unsafe(opening);
      const rows = await sql.unsafe<Checked[]>(CHECK);
      if (!keepsSettings) await sql.unsafe("commit");
      const [checked] = rows;
      const isSet = checked?.role === role && checked.timeout === timeout;
      return {
        link: {
          sql,
          keepsSettings,
          opening: keepsSettings ? "begin" : opening,
          backend: { pid: rows.state.pid, secret: rows.state.secret },
          sent: new Set(),
          hasEnded: () => hasEnded,
          closed,
        },
        // A pooler gives its own id to the client, not that of the process that happens to work for it.
        isAsAsked: isSet && (!keepsSettings || checked.pid === rows.state.pid),
      };
    } catch (error) {
      sql.end({ timeout: 0 }).catch(() => {});
      await closed;
      throw explain(error, role, tlsFailure);
    }
  }
}

/** Sends a statement at once. */
async function send<Rows extends readonly postgres.MaybeRow[]>(
  link: Link,
  statement: Statement<Rows>,
): Promise<postgres.RowList<Rows>> {
  if (statement.isCancelled) throw cancelled();
  // postgres.js would write to a socket that it no longer has, outside any promise.
  if (link.hasEnded()) throw new UnsentError();
  statement.link = link;
  link.sent.add(statement);
  try {
    return await statement.make(link.sql);
  } finally {
    link.sent.delete(statement);
  }
}

/** Sends a statement of our own without parameters. */
async function sendText(link: Link, text: string): Promise<postgres.RowList<postgres.Row[]>> {
  if (link.hasEnded()) throw new UnsentError();
  return await link.sql.unsafe(text);
}

/** Ends a connection. postgres.js waits in vain for the statement that a lost one carried. */
async function endLink(link: Link, options?: { timeout?: number | undefined }): Promise<void> {
  if (!link.hasEnded()) await Promise.race([link.sql.end(options), link.closed]);
  await link.closed;
}

function unsent(): Promise<never> {
  return Promise.reject(new UnsentError());
}

function cancelled(): Error {
  return new ConnectionError("57014", "the statement was cancelled before it was sent");
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && "code" in error ? String(error.code) : null;
}

/**
 * Tells whether the server, or a pooler before it, has no connection left, or did not answer in time: on a
 * machine under load a login took more than 5 s, and through a pooler each connection logs in twice.
 */
function isServerBusy(error: unknown): boolean {
  const code = codeOf(error);
  return code === "53300" || code === "CONNECT_TIMEOUT" ||
    error instanceof postgres.PostgresError &&
      /no more connections allowed|max client/i.test(error.message);
}

/** Tells whether a pooler refuses to start a session with a role or timeout. */
function isStartupRefused(error: unknown): boolean {
  return codeOf(error) === "08P01";
}

function explain(error: unknown, role: string, tlsFailure?: ConnectionError): unknown {
  const code = codeOf(error);
  if (!(error instanceof postgres.PostgresError)) return error;
  if (code === "42501" || code === "22023") {
    return new Error(`the database does not let this session act as ${role}: ${error.message}`, {
      cause: error,
    });
  }
  if (code === "28000" && tlsFailure !== undefined) {
    return new Error(`${error.message}; ${tlsFailure.message}`, { cause: error });
  }
  return error;
}
