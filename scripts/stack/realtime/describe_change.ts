import { columnValue } from "./column_value.ts";
import { identityByName, valuesByName } from "./pgoutput.ts";
import type { Change } from "./replication.ts";
import type { ColumnFacts, TableFacts } from "./table_facts.ts";

/** Size in bytes from which a change carries only short values, as on hosted. */
const MAX_RECORD_BYTES = 1024 * 1024;
const SHORT_BYTES = 64;

/** Returns the JSON text of a change for a role. */
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
  // An unchanged identity is not sent twice in the stream.
  const identity = identityByName(relation, old ?? row ?? []);
  // A large value that did not change may be known from the old row.
  const record = new Map([...identity, ...values]);
  // Policies cannot be checked for a row that no longer exists, so only its key is sent.
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
