import type postgres from "postgres";
import type { Log } from "../service.ts";
import type { Caller } from "./callers.ts";
import { ChangedRows, type PendingChange, type Selection } from "./changed_rows.ts";
import { describeChange } from "./describe_change.ts";
import type { Relation, Transaction } from "./replication.ts";
import type { Subscription } from "./subscription.ts";
import type { TableFacts, Tables } from "./table_facts.ts";

/** Channel that follows changes. */
export interface Follower {
  readonly caller: Caller;
  readonly subscriptions: readonly Subscription[];
  /** Sends one change for the subscriptions with these ids. */
  deliver(ids: readonly number[], data: string): void;
}

export interface ChangeFeedOptions {
  /** One connection as `authenticator`, used for nothing else. */
  readonly sql: postgres.Sql;
  readonly tables: Tables;
  /** Called when changes may have been lost. */
  readonly onLoss: () => void;
  readonly log: Log;
}

/** Largest share of time spent on checks, so that a thousand callers leave Postgres to others. */
const BUSY_SHARE = 0.1;
/** Changes within this time are checked together, in milliseconds. */
const PAUSE_MS = 10;
const MAX_PAUSE_MS = 2_000;
const MAX_BATCH = 2_000;
/** Largest number of waiting changes before reading from the stream pauses. */
const MAX_WAITING = 10_000;
/** Attempts for a check that fails, for example because a lock is not available. */
const MAX_ATTEMPTS = 3;

/** Subscription that matches a change, with the role of its follower at the time of the check. */
interface Match {
  readonly follower: Follower;
  readonly subscription: Subscription;
  readonly role: string;
}

/** Change that one caller receives if row level security allows it. */
interface CallerCheck {
  readonly caller: Caller;
  readonly wanted: { readonly match: Match; readonly selection: Selection }[];
}

/**
 * Sends changes to the followers who may see them under row level security. All waiting changes are
 * checked together: one statement per table asks for each caller which of the rows that passed the
 * caller's filters are visible, once per row.
 */
export class ChangeFeed {
  readonly #followers = new Set<Follower>();
  #waiting: PendingChange[] = [];
  #flushing: Promise<void> | undefined;
  #isStopped = false;

  constructor(private readonly options: ChangeFeedOptions) {}

  add(follower: Follower): void {
    this.#followers.add(follower);
  }

  remove(follower: Follower): void {
    this.#followers.delete(follower);
  }

