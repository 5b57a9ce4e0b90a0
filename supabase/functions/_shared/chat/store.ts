import postgres from "postgres";
import { z } from "zod";
import { tokenPricesSchema } from "../models/token_prices.ts";
import { type Database, isDatabaseUnavailable, query, toJson } from "../platform/database.ts";
import { notFound } from "../platform/http/problem.ts";
import { keepValue } from "../platform/kept_value.ts";
import { systemClock } from "../platform/system_clock.ts";
import { type ChatStore, QueryError, type QueryResult } from "./ports.ts";

/** What is asked is asked through {@link ChatStoreOptions.connectQueries}; all else through `sql`. */
export interface ChatStoreOptions {
  readonly sql: Database;
  /**
   * Makes connections for model-written statements, whose `statement_timeout` is that of such a
   * statement: a function cannot arm the timer of the statement that called it.
   */
  readonly connectQueries: () => Database;
}

/** Migrations are rare, and a deploy starts new isolates. */
const SCHEMA_AGE = { freshMs: 5 * 60_000, usableMs: 60 * 60_000 };
const PRICE_AGE = { freshMs: 60_000, usableMs: 60 * 60_000 };

/** For so long after a query its connection is there for certain. */
const CONNECTED_MS = 15_000;

const schemaSchema = z.object({
  relations: z.array(z.object({
    name: z.string(),
    comment: z.string().nullable(),
    columns: z.array(z.object({
      name: z.string(),
      type: z.string(),
      comment: z.string().nullable(),
    })),
  })),
});

const resultSchema = z.object({
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  rows: z.array(z.array(z.unknown())),
  row_count: z.int(),
  truncated: z.boolean(),
  duration_ms: z.number(),
}).transform(({ row_count, duration_ms, ...rest }): QueryResult => ({
  ...rest,
  rowCount: row_count,
  durationMs: duration_ms,
}));

const begunSchema = z.union([
  z.object({ retry_after_seconds: z.number() })
    .transform(({ retry_after_seconds }) => ({ retryAfterSeconds: retry_after_seconds })),
  z.object({
    conversation_id: z.string(),
    message_id: z.string(),
    history: z.array(z.object({
      role: z.enum(["user", "assistant"]),
      content: z.string(),
      sql: z.string().nullable().default(null),
    })),
  }).transform(({ conversation_id, message_id, history }) => ({
    conversationId: conversation_id,
    messageId: message_id,
    history,
  })),
]);

const priceSchema = z.object({ model: z.string(), price: tokenPricesSchema });

/** The chat's doors in the database. */
export function createChatStore({ sql, connectQueries }: ChatStoreOptions): ChatStore {
  let queries = connectQueries();
  const schema = keepValue(async () => {
    const [row] = await query(() => sql`select public.chat_schema() as schema`);
    return schemaSchema.parse(row?.["schema"]);
  }, { ...SCHEMA_AGE, now: systemClock.now });

  const prices = keepValue(async () => {
    const rows = await query(() =>
      sql`
        select p.model, private.describe_price(p) as price
        from public.model_prices p
        where valid_from <= now() and (valid_to is null or valid_to > now())`
    );
    return new Map(rows.map((row) => {
      const { model, price } = priceSchema.parse(row);
      return [model, price] as const;
    }));
  }, { ...PRICE_AGE, now: systemClock.now });

  let queriedAt = -Infinity;
  return {
    schema: () => schema.get(),
    prices: () => prices.get(),

    async begin(userId, conversationId, question, limitPerMinute) {
      // Connects behind the model's first call what has been idle, so that the query need not wait for it.
      if (systemClock.now() - queriedAt > CONNECTED_MS) queries`select`.catch(() => {});
      try {
        const [row] = await query(() =>
          sql`
            select public.begin_chat_turn(${userId}::uuid, ${conversationId}::uuid, ${question}::text,
              ${limitPerMinute}::integer) as begun`
        );
        return begunSchema.parse(row?.["begun"]);
      } catch (error) {
        if (sqlStateOf(error) === NO_DATA_FOUND) throw notFound("The conversation");
        throw error;
      }
    },

    async run(userId, statement, { maxRows, timeoutMs }, signal) {
      // A signal that has aborted says so no more.
      signal.throwIfAborted();
      queriedAt = systemClock.now();
      const running = queries`
        select public.run_chat_query(p_user => ${userId}::uuid, p_sql => ${statement}::text,
          p_max_rows => ${maxRows}::integer, p_timeout_ms => ${timeoutMs}::integer) as result`;
      const cancel = () => running.cancel();
      signal.addEventListener("abort", cancel, { once: true });
      try {
        const [row] = await running;
        return resultSchema.parse(row?.["result"]);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        const isLost = sqlStateOf(error) === null && isDatabaseUnavailable(error);
        // A statement that ended its session must not leave its error to whoever asks next.
        if (isLost) queries = replace(queries, connectQueries);
        const sqlState = isLost ? CONNECTION_FAILURE : sqlStateOf(error);
        if (sqlState === null) throw error;
        throw new QueryError(sqlState, message, { cause: error });
      } finally {
        signal.removeEventListener("abort", cancel);
      }
    },

    async finish(turn) {
      const rows = turn.rows === null ? null : sql.json(toResultJson(turn.rows));
      const [row] = await query(() =>
        sql<{ id: string }[]>`
          select public.finish_chat_turn(${turn.userId}::uuid, ${turn.conversationId}::uuid,
            ${turn.content}::text, ${turn.sql}::text, ${rows}::jsonb,
            ${sql.json([...turn.followUps])}::jsonb, ${turn.responseId}::text) as id`
      );
      return z.string().parse(row?.id);
    },
  };
}

function replace(broken: Database, connect: () => Database): Database {
  // What others have asked of it may still end: none takes longer.
  broken.end({ timeout: 6 }).catch(() => {});
  return connect();
}

const NO_DATA_FOUND = "P0002";
const CONNECTION_FAILURE = "08006";

function sqlStateOf(error: unknown): string | null {
  return error instanceof postgres.PostgresError ? error.code : null;
}

/** A result as it is kept with the message. */
function toResultJson({ columns, rows, rowCount, truncated }: QueryResult) {
  return toJson({ columns, rows, row_count: rowCount, truncated });
}
