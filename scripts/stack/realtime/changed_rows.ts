import type { Change, Row } from "./replication.ts";
import type { Subscription } from "./subscription.ts";
import type { TableFacts } from "./table_facts.ts";

/** Change that has not been sent yet. */
export interface PendingChange {
  readonly change: Change;
  readonly committedAt: Date;
}

/** Changes of a group that pass one filter. */
export interface Selection {
  /** Changes that need no check, because the row no longer exists or the table has no policy. */
  readonly free: readonly PendingChange[];
  readonly guarded: readonly Guarded[];
}

export interface Guarded {
  readonly waiting: PendingChange;
  /** Position among the rows that are checked. */
  readonly place: number;
}

/** Rows of one table that changes refer to. */
export class ChangedRows {
  /** Values of the primary key, one list per row. */
  readonly keys: string[][] = [];
  readonly #values = new Map<PendingChange, Row>();
  readonly #places = new Map<PendingChange, number>();
  readonly #free = new Set<PendingChange>();

  constructor({ key, hasRls }: TableFacts, group: readonly PendingChange[]) {
    const placeOf = new Map<string, number>();
    for (const waiting of group) {
      const { type, row, old } = waiting.change;
      const values = row ?? old ?? {};
      this.#values.set(waiting, values);
      if (type === "DELETE" || !hasRls) {
        this.#free.add(waiting);
        continue;
      }
      const keyValues = key.map((name) => values[name])
        .filter((value) => typeof value === "string");
      // Without a primary key, Postgres cannot be asked who may see the row.
      if (keyValues.length === 0 || keyValues.length < key.length) continue;
      const name = JSON.stringify(keyValues);
      const place = placeOf.get(name) ?? this.keys.push(keyValues) - 1;
      placeOf.set(name, place);
      this.#places.set(waiting, place);
    }
  }

  /** Returns the changes that pass a subscription's event and filter. */
  select({ type, tests }: Subscription): Selection {
    const [free, guarded]: [PendingChange[], Guarded[]] = [[], []];
    for (const [waiting, values] of this.#values) {
      if (type !== "*" && type !== waiting.change.type) continue;
      const isWanted = tests.every(({ column, holds }) => {
        const value = values[column];
        return value !== undefined && holds(value);
      });
      if (!isWanted) continue;
      const place = this.#places.get(waiting);
      if (this.#free.has(waiting)) free.push(waiting);
      else if (place !== undefined) guarded.push({ waiting, place });
    }
    return { free, guarded };
  }
}