  /** Returns whether anybody follows a table. */
  wants(relation: Relation): boolean {
    return this.#followers.values().some(({ subscriptions }) =>
      subscriptions.some((one) => concerns(one, relation))
    );
  }

  /** Adds a transaction. Settles when there is room for more. */
  async push({ committedAt, changes }: Transaction): Promise<void> {
    this.#waiting.push(...changes.map((change) => ({ change, committedAt })));
    this.#flushing ??= this.#flush().finally(() => this.#flushing = undefined);
    if (this.#waiting.length > MAX_WAITING) await this.#flushing;
  }

  /** Discards all waiting changes. */
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
          this.options.log("realtime", `${batch.length} changes were not delivered: ${error}`);
          this.options.onLoss();
        }
      }
      const busy = performance.now() - begun;
      pause = Math.min(MAX_PAUSE_MS, Math.max(PAUSE_MS, busy * (1 / BUSY_SHARE - 1)));
    }
  }

  async #deliver(batch: readonly PendingChange[]): Promise<void> {
    const byTable = Map.groupBy(batch, ({ change: { relation } }) => relation.relationOid);
    const deliveries = new Map<PendingChange, () => void>();
    for (const group of byTable.values()) {
      const [first] = group;
      if (first === undefined) continue;
      const { relation } = first.change;
      const facts = await this.options.tables.find(relation.schema, relation.name);
      // The name may now belong to another table, which has its own grants.
      if (facts?.oid !== relation.relationOid) continue;
      const matches = await this.#match(facts, relation, group);
      for (const [waiting, matching] of matches) {
        deliveries.set(waiting, () => send(waiting, facts, matching));
      }
    }
    for (const waiting of batch) deliveries.get(waiting)?.();
  }

  /** Returns the followers of each change of a table, by event, filter and row level security. */
  async #match(
    facts: TableFacts,
    relation: Relation,
    group: readonly PendingChange[],
  ): Promise<Map<PendingChange, Match[]>> {
    const matches = new Map<PendingChange, Match[]>();
    const add = (waiting: PendingChange, match: Match) => {
      const known = matches.get(waiting);
      if (known === undefined) matches.set(waiting, [match]);
      else known.push(match);
    };
    const rows = new ChangedRows(facts, group);
    const checks = this.#collectWishes(facts, relation, rows);
    for (const { wanted } of checks) {
      for (const { match, selection } of wanted) {
        for (const waiting of selection.free) add(waiting, match);
      }
    }
    const asking = checks.filter(({ wanted }) =>
      wanted.some(({ selection }) => selection.guarded.length > 0)
    );
    if (asking.length === 0) return matches;
    const answers = await this.#ask(facts.oid, rows.keys, asking);
    for (const { caller, visible, problem } of answers) {
      if (problem !== null) this.options.log("realtime", `a policy failed: ${problem}`);
      const seen = new Set(visible);
      for (const { match, selection } of asking[caller]?.wanted ?? []) {
        for (const { waiting, place } of selection.guarded) {
          if (seen.has(place)) add(waiting, match);
        }
      }
    }
    return matches;
  }

  #collectWishes(
    facts: TableFacts,
    relation: Relation,
    rows: ChangedRows,
  ): CallerCheck[] {
    const readers = new Set(facts.columns.flatMap(({ readers }) => readers));
    const checks = new Map<string, CallerCheck>();
    // Many followers use the same filter, so its result is computed once.
    const selections = new Map<string, Selection>();
    for (const follower of this.#followers) {
      const { caller, subscriptions } = follower;
      if (!readers.has(caller.role)) continue;
      for (const subscription of subscriptions) {
        if (!concerns(subscription, relation)) continue;
        const key = `${subscription.type} ${subscription.filter}`;
        const selection = selections.get(key) ?? rows.select(subscription);
        selections.set(key, selection);
        if (selection.free.length + selection.guarded.length === 0) continue;
        const match = { follower, subscription, role: caller.role };
        const check = checks.get(caller.claims);
        if (check === undefined) {
          checks.set(caller.claims, { caller, wanted: [{ match, selection }] });
        } else check.wanted.push({ match, selection });
      }
    }
    return [...checks.values()];
  }

  /** Returns the results of callers who see a row or whose policies fail. */
  async #ask(
    table: number,
    keys: readonly (readonly string[])[],
    checks: readonly CallerCheck[],
  ) {
    const { sql } = this.options;
    const asked = checks.map(({ caller: { role, claims }, wanted }, number) => {
      const places = new Set(
        wanted.flatMap(({ selection }) => selection.guarded.map(({ place }) => place)),
      );
      // No list of positions means all rows.
      return { number, role, claims, places: places.size === keys.length ? null : [...places] };
    });
    for (let attempt = 1;; attempt++) {
      try {
        return await sql<{ caller: number; visible: number[] | null; problem: string | null }[]>`
          select * from realtime.list_visible_rows(
            ${table}::oid::regclass, ${sql.json(keys.map((key) => [...key]))}, ${sql.json(asked)}
          )`;
      } catch (error) {
        if (this.#isStopped || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }
}

function concerns(one: Subscription, { schema, name }: Relation): boolean {
  return (one.schema === "*" || one.schema === schema) &&
    (one.table === "*" || one.table === name);
}

/** Sends a change to its followers. Followers who see the same get the same text. */
function send(
  { change, committedAt }: PendingChange,
  facts: TableFacts,
  matches: readonly Match[],
): void {
  const written = new Map<string, string>();
  const byFollower = Map.groupBy(matches, ({ follower }) => follower);
  for (const [follower, own] of byFollower) {
    const bySelect = Map.groupBy(
      own,
      ({ role, subscription: { select } }) => JSON.stringify([role, select]),
    );
    for (const [key, alike] of bySelect) {
      const [first] = alike;
      if (first === undefined) continue;
      const { role, subscription: { select } } = first;
      const data = written.get(key) ?? describeChange(change, committedAt, facts, role, select);
      written.set(key, data);
      follower.deliver(alike.map(({ subscription: { id } }) => id), data);
    }
  }
}
