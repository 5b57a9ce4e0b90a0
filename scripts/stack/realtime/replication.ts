import type { Buffer } from "node:buffer";
import { LogicalReplicationService, type Pgoutput, PgoutputPlugin } from "pg-logical-replication";
import { pause } from "../../support/pause.ts";
import { settlesWithin } from "../../support/settles_within.ts";
import type { Log, Service } from "../service.ts";

/** Description of a table, sent before its first change and after it was altered. */
export type Relation = Pgoutput.MessageRelation;

/**
 * Values of a row in Postgres' text format, by column. `undefined` is a large value that did not
 * change and was not sent.
 */
export type Row = Readonly<Record<string, string | null | undefined>>;

/** Change of one row in a transaction. */
export interface Change {
  readonly relation: Relation;
  readonly type: "INSERT" | "UPDATE" | "DELETE";
  /** New row; absent for DELETE. */
  readonly row?: Row;
  /**
   * Old row: its replica identity or all columns. For UPDATE only if the identity changed or is the
   * whole row.
   */
  readonly old?: Row;
}

/** Changes of one committed transaction, in order. */
export interface Transaction {
  readonly committedAt: Date;
  readonly changes: readonly Change[];
}

export interface ReplicationOptions {
  /** Connection string of a role with the replication attribute. */
  readonly dbUrl: string;
  readonly publications: readonly string[];
  /** Returns `false` for tables whose changes are dropped on arrival. */
  readonly wants: (relation: Relation) => boolean;
  /** Handles a transaction. Reading pauses while its promise is pending. */
  readonly onTransaction: (transaction: Transaction) => void | Promise<void>;
  /** Called when grants, columns or row level security of a table may have changed. */
  readonly onRelation: (relation: Relation) => void;
  /** Called when changes were missed, because the stream broke and starts again. */
  readonly onGap: () => void;
  readonly log: Log;
}

const RETRY_MS = 500;
const DESTROY_MS = 1_000;

/**
 * Follows commits to the tables of some publications, from the first call of `ready` until it is
 * stopped. The replication slot is temporary: it ends with the connection and keeps no WAL
 * afterwards.
 */
export class Replication implements Service {
  readonly name = "replication";
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #ready = Promise.withResolvers<void>();
  #isReady = false;

  constructor(private readonly options: ReplicationOptions) {}

  /** Settles when every later commit will be received. */
  async ready(): Promise<void> {
    this.#running ??= this.#run();
    await this.#ready.promise;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#follow(signal).catch((error) => {
        if (signal.aborted) return;
        this.options.log("realtime", `replication was interrupted, connecting again: ${error}`);
      });
      if (signal.aborted) return;
      // Who waits already goes on waiting, for the attempt that succeeds.
      if (this.#isReady) this.#ready = Promise.withResolvers();
      this.#isReady = false;
      this.options.onGap();
      await pause(RETRY_MS, signal);
    }
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { dbUrl, publications } = this.options;
    const service = new LogicalReplicationService({
      connectionString: dbUrl,
      application_name: "realtime-replication",
      options: "-c TimeZone=UTC -c DateStyle=ISO",
    }, {
      // An answer to every message would double the time of a large transaction.
      acknowledge: { auto: false, timeoutSeconds: 10 },
      flowControl: { enabled: true },
    });
    const ended = Promise.withResolvers<never>();
    signal.addEventListener("abort", ended.reject);
    service.on("error", ended.reject);
    service.on("start", () => {
      this.#isReady = true;
      this.#ready.resolve();
    });
    service.on("heartbeat", (position, _time, wantsAnswer) => {
      if (wantsAnswer) service.acknowledge(position);
    });
    service.on("data", this.#collect());
    const plugin = new TextPlugin({ protoVersion: 1, publicationNames: [...publications] });
    const slot = `realtime_${crypto.randomUUID().replaceAll("-", "")}`;
    try {
      await Promise.race([service.subscribe(plugin, slot), ended.promise]);
    } finally {
      signal.removeEventListener("abort", ended.reject);
      // A connection that is gone may leave this unanswered.
      await settlesWithin(service.destroy(), DESTROY_MS);
    }
  }

  /** Returns a listener that collects the messages of each transaction. */
  #collect(): (position: string, message: Pgoutput.Message) => Promise<void> {
    let committedAt = new Date(0);
    let changes: Change[] = [];
    const add = (change: Change) => {
      if (this.options.wants(change.relation)) changes.push(change);
    };
    return async (_position, message) => {
      switch (message.tag) {
        case "begin":
          // The time is in microseconds.
          committedAt = new Date(Number(message.commitTime) / 1000);
          changes = [];
          break;
        case "relation":
          this.options.onRelation(message);
          break;
        case "insert":
          add({ relation: message.relation, type: "INSERT", row: message.new });
          break;
        case "update": {
          const { relation, new: row } = message;
          const old = message.key ?? message.old;
          add({ relation, type: "UPDATE", row, ...old === null ? {} : { old } });
          break;
        }
        case "delete":
          add({
            relation: message.relation,
            type: "DELETE",
            old: message.key ?? message.old ?? {},
          });
          break;
        case "commit":
          if (changes.length > 0) await this.options.onTransaction({ committedAt, changes });
          changes = [];
      }
    };
  }
}

/** Reads values as text, through a slot that it creates itself. */
class TextPlugin extends PgoutputPlugin {
  override async start(...[client, slot]: Parameters<PgoutputPlugin["start"]>): Promise<unknown> {
    // The server recognises the first keyword only in capitals.
    const { rows } = await client.query(
      `CREATE_REPLICATION_SLOT ${slot} TEMPORARY LOGICAL pgoutput NOEXPORT_SNAPSHOT`,
    );
    return await super.start(client, slot, rows[0].consistent_point);
  }

  override parse(buffer: Buffer): Pgoutput.Message {
    const message = super.parse(buffer);
    if (message.tag === "relation") {
      for (const column of message.columns) column.parser = (text) => text;
    }
    return message;
  }
}
