import { z } from "zod";
import type { GatewayConnection, RestRequest } from "../gateway_connection.ts";
import type { Caller } from "./caller.ts";
import type { MediaType } from "./media_type.ts";
import type { Preferences } from "./preferences.ts";
import { quoteLiteral } from "./quote.ts";
import { RestError } from "./rest_error.ts";
import type { Routine } from "./schema_cache.ts";
import { INSERTED_COUNT } from "./write_sql.ts";

/** As whom and where a statement runs. */
export interface Access {
  readonly connection: GatewayConnection;
  readonly caller: Caller;
  readonly rest: RestRequest;
  readonly maxRows: number | undefined;
}

/** Statement whose result Postgres writes as JSON. */
export interface Statement {
  /** Makes the rows `pgrst_source`. */
  readonly source: string;
  /** Reads the rows of the response, mostly from `pgrst_source`. */
  readonly result: string;
  /** Rows to count if the client asks for a count. */
  readonly count?: string;
  readonly isReadOnly: boolean;
  /** Function whose result it is. */
  readonly routine?: Routine;
  /** Whether `max-affected` holds. */
  readonly limitsAffected?: boolean;
  /** Whether exactly one row must be affected. */
  readonly affectsOne?: boolean;
  /** Columns of the `Location` header. */
  readonly locates?: readonly string[];
  /** Whether the rows are in the response. */
  readonly hasBody?: boolean;
  readonly media: MediaType;
  readonly preferences: Preferences;
}

/** Outcome of a {@link Statement}. */
export interface StatementResult {
  /** Rows of the response. */
  readonly page: number;
  /** Rows without limits. */
  readonly total: number | undefined;
  readonly body: string;
  /** Rows that an upsert inserted; undefined for other statements. */
  readonly inserted: number | undefined;
  /** Query string that names the first row. */
  readonly location: string | undefined;
  /** Status that SQL has set. */
  readonly status: number | undefined;
  /** Headers that SQL has set. */
  readonly headers: readonly (readonly [string, string])[];
}

/** The extended protocol, which takes one statement only. The driver's types lack the option. */
const EXTENDED = { prepare: false, simple: false };

const rowSchema = z.object({
  page: z.coerce.number(),
  total: z.coerce.number().nullable(),
  body: z.string(),
  inserted: z.coerce.number().nullable(),
  location: z.string().nullable(),
  status: z.string().nullable(),
  headers: z.string().nullable(),
});
const headersSchema = z.array(z.record(z.string(), z.string()));
const explainSchema = z.tuple([z.object({ Plan: z.object({ "Plan Rows": z.number() }) })]);

/**
 * Runs a statement as the caller.
 *
 * @throws {RestError} `PGRST116` and others if the number of rows is not what the client wants;
 *   nothing has been changed then.
 */
export async function runStatement(
  { connection, caller, rest, maxRows }: Access,
  statement: Statement,
): Promise<StatementResult> {
  const { preferences: { count, timezone }, isReadOnly } = statement;
  const settings = timezone !== undefined && isTimezone(timezone) ? { TimeZone: timezone } : {};
  return await connection.asCaller(caller, rest, { isReadOnly, settings }, async (sql) => {
    const [found] = await sql.unsafe(writeStatement(statement, maxRows), [], EXTENDED);
    const row = rowSchema.parse(found);
    checkRows(statement, row.page);
    let total = row.total ?? undefined;
    const isPlanned = count === "planned" ||
      (count === "estimated" && maxRows !== undefined && (total ?? 0) > maxRows);
    if (statement.count !== undefined && isPlanned && statement.routine === undefined) {
      const explained = await sql.unsafe(`explain (format json) ${statement.count}`, [], EXTENDED);
      const [{ Plan }] = explainSchema.parse(explained[0]?.["QUERY PLAN"]);
      total = Math.max(Plan["Plan Rows"], total ?? 0);
    }
    return {
      page: row.page,
      total,
      body: row.body,
      inserted: row.inserted ?? undefined,
      location: row.location ?? undefined,
      status: parseStatus(row.status),
      headers: parseHeaders(row.headers),
    };
  });
}

