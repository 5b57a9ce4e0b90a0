import type postgres from "postgres";
import type { Caller } from "./callers.ts";
import { compileCondition, FilterError, parseFilter, type Test } from "./change_filter.ts";
import type { ChangeRequest } from "./join_payload.ts";
import type { Tables } from "./table_facts.ts";

/** Subscription of one binding of a channel. */
export interface Subscription {
  /** Id from the reply to the join. */
  readonly id: number;
  readonly type: "*" | "INSERT" | "UPDATE" | "DELETE";
  /** Schema; `*` matches any. */
  readonly schema: string;
  /** Table; `*` matches any. */
  readonly table: string;
  /** Filter as the client wrote it. */
  readonly filter: string;
  readonly tests: readonly Test[];
  /** Columns to send in addition to the primary key; all if absent. */
  readonly select?: readonly string[] | undefined;
}

/** Error of a binding that cannot be served. The message is sent to the client. */
export class SubscriptionError extends Error {
  override readonly name = "SubscriptionError";
}

const TYPES = ["INSERT", "UPDATE", "DELETE"] as const;

/**
 * Prepares a binding for matching.
 *
 * @throws {SubscriptionError} if the table is not published, the caller may not read a named column
 * or a filter cannot be applied.
 */
export async function compileSubscription(
  id: number,
  request: ChangeRequest,
  caller: Caller,
  { sql, tables, publication }: {
    readonly sql: postgres.Sql;
    readonly tables: Tables;
    readonly publication: string;
  },
): Promise<Subscription> {
  const { schema = "public", table = "*", filter = "", select } = request;
  if (request.schema === undefined && request.table === undefined) {
    throw new SubscriptionError(
      "No subscription params provided. Please provide at least a `schema` or `table` to subscribe to",
    );
  }
  const refuse = (reason: string) =>
    new SubscriptionError(
      `Unable to subscribe to changes with given parameters. ${reason}: ` +
        `[event: ${request.event}, schema: ${schema}, table: ${table}, filter: ${filter}]`,
    );
  if (!await tables.isPublished(publication, schema, table)) {
    throw refuse("Please check Realtime is enabled for the given connect parameters");
  }
  const type = TYPES.find((known) => known === request.event.toUpperCase()) ?? "*";
  const isWildcard = schema === "*" || table === "*";
  const facts = isWildcard ? undefined : await tables.find(schema, table);
  const readable = new Map(
    facts?.columns.filter(({ readers }) => readers.includes(caller.role))
      .map(({ name, type }) => [name, type]),
  );
  if (facts !== undefined && readable.size === 0) throw refuse("No column of it may be read");
  try {
    if (isWildcard && select !== undefined) {
      throw new FilterError("Column selection is not supported for wildcard subscriptions");
    }
    const unknown = select?.find((name) => !readable.has(name));
    if (unknown !== undefined) throw new FilterError(`invalid column for select ${unknown}`);
    const tests = await Promise.all(
      parseFilter(filter).map((condition) => {
        const columnType = readable.get(condition.column);
        if (columnType === undefined) {
          throw new FilterError(`invalid column for filter ${condition.column}`);
        }
        return compileCondition(sql, condition, columnType);
      }),
    );
    return { id, type, schema, table, filter, tests, select: select?.length ? select : undefined };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw refuse(error.message);
  }
}
