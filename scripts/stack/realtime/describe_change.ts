import { columnValue } from "./column_value.ts";
import type { Change, Row } from "./replication.ts";
import type { ColumnFacts, TableFacts } from "./table_facts.ts";

/** Size in bytes from which a change carries only short values, as on hosted. */
const MAX_RECORD_BYTES = 1024 * 1024;
const SHORT_BYTES = 64;

/** Returns the JSON text of a change for a role. */
export function describeChange(
  { relation, type, row = {}, old }: Change,
  committedAt: Date,
  { columns, key, hasRls }: TableFacts,
  role: string,
  select: readonly string[] | undefined,
): string {
  const shown = columns.filter(({ name, readers }) =>
    readers.includes(role) && (select === undefined || select.includes(name) || key.includes(name))
  );
  // Policies cannot be checked for a row that no longer exists, so only its key is sent.
  const identified = type === "DELETE" && hasRls ? key : relation.keyColumns;
  const identity = shown.filter(({ name }) =>
    identified.includes(name) && relation.keyColumns.includes(name)
  );
  // A large value that did not change may be known from the old row.
  const valueOf = (name: string) => row[name] === undefined ? old?.[name] : row[name];
  const lengths = relation.columns.map(({ name }) => valueOf(name)?.length ?? 0);
  const isTooLarge = lengths.reduce((sum, length) => sum + length, 0) > MAX_RECORD_BYTES;
  const pick = (from: readonly ColumnFacts[], valueOf: (name: string) => Row[string]) =>
    Object.fromEntries(from.flatMap(({ name, type }): [string, unknown][] => {
      const value = valueOf(name);
      if (value === undefined) return [];
      if (isTooLarge && (value?.length ?? 0) > SHORT_BYTES) return [];
      return [[name, columnValue(value, type)]];
    }));
  return JSON.stringify({
    schema: relation.schema,
    table: relation.name,
    type,
    commit_timestamp: committedAt.toISOString(),
    columns: shown.map(({ name, type }) => ({ name, type })),
    ...type === "DELETE" ? {} : { record: pick(shown, valueOf) },
    // An unchanged identity is not sent twice in the stream.
    ...type === "INSERT" ? {} : { old_record: pick(identity, (name) => (old ?? row)[name]) },
    errors: isTooLarge ? ["Error 413: Payload Too Large"] : null,
  });
}
