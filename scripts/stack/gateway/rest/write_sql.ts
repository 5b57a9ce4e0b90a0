import { quoteLiteral, quoteName } from "./quote.ts";
import { RestError } from "./rest_error.ts";
import type { Payload } from "./payload.ts";
import { writeCondition } from "./read_sql.ts";
import type { Column, Table } from "./schema_cache.ts";
import type { Condition } from "./url_grammar.ts";

/** Setting that counts the rows that an upsert inserted, in the transaction. */
const INSERTED = "pgrst.inserted";

/** How an insert treats rows that exist. */
export interface Conflict {
  readonly resolution: "merge-duplicates" | "ignore-duplicates";
  readonly columns: readonly string[];
}

/** Insert of a body's rows. */
export interface Insert {
  readonly table: Table;
  readonly payload: Payload;
  /** Whether keys that are missing get the columns' defaults rather than null. */
  readonly usesDefaults: boolean;
  readonly conflict: Conflict | undefined;
  /** Conditions that the rows of a PUT must meet. */
  readonly conditions: readonly Condition[];
  readonly returning: readonly string[];
}

/** Writes an insert of a body's rows. */
export function writeInsert(
  { table, payload, usesDefaults, conflict, conditions, returning }: Insert,
): string {
  const columns = findColumns(table, payload.keys);
  const names = columns.map(({ name }) => quoteName(name));
  const scope = { rows: "pgrst_body", table };
  const checks = conditions.map((one) => writeCondition(one, scope, undefined));
  const counts = conflict?.resolution === "merge-duplicates";
  if (counts || checks.length > 0) checks.unshift(writeCounter(1));
  return [
    `insert into ${nameOf(table)}${names.length > 0 ? `(${names.join(", ")})` : ""}`,
    `select ${names.map((name) => `pgrst_body.${name}`).join(", ")}`,
    writeBody(payload, columns, usesDefaults, false),
    checks.length > 0 ? `where ${checks.join(" and ")}` : "",
    conflict === undefined ? "" : writeConflict(conflict, names, counts),
    writeReturning(table, returning),
  ].join(" ");
}

function writeConflict(
  { resolution, columns }: Conflict,
  names: readonly string[],
  counts: boolean,
): string {
  if (columns.length === 0) return "";
  const target = `on conflict (${columns.map(quoteName).join(", ")})`;
  if (resolution === "ignore-duplicates" || names.length === 0) return `${target} do nothing`;
  const sets = names.map((name) => `${name} = excluded.${name}`).join(", ");
  return `${target} do update set ${sets}${counts ? ` where ${writeCounter(-1)}` : ""}`;
}

/** Writes a condition that is always true and adds to the number of inserted rows. */
function writeCounter(step: number): string {
  return `set_config('${INSERTED}', (coalesce(nullif(current_setting('${INSERTED}', true), '')::int, 0) ` +
    `+ (${step}))::text, true) <> ''`;
}

/** Expression for the number of rows that an upsert inserted; null for any other statement. */
export const INSERTED_COUNT = `nullif(current_setting('${INSERTED}', true), '')::int`;

/** Writes an update by a body's object. */
export function writeUpdate(
  table: Table,
  payload: Payload,
  usesDefaults: boolean,
  conditions: readonly Condition[],
  returning: readonly string[],
): string {
  const columns = findColumns(table, payload.keys);
  if (columns.length === 0) {
    const names = returning.map((name) => name === "*" ? "*" : quoteName(name)).join(", ");
    return `select ${names === "" ? "null" : names} from ${nameOf(table)} where false`;
  }
  const sets = columns.map(({ name }) => `${quoteName(name)} = pgrst_body.${quoteName(name)}`);
  return [
    `update ${nameOf(table)} set ${sets.join(", ")}`,
    writeBody(payload, columns, usesDefaults, true),
    writeWhere(table, conditions),
    writeReturning(table, returning),
  ].join(" ");
}

/** Writes a delete. */
export function writeDelete(
  table: Table,
  conditions: readonly Condition[],
  returning: readonly string[],
): string {
  return [
    `delete from ${nameOf(table)}`,
    writeWhere(table, conditions),
    writeReturning(table, returning),
  ].join(" ");
}

function nameOf({ schema, name }: Table): string {
  return `${quoteName(schema)}.${quoteName(name)}`;
}

function writeWhere(table: Table, conditions: readonly Condition[]): string {
  if (conditions.length === 0) return "";
  const scope = { rows: nameOf(table), table };
  return `where ${conditions.map((one) => writeCondition(one, scope, undefined)).join(" and ")}`;
}

function writeReturning(table: Table, columns: readonly string[]): string {
  if (columns.length === 0) return "returning 1";
  const names = columns.map((name) => name === "*" ? "*" : quoteName(name));
  return `returning ${names.map((name) => `${nameOf(table)}.${name}`).join(", ")}`;
}

function findColumns(table: Table, keys: readonly string[]): Column[] {
  return keys.map((key) => {
    const column = table.columns.find(({ name }) => name === key);
    if (column !== undefined) return column;
    throw new RestError(
      400,
      "PGRST204",
      `Could not find the '${key}' column of '${table.name}' in the schema cache`,
    );
  });
}

/** Writes the `from` clause that makes a body's rows, named `pgrst_body`. */
export function writeBody(
  { json, isObject }: Pick<Payload, "json" | "isObject">,
  columns: readonly Pick<Column, "name" | "nominalType" | "default">[],
  usesDefaults: boolean,
  isSingle: boolean,
): string {
  const type = usesDefaults ? "jsonb" : "json";
  const source = `(select ${quoteLiteral(json)}::${type} as json_data) pgrst_payload`;
  const defaults = columns.flatMap(({ name, default: value }) =>
    value === null ? [] : [`${quoteLiteral(name)}, ${value}`]
  );
  const defaulted = `jsonb_build_object(${defaults.join(", ")})`;
  const merged = isObject
    ? `lateral (select ${defaulted} || pgrst_payload.json_data as val) pgrst_defaults`
    : `lateral (select jsonb_agg(${defaulted} || elem) as val ` +
      "from jsonb_array_elements(pgrst_payload.json_data) elem) pgrst_defaults";
  const data = usesDefaults ? "pgrst_defaults.val" : "pgrst_payload.json_data";
  const names = columns.map(({ name }) => quoteName(name)).join(", ");
  const typed = columns.map(({ name, nominalType }) => `${quoteName(name)} ${nominalType}`);
  const rows = columns.length > 0
    ? `${type}_to_record${isObject ? "" : "set"}(${data}) as _(${typed.join(", ")})`
    : isObject
    ? "(values (1)) _"
    : `${type}_array_elements(${data}) _`;
  const limit = isSingle ? " limit 1" : "";
  return `from ${[source, ...usesDefaults ? [merged] : []].join(", ")}, ` +
    `lateral (select ${names} from ${rows}${limit}) pgrst_body`;
}
