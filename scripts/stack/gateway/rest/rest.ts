import type { StackConfig } from "../../config.ts";
import type { GatewayConnection } from "../gateway_connection.ts";
import { type Arguments, findRoutine, writeCall } from "./call_sql.ts";
import { type Caller, identifyCaller } from "./caller.ts";
import { isDatabaseError, renderDatabaseError } from "./database_errors.ts";
import { type MediaType, negotiate } from "./media_type.ts";
import { describeOpenApi } from "./open_api.ts";
import { type Payload, readPayload } from "./payload.ts";
import { describeApplied, parsePreferences, type Preferences } from "./preferences.ts";
import { columnsOf, planRead } from "./read_plan.ts";
import { writeCount, writeRead } from "./read_sql.ts";
import { renderError, RestError } from "./rest_error.ts";
import { findTable, type SchemaCache, type Table } from "./schema_cache.ts";
import { runStatement, type StatementResult } from "./statement.ts";
import { type Condition, parseUrlQuery, type UrlQuery } from "./url_grammar.ts";
import { type Conflict, writeDelete, writeInsert, writeUpdate } from "./write_sql.ts";

/** Configuration of the REST service. */
export type RestConfig = Pick<StackConfig, "api" | "keys">;

/** What answers a request. */
interface Context {
  readonly request: Request;
  readonly url: URL;
  readonly config: RestConfig;
  readonly connection: GatewayConnection;
  readonly cache: SchemaCache;
  readonly caller: Caller;
  readonly schema: string;
  readonly media: MediaType;
  readonly preferences: Preferences;
}

/**
 * Answers a `/rest/v1` request as hosted's PostgREST does: Postgres itself writes the JSON. Legacy
 * keys must have been replaced.
 */
export async function answerRest(
  request: Request,
  config: RestConfig,
  connection: GatewayConnection,
): Promise<Response> {
  let role = "anon";
  try {
    const caller = await identifyCaller(request, config.keys);
    if (caller instanceof Response) return caller;
    role = caller.role;
    const schema = chooseSchema(request, config.api.schemas);
    const response = await route({
      request,
      url: new URL(request.url),
      config,
      connection,
      cache: await connection.restSchema(config.api.schemas),
      caller,
      schema,
      media: negotiate(request.headers.get("Accept")),
      preferences: parsePreferences(request.headers.get("Prefer")),
    });
    if (config.api.schemas.length > 1) response.headers.set("Content-Profile", schema);
    return response;
  } catch (error) {
    if (error instanceof RestError) return renderError(error.status, error.body);
    if (isDatabaseError(error)) return renderDatabaseError(error, role);
    throw error;
  }
}

function chooseSchema(request: Request, schemas: readonly string[]): string {
  const reads = request.method === "GET" || request.method === "HEAD";
  const asked = request.headers.get(reads ? "Accept-Profile" : "Content-Profile");
  const schema = asked ?? schemas[0] ?? "public";
  if (schemas.includes(schema)) return schema;
  throw new RestError(
    406,
    "PGRST106",
    `Invalid schema: ${schema}`,
    null,
    `Only the following schemas are exposed: ${schemas.join(", ")}`,
  );
}