function writeStatement(statement: Statement, maxRows: number | undefined): string {
  const { source, result, count, locates = [], preferences, routine } = statement;
  const wanted = preferences.count;
  const isPlanned = wanted === "planned" && routine === undefined;
  const isCounted = count !== undefined && wanted !== undefined && !isPlanned;
  const limit = wanted === "estimated" && maxRows !== undefined ? ` limit ${maxRows + 1}` : "";
  const counting = isCounted ? `, pgrst_source_count as (${count}${limit})` : "";
  const setting = (name: string) => `nullif(current_setting('${name}', true), '')`;
  return `with pgrst_source as (${source})${counting} select
    count(_postgrest_t) as page,
    ${isCounted ? "(select count(*) from pgrst_source_count)" : "null"} as total,
    (${writeBodyExpression(statement)})::text as body,
    ${INSERTED_COUNT} as inserted,
    ${locates.length > 0 ? writeLocation(locates) : "null"} as location,
    ${setting("response.status")} as status,
    ${setting("response.headers")} as headers
    from (${result}) _postgrest_t`;
}

function writeBodyExpression({ media, routine, hasBody }: Statement): string {
  if (hasBody === false) return "''";
  if (media.format === "csv") return CSV;
  const isScalar = routine !== undefined && !routine.isComposite;
  const rows = isScalar ? "_postgrest_t.pgrst_scalar" : "_postgrest_t";
  const isSingle = media.format === "object" || (routine !== undefined && !routine.isSet);
  const list = `json_agg(${rows})${isSingle ? "->0" : ""}`;
  const stripped = media.stripsNulls ? `json_strip_nulls(${list})` : list;
  return `coalesce(${stripped}, '${isSingle ? "null" : "[]"}')`;
}

const CSV = `(select coalesce(string_agg(a.k, ','), '') from (select json_object_keys(r)::text as k
  from (select row_to_json(hh) as r from pgrst_source hh limit 1) s) a) || E'\\n' ||
  coalesce(string_agg(substring(_postgrest_t::text, 2, length(_postgrest_t::text) - 2), E'\\n'), '')`;

function writeLocation(columns: readonly string[]): string {
  return `(select string_agg(d.key || '=' || coalesce('eq.' || d.value, 'is.null'), '&')
    from (select row_to_json(s) as row from pgrst_source s limit 1) r
    cross join json_each_text(r.row) d
    where d.key in (${columns.map(quoteLiteral).join(", ")}))`;
}

function checkRows(
  { media, preferences, limitsAffected, affectsOne, routine }: Statement,
  page: number,
) {
  if (affectsOne && page !== 1) {
    const message = "Payload values do not match URL in primary key column(s)";
    throw new RestError(400, "PGRST115", message);
  }
  const isVoid = routine?.isVoid ?? false;
  if (media.format === "object" && page !== 1 && !isVoid) {
    throw new RestError(
      406,
      "PGRST116",
      "Cannot coerce the result to a single JSON object",
      `The result contains ${page} rows`,
    );
  }
  const { handling, maxAffected } = preferences;
  if (limitsAffected && handling === "strict" && maxAffected !== undefined && page > maxAffected) {
    throw new RestError(
      400,
      "PGRST124",
      "Query result exceeds max-affected preference constraint",
      `The query affects ${page} rows`,
    );
  }
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function parseStatus(text: string | null): number | undefined {
  if (text === null) return undefined;
  const status = Number(text);
  if (Number.isInteger(status) && status >= 200 && status <= 599) return status;
  throw new RestError(500, "PGRST112", "response.status guc must be a valid status code");
}

function parseHeaders(text: string | null): [string, string][] {
  if (text === null) return [];
  try {
    return headersSchema.parse(JSON.parse(text)).flatMap((one) => Object.entries(one));
  } catch {
    throw new RestError(
      500,
      "PGRST111",
      "response.headers guc must be a JSON array composed of objects with a single key and a string value",
    );
  }
}
