import { Duplex } from "node:stream";
import postgres from "postgres";
import type { Log, Service } from "../service.ts";
import { decodeMessage, type Relation, type Tuple } from "./pgoutput.ts";

/** Change of one row in a transaction. */
export interface Change {
  readonly relation: Relation;
  readonly type: "INSERT" | "UPDATE" | "DELETE";
  /** New row; absent for DELETE. */
  readonly row?: Tuple;
  /** Old row: its replica identity or all columns. */
  readonly old?: Tuple;
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

/**
 * Follows commits to the tables of some publications, from the first call of `ready` until it is
 * stopped. The replication slot is temporary: it ends with the connection and keeps no WAL
 * afterwards.
 */
export class Replication implements Service {
  readonly name = "replication";
  #isStopped = false;
  #running: Promise<void> | undefined;
  #ready = Promise.withResolvers<void>();
  #wakeUp = () => {};
  #sql: postgres.Sql | undefined;
  #stream: Duplex | undefined;

  constructor(private readonly options: ReplicationOptions) {}

  /** Settles when every later commit will be received. */
  async ready(): Promise<void> {
    this.#running ??= this.#run();
    await this.#ready.promise;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#wakeUp();
    this.#stream?.destroy();
    await this.#sql?.end({ timeout: 0 });
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      try {
        await this.#follow();
      } catch (error) {
        if (!this.#isStopped) {
          this.options.log("realtime", `replication was interrupted, connecting again: ${error}`);
        }
      }
      await this.#sql?.end({ timeout: 0 });
      if (this.#isStopped) return;
      this.#ready = Promise.withResolvers();
      this.options.onGap();
      await this.#pause();
    }
  }

  async #pause(): Promise<void> {
    const pause = Promise.withResolvers<void>();
    this.#wakeUp = pause.resolve;
    const timer = setTimeout(pause.resolve, RETRY_MS);
    await pause.promise;
    clearTimeout(timer);
  }

  async #follow(): Promise<void> {
    const sql = this.#sql = postgres(this.options.dbUrl, {
      max: 1,
      fetch_types: false,
      max_lifetime: null,
      onnotice: () => {},
      connection: {
        application_name: "realtime-replication",
        replication: "database",
        TimeZone: "UTC",
        DateStyle: "ISO",
      },
    });
    const slot = `realtime_${crypto.randomUUID().replaceAll("-", "")}`;
    // The server recognises the first keyword only in capitals.
    const [created] = await sql.unsafe<[{ consistent_point: string }]>(
      `CREATE_REPLICATION_SLOT ${slot} TEMPORARY LOGICAL pgoutput NOEXPORT_SNAPSHOT`,
    );
    const names = this.options.publications.map((name) => `"${name}"`).join(",");
    const stream: unknown = await sql.unsafe(
      `START_REPLICATION SLOT ${slot} LOGICAL ${created.consistent_point}
        (proto_version '1', publication_names '${names}')`,
    ).writable();
    if (!(stream instanceof Duplex)) throw new Error("the replication stream cannot be read");
    this.#stream = stream;
    if (this.#isStopped) return;
    this.#ready.resolve();
    await this.#read(stream);
  }

  async #read(stream: Duplex): Promise<void> {
    const relations = new Map<number, Relation>();
    let committedAt = new Date(0);
    let changes: Change[] = [];
    const add = (oid: number, change: Omit<Change, "relation">) => {
      const relation = relations.get(oid);
      if (relation !== undefined && this.options.wants(relation)) {
        changes.push({ relation, ...change });
      }
    };
    for await (const chunk of stream) {
      if (!(chunk instanceof Uint8Array)) {
        throw new Error("the replication stream sent text instead of bytes");
      }
      if (chunk[0] === KEEPALIVE) {
        if (chunk[17] === 1) stream.write(acknowledge(chunk.subarray(1, 9)));
        continue;
      }
      if (chunk[0] !== DATA) continue;
      const message = decodeMessage(chunk.subarray(25));
      switch (message.kind) {
        case "begin":
          ({ committedAt } = message);
          changes = [];
          break;
        case "relation":
          relations.set(message.relation.oid, message.relation);
          this.options.onRelation(message.relation);
          break;
        case "insert":
          add(message.relationOid, { type: "INSERT", row: message.row });
          break;
        case "update":
          add(message.relationOid, {
            type: "UPDATE",
            row: message.row,
            ...message.old === undefined ? {} : { old: message.old },
          });
          break;
        case "delete":
          add(message.relationOid, { type: "DELETE", old: message.old });
          break;
        case "commit":
          if (changes.length > 0) await this.options.onTransaction({ committedAt, changes });
          changes = [];
      }
    }
  }
}

const DATA = "w".charCodeAt(0);
const KEEPALIVE = "k".charCodeAt(0);
const STATUS = "r".charCodeAt(0);

/** Returns the message that lets Postgres discard its log up to a position. */
function acknowledge(place: Uint8Array): Uint8Array {
  const status = new Uint8Array(34);
  status[0] = STATUS;
  for (const offset of [1, 9, 17]) status.set(place, offset);
  const microseconds = BigInt(Date.now() - Date.UTC(2000, 0, 1)) * 1000n;
  new DataView(status.buffer).setBigInt64(25, microseconds);
  return status;
}
