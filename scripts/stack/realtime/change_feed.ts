import type postgres from "postgres";
import type { Log } from "../types.ts";
import type { Caller } from "./callers.ts";
import { columnValue } from "./column_value.ts";
import type { Relation, Tuple } from "./pgoutput.ts";
import type { Change, Transaction } from "./replication.ts";
import type { Subscription } from "./subscription.ts";
import type { ColumnFacts, TableFacts, Tables } from "./tables.ts";

/** A channel that follows changes. */
export interface Follower {
  readonly caller: Caller;
  readonly subscriptions: readonly Subscription[];
  /** Hands over one change for the subscriptions of these ids. */
  deliver(ids: readonly number[], data: string): void;
}

export interface ChangeFeedOptions {
  /** One connection as `authenticator`, used for nothing else. */
  readonly sql: postgres.Sql;
  readonly tables: Tables;
  /** Changes were not passed on that perhaps should have been. */
  readonly onLoss: () => void;
  readonly log: Log;
}

/** Checks take this share of the time at most, so that a thousand callers leave Postgres to others. */
const BUSY_SHARE = 0.1;
/** Changes that come within this time are checked together. */
const PAUSE_MS = 10;
const MAX_PAUSE_MS = 1_000;
const MAX_BATCH = 500;
/** Nothing more is read from the stream while so many changes wait. */
const MAX_WAITING = 10_000;
/** From this size on a change carries only what is short, as hosted. */
const MAX_RECORD_BYTES = 1024 * 1024;
const SHORT_BYTES = 64;
/** A check that fails, as when a lock is not to be had, is tried again. */
const MAX_ATTEMPTS = 3;

interface Waiting {
  readonly change: Change;
  readonly committedAt: Date;
}

/** A subscription that a change concerns, its caller as it was when that was asked. */
interface Match {
  readonly follower: Follower;
  readonly subscription: Subscription;
  readonly caller: Caller;
}

/**
 * Passes changes on to whom row level security shows them. What has come meanwhile is checked at
 * once: one statement a table, in which each caller is asked one question about all rows that his
 * filters let through.
 */
export class ChangeFeed {
  readonly #followers = new Set<Follower>();
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | undefined;
  #isStopped = false;

  constructor(private readonly options: ChangeFeedOptions) {}

  add(follower: Follower): void {
    this.#followers.add(follower);
  }

  remove(follower: Follower): void {
    this.#followers.delete(follower);
  }

  /** Whether anybody follows a table. */
  wants({ schema, table }: Relation): boolean {
    for (const { subscriptions } of this.#followers) {
      if (subscriptions.some((one) => concerns(one, schema, table))) return true;
    }
    return false;
  }

  /** Takes a transaction on. Settles when there is room for more. */
  async push({ committedAt, changes }: Transaction): Promise<void> {
    this.#waiting.push(...changes.map((change) => ({ change, committedAt })));
    this.#flushing ??= this.#flush().finally(() => this.#flushing = undefined);
    if (this.#waiting.length > MAX_WAITING) await this.#flushing;
  }

  /** Forgets what waits. */
  clear(): void {
    this.#waiting = [];
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.clear();
    await this.#flushing;
  }

  async #flush(): Promise<void> {
    let pause = PAUSE_MS;
    while (this.#waiting.length > 0 && !this.#isStopped) {
      await new Promise((resolve) => setTimeout(resolve, pause));
      const begun = performance.now();
      const batch = this.#waiting.splice(0, MAX_BATCH);
      try {
        await this.#deliver(batch);
      } catch (error) {
        if (!this.#isStopped) {
          this.options.log("realtime", `${batch.length} changes were not passed on: ${error}`);
          this.options.onLoss();
        }
      }
      const busy = performance.now() - begun;
      pause = Math.min(MAX_PAUSE_MS, Math.max(PAUSE_MS, busy * (1 / BUSY_SHARE - 1)));
    }
  }

