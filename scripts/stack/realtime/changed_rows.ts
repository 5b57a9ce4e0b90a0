import { identityByName, valuesByName } from "./pgoutput.ts";
import type { Change } from "./replication.ts";
import type { Subscription } from "./subscription.ts";
import type { TableFacts } from "./tables.ts";

/** A change that has not been passed on yet. */
export interface Waiting {
  readonly change: Change;
  readonly committedAt: Date;
}

/** The changes of a group that pass one filter. */
export interface Selection {
  /** Of which nobody is asked whether he may see them: there is no row any more, or no policy. */
  readonly free: readonly Waiting[];
  readonly guarded: readonly Guarded[];
}

export interface Guarded {
  readonly waiting: Waiting;
  /** Among the rows that are asked about. */
  readonly place: number;
}

/** The rows of one table that changes are about. */
export class ChangedRows {
  /** Values of the primary keys, a row each. */
  readonly keys: string[][] = [];
  readonly #values = new Map<Waiting, ReadonlyMap<string, string | null>>();
  readonly #places = new Map<Waiting, number>();
  readonly #free = new Set<Waiting>();

  constructor({ key, hasRls }: TableFacts, group: readonly Waiting[]) {
    const placeOf = new Map<string, number>();
    for (const waiting of group) {
      const { type, relation, row, old } = waiting.change;
      const values = row === undefined
        ? identityByName(relation, old ?? [])
        : valuesByName(relation, row);
      this.#values.set(waiting, values);
      if (type === "DELETE" || !hasRls) {
        this.#free.add(waiting);
        continue;
      }
      const keyValues = key.map((name) => values.get(name))
        .filter((value) => typeof value === "string");
      // Without a primary key nobody can be asked whether he sees the row.
      if (keyValues.length === 0 || keyValues.length < key.length) continue;
      const name = JSON.stringify(keyValues);
      const place = placeOf.get(name) ?? this.keys.push(keyValues) - 1;
      placeOf.set(name, place);
      this.#places.set(waiting, place);
    }
  }

  /** The changes that a subscription's event and filter let through. */
  select({ type, tests }: Subscription): Selection {
    const [free, guarded]: [Waiting[], Guarded[]] = [[], []];
    for (const [waiting, values] of this.#values) {
      if (type !== "*" && type !== waiting.change.type) continue;
      const isWanted = tests.every(({ column, holds }) => {
        const value = values.get(column);
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