async function route(context: Context): Promise<Response> {
  const { request: { method }, url, cache, schema } = context;
  const [, , , first = "", second, ...more] = url.pathname.split("/").map(decodePart);
  const isKnown = ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"].includes(method);
  if (!isKnown) throw new RestError(405, "PGRST117", `Unsupported HTTP method: ${method}`);
  if (first === "rpc" && second !== undefined && more.length === 0) {
    return await call(context, second);
  }
  if (first === "" && second === undefined) return await describeOpenApi(context);
  if (first === "" || second !== undefined) {
    throw new RestError(404, "PGRST125", "Invalid path specified in request URL");
  }
  const query = parseUrlQuery(url.searchParams, false);
  const table = findTable(cache, schema, first);
  if (method === "GET" || method === "HEAD") return await read(context, table, query);
  return await write(context, table, query);
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

async function read(context: Context, table: Table, query: UrlQuery): Promise<Response> {
  const { request, schema, cache, config, url, preferences } = context;
  const ranged = applyRange(query, request.headers.get("Range"));
  const source = { schema, table, made: undefined };
  const plan = planRead(cache, source, ranged, config.api.max_rows);
  const result = await run(context, {
    source: writeRead(plan),
    result: "select * from pgrst_source",
    count: writeCount(plan),
    isReadOnly: true,
  });
  const search = new URLSearchParams([...url.searchParams].filter(([name]) => name !== "apikey"));
  search.sort();
  const location = `/${encodeURIComponent(table.name)}${search.size > 0 ? `?${search}` : ""}`;
  return answerPage(context, result, plan.offset, {
    "Content-Location": location,
    ...appliedHeader(preferences, ["count", "handling", "timezone"]),
  });
}

async function call(context: Context, name: string): Promise<Response> {
  const { request, url, cache, schema, config, preferences, media } = context;
  const { method } = request;
  const reads = method === "GET" || method === "HEAD";
  if (!reads && method !== "POST") {
    throw new RestError(405, "PGRST101", `Cannot use the ${method} method on RPC`);
  }
  const parsed = parseUrlQuery(url.searchParams, true);
  const query = reads ? applyRange(parsed, request.headers.get("Range")) : parsed;
  const args: Arguments = reads
    ? { kind: "url", pairs: query.args }
    : await readArguments(request, query);
  const routine = findRoutine(cache, schema, name, args);
  const [tableSchema, tableName] = routine.table ?? [];
  const table = cache.tables.find((one) => one.schema === tableSchema && one.name === tableName);
  const source = { schema, table, made: "pgrst_source" };
  const plan = planRead(cache, source, query, config.api.max_rows);
  const result = await run(context, {
    source: writeCall(routine, args),
    result: writeRead(plan),
    count: writeCount(plan),
    isReadOnly: reads || routine.volatility !== "v",
    routine,
    limitsAffected: true,
  });
  const applied = appliedHeader(preferences, ["count", "handling", "timezone", "maxAffected"]);
  if (routine.isVoid && media.format !== "csv") {
    const headers = { "Content-Range": contentRange(plan.offset, result), ...applied };
    return override(result, 204, headers, null);
  }
  return answerPage(context, result, plan.offset, applied);
}

async function readArguments(request: Request, query: UrlQuery): Promise<Arguments> {
  const type = request.headers.get("Content-Type")?.split(";")[0]?.trim().toLowerCase() ?? "";
  const body = await request.text();
  const raw = {
    "text/plain": "text",
    "text/xml": "xml",
    "application/octet-stream": "bytea",
  } as const;
  const kind = Object.entries(raw).find(([name]) => name === type)?.[1];
  if (kind !== undefined && body !== "") return { kind: "raw", body, type: kind };
  const payload = readPayload(
    body === "" ? "{}" : body,
    kind === undefined ? type : "",
    query.columns,
  );
  return { kind: "json", payload };
}

async function write(context: Context, table: Table, query: UrlQuery): Promise<Response> {
  const { request, cache, schema, preferences, media } = context;
  const method = request.method;
  const conditions = query.conditions.filter(({ path }) => path.length === 0)
    .map(({ value }) => value);
  const isRoot = ({ path }: { readonly path: readonly string[] }) => path.length === 0;
  const payload = method === "DELETE" ? undefined : readPayload(
    await request.text(),
    request.headers.get("Content-Type") ?? "",
    query.columns,
  );
  const returns = preferences.return ?? "minimal";
  const source = { schema, table, made: "pgrst_source" };
  const plan = planRead(
    cache,
    source,
    {
      ...query,
      conditions: query.conditions.filter((one) => !isRoot(one)),
      limits: query.limits.filter((one) => !isRoot(one)),
      offsets: query.offsets.filter((one) => !isRoot(one)),
    },
    undefined,
  );
  const returning = returns === "representation"
    ? columnsOf(plan)
    : returns === "headers-only" && method === "POST"
    ? table.primaryKey
    : [];
  const statement = writeMutation(context, table, query, payload, conditions, returning);
  const result = await run(context, {
    source: statement,
    result: returns === "representation" ? writeRead(plan) : "select * from pgrst_source",
    isReadOnly: false,
    limitsAffected: method === "PATCH" || method === "DELETE",
    affectsOne: method === "PUT",
    locates: returns === "headers-only" && method === "POST" ? table.primaryKey : [],
    hasBody: returns === "representation",
  });
  const shouldCount = preferences.count !== undefined;
  const total = shouldCount ? result.page : "*";
  const isUpsert = method === "POST" && preferences.resolution !== undefined &&
    (table.primaryKey.length > 0 || query.onConflict !== undefined);
  const applied = appliedHeader(preferences, [
    ...isUpsert ? ["resolution"] as const : [],
    ...method === "POST" || method === "PATCH" ? ["missing"] as const : [],
    ...method === "PATCH" || method === "DELETE" ? ["maxAffected"] as const : [],
    "return",
    "count",
    "handling",
    "timezone",
  ]);
  const range = method === "PATCH" && result.page > 0 ? `0-${result.page - 1}` : "*";
  const headers: Record<string, string> = {
    ...method === "PUT" ? {} : { "Content-Range": `${range}/${total}` },
    ...result.location === undefined
      ? {}
      : { Location: `/${encodeURIComponent(table.name)}?${result.location}` },
    ...applied,
  };
  const status = writeStatus(method, preferences, result);
  if (returns !== "representation") {
    return override(result, method === "POST" ? status : 204, headers, null);
  }
  return override(result, status, { ...headers, "Content-Type": media.contentType }, result.body);
}

function writeStatus(method: string, { resolution }: Preferences, result: StatementResult): number {
  const inserted = result.inserted ?? 0;
  if (method === "POST") {
    return resolution === "merge-duplicates" && result.inserted !== undefined && inserted <= 0
      ? 200
      : 201;
  }
  return method === "PUT" && inserted > 0 ? 201 : 200;
}

function writeMutation(
  { request: { method }, preferences }: Context,
  table: Table,
  query: UrlQuery,
  payload: Payload | undefined,
  conditions: readonly Condition[],
  returning: readonly string[],
): string {
  const usesDefaults = preferences.missing === "default";
  if (payload === undefined || method === "PATCH") {
    if (conditions.length === 0 && (payload === undefined || payload.keys.length > 0)) {
      // Hosted loads `safeupdate` for the API's roles.
      const verb = payload === undefined ? "DELETE" : "UPDATE";
      throw new RestError(400, "21000", `${verb} requires a WHERE clause`);
    }
    return payload === undefined
      ? writeDelete(table, conditions, returning)
      : writeUpdate(table, payload, usesDefaults, conditions, returning);
  }
  if (method === "PUT") {
    checkPut(table, query, conditions);
    const conflict = { resolution: "merge-duplicates", columns: table.primaryKey } as const;
    return writeInsert({ table, payload, usesDefaults, conflict, conditions, returning });
  }
  const { resolution } = preferences;
  const conflict: Conflict | undefined = resolution === undefined
    ? undefined
    : { resolution, columns: query.onConflict ?? table.primaryKey };
  return writeInsert({ table, payload, usesDefaults, conflict, conditions: [], returning });
}

/** @throws {RestError} if a PUT is not about one row by its primary key. */
function checkPut(table: Table, query: UrlQuery, conditions: readonly Condition[]): void {
  if (query.limits.length + query.offsets.length > 0) {
    const message = "limit/offset querystring parameters are not allowed for PUT";
    throw new RestError(400, "PGRST114", message);
  }
  const filtered = conditions.flatMap((one) =>
    one.kind === "filter" && !one.isNegated && one.operation.kind === "compare" &&
      one.operation.sql === "=" && one.operation.quantifier === ""
      ? [one.field.name]
      : []
  );
  const isKey = filtered.length === conditions.length && filtered.length > 0 &&
    filtered.toSorted().join() === table.primaryKey.toSorted().join();
  if (!isKey) {
    throw new RestError(
      405,
      "PGRST105",
      "Filters must include all and only primary key columns with 'eq' operators",
    );
  }
}

/** Applies a `Range` header and checks the limits of the rows. */
function applyRange(query: UrlQuery, header: string | null): UrlQuery {
  const isRoot = ({ path }: { readonly path: readonly string[] }) => path.length === 0;
  const limit = query.limits.filter(isRoot).at(-1)?.value;
  const offset = query.offsets.filter(isRoot).at(-1)?.value ?? 0;
  if (limit !== undefined && limit < 0) {
    throw badRange("Limit should be greater than or equal to zero.");
  }
  const [, from, to = ""] = /^(\d+)-(\d*)$/.exec(header ?? "") ?? [];
  if (from === undefined) return query;
  if (to !== "" && Number(from) > Number(to)) {
    throw badRange(
      "The lower boundary must be lower than or equal to the upper boundary in the Range header.",
    );
  }
  const start = Math.max(Number(from), offset);
  const end = Math.min(
    to === "" ? Infinity : Number(to) + 1,
    limit === undefined ? Infinity : offset + limit,
  );
  const bounds = Number.isFinite(end) ? [{ path: [], value: Math.max(0, end - start) }] : [];
  return {
    ...query,
    limits: [...query.limits.filter((one) => !isRoot(one)), ...bounds],
    offsets: [...query.offsets.filter((one) => !isRoot(one)), { path: [], value: start }],
  };
}

function badRange(details: string): RestError {
  return new RestError(416, "PGRST103", "Requested range not satisfiable", details);
}

function run(
  context: Context,
  statement: Omit<Parameters<typeof runStatement>[1], "media" | "preferences">,
): Promise<StatementResult> {
  const { connection, caller, schema, config, request, url, media, preferences } = context;
  const access = {
    connection,
    caller,
    maxRows: config.api.max_rows,
    rest: {
      method: request.method,
      path: url.pathname.replace(/^\/rest\/v1/, ""),
      headers: Object.fromEntries(request.headers),
      searchPath: [schema, ...config.api.extra_search_path],
    },
  };
  return runStatement(access, { ...statement, media, preferences });
}

function contentRange(offset: number, { page, total }: StatementResult): string {
  const range = page === 0 ? "*" : `${offset}-${offset + page - 1}`;
  return `${range}/${total ?? "*"}`;
}

function answerPage(
  { request, media }: Context,
  result: StatementResult,
  offset: number,
  headers: Record<string, string>,
): Response {
  const { page, total } = result;
  const all = {
    "Content-Range": contentRange(offset, result),
    "Content-Type": media.contentType,
    ...headers,
  };
  if (total !== undefined && offset > total) {
    const details = `An offset of ${offset} was requested, but there are only ${total} rows.`;
    return renderError(416, badRange(details).body, {
      ...all,
      "Content-Type": "application/json; charset=utf-8",
    });
  }
  const status = total !== undefined && page < total ? 206 : 200;
  return override(result, status, all, request.method === "HEAD" ? null : result.body);
}

function appliedHeader(
  preferences: Preferences,
  names: readonly (keyof Preferences)[],
): Record<string, string> {
  const applied = describeApplied(preferences, names);
  return applied === undefined ? {} : { "Preference-Applied": applied };
}

/** Makes a response with the status and headers that SQL may have set instead. */
function override(
  { status, headers }: StatementResult,
  plainStatus: number,
  plainHeaders: Record<string, string>,
  body: string | null,
): Response {
  const all = new Headers(plainHeaders);
  for (const [name, value] of headers) all.set(name, value);
  // An empty text would get a content type.
  const content = body === null || body === "" ? null : new TextEncoder().encode(body);
  if (content !== null) all.set("Content-Length", String(content.byteLength));
  return new Response(content, { status: status ?? plainStatus, headers: all });
}
