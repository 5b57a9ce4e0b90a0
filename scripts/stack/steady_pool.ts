import type postgres from "postgres";

/** Error of a statement whose connection was lost. Its code is SQLSTATE's `connection_failure`. */
export class ConnectionLostError extends Error {
  override readonly name = "ConnectionLostError";
  readonly code = "08006";

  constructor(cause?: unknown) {
    super("the connection to the database was lost", { cause });
  }
}

/** Opens one postgres.js connection and calls `onClose` when it is closed, for whatever reason. */
export type Open = (onClose: () => void) => postgres.Sql;

/** Connection of a {@link SteadyPool}. */
interface Member {
  readonly sql: postgres.Sql;
  readonly lost: Promise<never>;
  isLost: boolean;
  /** Marks the connection as lost. */
  lose(): void;
}

/**
 * Pool of connections that are never used again after a loss.
 *
 * postgres.js 3.4.9 keeps using the object of a lost connection: it writes to a socket that is gone
 * and throws outside any promise, leaves the statement unanswered, and may never connect again with
 * that object (porsager/postgres#1154, #1208). So each connection here is a postgres.js instance of
 * its own, which is thrown away when its connection closes.
 */
export class SteadyPool {
  readonly #idle: Member[] = [];
  readonly #waiting: ((member: Member) => void)[] = [];
  readonly #all = new Set<Member>();

  /** @param max largest number of connections. */
  constructor(private readonly open: Open, private readonly max: number) {}

  /** Returns a connection for one caller, who must release it. */
  async reserve(): Promise<SteadyClient> {
    const member = this.#idle.pop() ?? this.#add() ??
      await new Promise<Member>((resolve) => this.#waiting.push(resolve));
    return new SteadyClient(member, () => this.#release(member));
  }

  /** Runs in a transaction, which is rolled back if `run` rejects. */
  async begin<T>(run: (client: SteadyClient) => Promise<T>): Promise<T> {
    const client = await this.reserve();
    try {
      await client.unsafe("begin");
      const result = await run(client);
      await client.unsafe("commit");
      return result;
    } catch (error) {
      // A lost connection has rolled back, and is dropped.
      await client.unsafe("rollback").catch(() => {});
      throw error;
    } finally {
      client.release();
    }
  }

  /** Closes all connections; statements that run longer than this time are cut off. */
  async end(timeoutSeconds = 0): Promise<void> {
    await Promise.all([...this.#all].map(({ sql }) => sql.end({ timeout: timeoutSeconds })));
  }

  #add(): Member | undefined {
    if (this.#all.size >= this.max) return undefined;
    const lost = Promise.withResolvers<never>();
    lost.promise.catch(() => {});
    const member: Member = {
      sql: this.open(() => {
        member.lose();
        const place = this.#idle.indexOf(member);
        if (place >= 0) this.#drop(this.#idle.splice(place, 1)[0] ?? member);
      }),
      lost: lost.promise,
      isLost: false,
      lose: () => {
        member.isLost = true;
        lost.reject(new ConnectionLostError());
      },
    };
    this.#all.add(member);
    return member;
  }

  #release(member: Member): void {
    if (member.isLost) return this.#drop(member);
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(member);
    else next(member);
  }

  #drop(member: Member): void {
    this.#all.delete(member);
    void member.sql.end({ timeout: 0 });
    const next = this.#waiting.shift();
    if (next === undefined) return;
    const fresh = this.#add();
    if (fresh === undefined) this.#waiting.unshift(next);
    else next(fresh);
  }
}

/** Connection that one caller uses, for example for a transaction. */
export class SteadyClient {
  /** @param release gives the connection back to its pool. */
  constructor(private readonly member: Member, readonly release: () => void) {}

  /**
   * Runs a statement.
   *
   * @throws {ConnectionLostError} if the connection is lost before the statement was answered.
   */
  async unsafe<Row extends postgres.Row = postgres.Row>(
    text: string,
    parameters: readonly unknown[] = [],
    options: postgres.UnsafeQueryOptions = {},
  ): Promise<postgres.RowList<Row[]>> {
    return await this.#answered(({ unsafe }) =>
      unsafe<Row[]>(text, parameters as never[], options)
    );
  }

  /**
   * Returns the columns of a statement without running it.
   *
   * @throws {ConnectionLostError} as {@link unsafe}.
   */
  async describe(text: string): Promise<postgres.Statement> {
    return await this.#answered(({ unsafe }) => unsafe(text).describe());
  }

  async #answered<T>(ask: (sql: postgres.Sql) => PromiseLike<T>): Promise<T> {
    const { sql, lost, isLost } = this.member;
    if (isLost) throw new ConnectionLostError();
    try {
      return await Promise.race([ask(sql), lost]);
    } catch (error) {
      // The socket closes a little later. Another statement until then would make postgres.js
      // connect again, and that connection would belong to nobody.
      if (endsConnection(error)) this.member.lose();
      throw isConnectionError(error) ? new ConnectionLostError(error) : error;
    }
  }
}

/** Returns whether the connection ends with this error. */
function endsConnection(error: unknown): boolean {
  return isConnectionError(error) || error instanceof ConnectionLostError ||
    (error instanceof Error && "severity" in error &&
      /^(FATAL|PANIC)$/.test(String(error.severity)));
}

/** Returns whether the driver or the socket, and not Postgres, reports this error. */
function isConnectionError(error: unknown): boolean {
  return error instanceof Error && "code" in error &&
    /^(CONNECT|ECONN|EPIPE)/.test(String(error.code));
}

/**
 * Returns a pool of postgres.js for single statements that is replaced when one of its connections
 * is lost, for the reason stated at {@link SteadyPool}. Statements that run meanwhile on its other
 * connections are finished.
 */
export function renewedSql(open: Open): postgres.Sql {
  const finishing = new Set<Promise<void>>();
  let current: postgres.Sql | undefined;
  let isEnded = false;
  const replace = (lost: postgres.Sql) => {
    if (isEnded || current !== lost) return;
    current = undefined;
    const end: Promise<void> = lost.end({ timeout: FINISH_SECONDS }).then(() => {
      finishing.delete(end);
    });
    finishing.add(end);
  };
  const use = (): postgres.Sql => {
    if (current !== undefined) return current;
    const opened: postgres.Sql = open(() => replace(opened));
    return current = opened;
  };
  const end: postgres.Sql["end"] = async (options) => {
    isEnded = true;
    await Promise.all([current?.end(options), ...finishing]);
  };
  return new Proxy(use(), {
    apply: (_target, _this, args) => Reflect.apply(use(), undefined, args),
    get: (_target, name) => name === "end" ? end : Reflect.get(use(), name),
  });
}

/** Time for statements on other connections of a replaced pool, in seconds. */
const FINISH_SECONDS = 5;
