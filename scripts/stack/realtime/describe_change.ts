import { columnValue } from "./column_value.ts";
import { identityByName, valuesByName } from "./pgoutput.ts";
import type { Change } from "./replication.ts";
import type { ColumnFacts, TableFacts } from "./tables.ts";

/** From this size on a change carries only what is short, as hosted. */
const MAX_RECORD_BYTES = 1024 * 1024;
const SHORT_BYTES = 64;

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