  async #deliver(batch: readonly Waiting[]): Promise<void> {
    const byTable = Map.groupBy(batch, ({ change: { relation } }) => relation.oid);
    const deliveries = new Map<Waiting, () => void>();
    for (const group of byTable.values()) {
      const { schema, table } = group[0]?.change.relation ?? { schema: "", table: "" };
      const facts = await this.options.tables.find(schema, table);
      if (facts === undefined) continue;
      const visible = await this.#check(facts, group, this.#match(facts, group));
      for (const [waiting, matches] of visible) {
        deliveries.set(waiting, () => send(waiting, facts, matches));
      }
    }
    for (const waiting of batch) deliveries.get(waiting)?.();
  }

  /** Whom each change concerns, by event, table and filters. */
  #match({ oid, columns }: TableFacts, group: readonly Waiting[]): Map<Waiting, Match[]> {
    const { schema, table } = group[0]?.change.relation ?? { schema: "", table: "" };
    const readers = new Set(columns.flatMap(({ readers }) => readers));
    const interested = [...this.#followers].flatMap((follower) =>
      readers.has(follower.caller.role)
        ? follower.subscriptions.filter((one) => concerns(one, schema, table))
          .map((subscription): Match => ({ follower, subscription, caller: follower.caller }))
        : []
    );
    return new Map(
      group.filter(({ change }) => change.relation.oid === oid).map((waiting) => {
        const { type, relation, row, old } = waiting.change;
        const values = row === undefined
          ? identityByName(relation, old ?? [])
          : valuesByName(relation, row);
        return [
          waiting,
          interested.filter(({ subscription }) =>
            (subscription.type === "*" || subscription.type === type) &&
            subscription.tests.every(({ column, holds }) => {
              const value = values.get(column);
              return value !== undefined && holds(value);
            })
          ),
        ];
      }),
    );
  }

  /** Leaves the matches whose caller may see the row now. */
  async #check(
    { oid, hasRls, key }: TableFacts,
    group: readonly Waiting[],
    matches: ReadonlyMap<Waiting, Match[]>,
  ): Promise<Map<Waiting, Match[]>> {
    const visible = new Map<Waiting, Match[]>();
    const rows: { waiting: Waiting; key: string[] }[] = [];
    const asked = new Map<string, { caller: Caller; rows: number[] }>();
    for (const waiting of group) {
      const { change } = waiting;
      const matching = matches.get(waiting) ?? [];
      if (matching.length === 0) continue;
      if (change.type === "DELETE" || !hasRls) {
        visible.set(waiting, matching);
        continue;
      }
      const values = valuesByName(change.relation, change.row ?? []);
      const keyValues = key.map((name) => values.get(name))
        .filter((value) => typeof value === "string");
      // Without a primary key nobody can be asked whether he sees the row.
      if (keyValues.length === 0 || keyValues.length < key.length) continue;
      const place = rows.push({ waiting, key: keyValues }) - 1;
      for (const { caller } of matching) {
        const known = asked.get(caller.claims);
        if (known === undefined) asked.set(caller.claims, { caller, rows: [place] });
        else if (known.rows.at(-1) !== place) known.rows.push(place);
      }
    }
    if (rows.length === 0) return visible;
    const callers = [...asked.values()];
    const shown = await this.#ask(oid, rows.map(({ key }) => key), callers);
    const seen = new Set<string>();
    for (const { caller, visible: places, problem } of shown) {
      const claims = callers[caller]?.caller.claims ?? "";
      for (const place of places) seen.add(`${place} ${claims}`);
      if (problem !== null) this.options.log("realtime", `a policy failed: ${problem}`);
    }
    for (const [place, { waiting }] of rows.entries()) {
      const left = (matches.get(waiting) ?? [])
        .filter(({ caller }) => seen.has(`${place} ${caller.claims}`));
      if (left.length > 0) visible.set(waiting, left);
    }
    return visible;
  }

  async #ask(
    table: number,
    keys: readonly (readonly string[])[],
    callers: readonly { readonly caller: Caller; readonly rows: readonly number[] }[],
  ) {
    const { sql } = this.options;
    for (let attempt = 1;; attempt++) {
      try {
        return await sql<{ caller: number; visible: number[]; problem: string | null }[]>`
          select * from realtime.list_visible_rows(
            ${table}::oid::regclass,
            ${sql.json(keys.map((key) => [...key]))},
            ${
          sql.json(callers.map(({ caller: { role, claims }, rows }) => ({
            role,
            claims,
            rows: [...rows],
          })))
        })`;
      } catch (error) {
        if (this.#isStopped || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }
}

function concerns(one: Subscription, schema: string, table: string): boolean {
  return (one.schema === "*" || one.schema === schema) &&
    (one.table === "*" || one.table === table);
}

function valuesByName({ columns }: Relation, tuple: Tuple): Map<string, string | null> {
  return new Map(columns.flatMap(({ name }, index): [string, string | null][] => {
    const value = tuple[index];
    return value === undefined ? [] : [[name, value]];
  }));
}

/** Hands a change to its followers; what they see alike is written once. */
function send(
  { change, committedAt }: Waiting,
  facts: TableFacts,
  matches: readonly Match[],
): void {
  const written = new Map<string, string>();
  const byFollower = Map.groupBy(matches, ({ follower }) => follower);
  for (const [follower, own] of byFollower) {
    const bySelection = Map.groupBy(
      own,
      ({ caller: { role }, subscription: { select } }) => JSON.stringify([role, select]),
    );
    for (const [selection, alike] of bySelection) {
      const [first] = alike;
      if (first === undefined) continue;
      const { caller: { role }, subscription: { select } } = first;
      const data = written.get(selection) ??
        describeChange(change, committedAt, facts, role, select);
      written.set(selection, data);
      follower.deliver(alike.map(({ subscription: { id } }) => id), data);
    }
  }
}

/** What a role is told of a change, as JSON text. */
export function describeChange(
  { relation, type, row, old }: Change,
  committedAt: Date,
  { columns, key, hasRls }: TableFacts,
  role: string,
  select: readonly string[] | undefined,
): string {
  const shown = columns.filter(({ name, readers }) =>
    readers.includes(role) && (select === undefined || select.includes(name) || key.includes(name))
  );
  const values = valuesByName(relation, row ?? []);
  // Where it did not change, the identity is not sent a second time.
  const identity = identityByName(relation, old ?? row ?? []);
  // A large value that did not change may be known from before.
  const record = new Map([...identity, ...values]);
  // A row that its policies no longer guard is known by its key alone.
  const oldColumns = type === "DELETE" && hasRls
    ? shown.filter(({ name }) => key.includes(name))
    : shown;
  const size = [...record.values()].reduce((sum, value) => sum + (value?.length ?? 0), 0);
  const isTooLarge = size > MAX_RECORD_BYTES;
  const pick = (from: readonly ColumnFacts[], known: ReadonlyMap<string, string | null>) =>
    Object.fromEntries(from.flatMap(({ name, type }): [string, unknown][] => {
      const value = known.get(name);
      if (value === undefined) return [];
      if (isTooLarge && (value?.length ?? 0) > SHORT_BYTES) return [];
      return [[name, columnValue(value, type)]];
    }));
  return JSON.stringify({
    schema: relation.schema,
    table: relation.table,
    type,
    commit_timestamp: committedAt.toISOString(),
    columns: shown.map(({ name, type }) => ({ name, type })),
    ...type === "DELETE" ? {} : { record: pick(shown, record) },
    ...type === "INSERT" ? {} : { old_record: pick(oldColumns, identity) },
    errors: isTooLarge ? ["Error 413: Payload Too Large"] : null,
  });
}

/** The other columns of an old row stand there as null, whatever they were. */
function identityByName(relation: Relation, tuple: Tuple): Map<string, string | null> {
  const values = valuesByName(relation, tuple);
  for (const { name, isKey } of relation.columns) if (!isKey) values.delete(name);
  return values;
}
