import postgres from "postgres";
import { z } from "zod";
import { type TokenPrices, tokenPricesSchema } from "../models/token_prices.ts";
import { type Database, isDatabaseUnavailable, query, toJson } from "../platform/database.ts";
import { notFound } from "../platform/http/problem.ts";
import { keepValue } from "../platform/kept_value.ts";
import { systemClock } from "../platform/system_clock.ts";
import { type Asker, askerId } from "./asker.ts";
import { type ChatSchema, chatSchemaSchema } from "./chat_schema.ts";
import type { ShownResult } from "./events.ts";
import { QueryError } from "./failures.ts";
import { type Glossary, glossarySchema } from "./glossary.ts";
import { type QueryResult, queryResultSchema } from "./query_result.ts";

/** Database of the chat. */
export interface ChatStore {
  /** Returns the relations that may be queried, cached for 5 minutes. */
  schema(): Promise<ChatSchema>;
  /** Returns the current prices by model, cached for a minute. Models without a price are missing. */
  prices(): Promise<ReadonlyMap<string, TokenPrices>>;
  /** Returns the operators' terms and worked questions, of all users, cached for a minute. */
  glossary(): Promise<Glossary>;
  /**
   * Stores a question, in a new conversation if `conversationId` is null.
   *
   * @param boundUsd most that the question's calls can cost, which is reserved; null if unknown
   * @returns the seconds to wait if the user has asked `limitPerMinute` questions within a minute, or
   * the ceiling that the question does not fit under; nothing is stored then.
   * @throws {Problem} `resource.not_found` for a conversation that is not the account's.
   */
  begin(
    asker: Asker,
    conversationId: string | null,
    question: string,
    limitPerMinute: number,
    boundUsd: number | null,
  ): Promise<
    | BegunTurn
    | { readonly retry_after_seconds: number }
    | { readonly over_budget: OverBudget }
  >;
  /**
   * Runs a statement, which reads the rows of the asker's account and nothing else.
   *
   * @throws {QueryError} and, once `signal` has aborted, anything.
   */
  run(
    asker: Asker,
    sql: string,
    limits: { readonly maxRows: number; readonly timeoutMs: number },
    signal: AbortSignal,
  ): Promise<QueryResult>;
  /** Stores an answer and returns the id of its message. */
  finish(turn: FinishedTurn): Promise<string>;
}

/** Answer to store. */
export interface FinishedTurn {
  readonly asker: Asker;
  readonly conversationId: string;
  readonly content: string;
  /** Statement that the rows were found with; null, like the rows, if nothing was looked up. */
  readonly sql: string | null;
  readonly rows: ShownResult | null;
  readonly followUps: readonly string[];
  /** The provider's id of the answer. */
  readonly responseId: string | null;
  /** USD of the tokens counted for it; null if unknown. */
  readonly costUsd: number | null;
}

const pastMessageSchema = z.object({
  role: z.enum(["user", "assistant"]),
  content: z.string(),
  /** Statement that an answer was found with. */
  sql: z.string().nullable().default(null),
});

/** Message from earlier in the conversation. */
export type PastMessage = Readonly<z.infer<typeof pastMessageSchema>>;

const begunTurnSchema = z.object({
  conversation_id: z.string(),
  /** Id of the question. */
  message_id: z.string(),
  /** The last six messages before the question, the oldest first. */
  history: z.array(pastMessageSchema).readonly(),
});

/** Question that was accepted and stored. */
export type BegunTurn = Readonly<z.infer<typeof begunTurnSchema>>;

const rateLimitedSchema = z.object({ retry_after_seconds: z.number() });

const overBudgetSchema = z.discriminatedUnion("scope", [
  z.object({
    scope: z.enum(["user_day", "project_month"]),
    ceiling_usd: z.number(),
    /** Spent and written off, without questions that are being answered. */
    used_usd: z.number(),
    bound_usd: z.number(),
    resets_at: z.string(),
    retry_after_seconds: z.number(),
  }),
  /** A model has no price, so that the ceilings cannot be kept. */
  z.object({ scope: z.literal("unpriced") }),
]);

/** Ceiling that a question does not fit under. */
export type OverBudget = Readonly<z.infer<typeof overBudgetSchema>>;

const beginningSchema = z.union([
  z.object({ over_budget: overBudgetSchema }),
  rateLimitedSchema,
  begunTurnSchema,
]);

const priceSchema = z.object({ model: z.string(), price: tokenPricesSchema })
  .transform(({ model, price }) => [model, price] as const);

/** Connections of {@link createChatStore}. */
export interface ChatStoreOptions {
  /** Connection for everything but model-written statements. */
  readonly sql: Database;
  /**
   * Opens connections for model-written statements, whose `statement_timeout` is the time such a
   * statement may take: a function cannot set the timeout of the statement that called it.
   */
  readonly connectQueries: () => Database;
}

/** Migrations are rare, and a deployment starts new isolates. */
const SCHEMA_AGE = { freshMs: 5 * 60_000, usableMs: 60 * 60_000 };
/** Of what operators write by hand. */
const EDITED_AGE = { freshMs: 60_000, usableMs: 60 * 60_000 };

/** Time after a query for which its connection is certainly still open. */
const CONNECTED_MS = 15_000;

/** Creates the chat's store over its functions in the database. */
export function createChatStore({ sql, connectQueries }: ChatStoreOptions): ChatStore {
  let queries = connectQueries();
  const schema = keepValue(async () => {
    const [row] = await query(() => sql`select public.chat_schema() as schema`);
    return chatSchemaSchema.parse(row?.["schema"]);
  }, { ...SCHEMA_AGE, now: systemClock.now });

  const prices = keepValue(async () => {
    const rows = await query(() =>
      sql`
        select p.model, private.describe_price(p) as price
        from public.model_prices p
        where valid_from <= now() and (valid_to is null or valid_to > now())`
    );
    return new Map(rows.map((row) => priceSchema.parse(row)));
  }, { ...EDITED_AGE, now: systemClock.now });

  const glossary = keepValue(async () => {
    const [row] = await query(() => sql`select private.load_chat_glossary() as glossary`);
    return glossarySchema.parse(row?.["glossary"]);
  }, { ...EDITED_AGE, now: systemClock.now });

  let queriedAt = -Infinity;
  return {
    schema: () => schema.get(),
    prices: () => prices.get(),
    glossary: () => glossary.get(),

    async begin(asker, conversationId, question, limitPerMinute, boundUsd) {
      // Reconnects while the model writes the statement, so that the statement need not wait for it.
      if (systemClock.now() - queriedAt > CONNECTED_MS) queries`select`.catch(() => {});
      try {
        const [row] = await query(() =>
          sql`
            select public.begin_chat_turn(p_account => ${asker.accountId}::uuid,
              p_user => ${asker.userId}::uuid, p_conversation => ${conversationId}::uuid,
              p_question => ${question}::text, p_limit_per_minute => ${limitPerMinute}::integer,
              p_bound_usd => ${boundUsd}::numeric) as begun`
        );
        return beginningSchema.parse(row?.["begun"]);
      } catch (error) {
        if (sqlStateOf(error) === NO_DATA_FOUND) throw notFound("The conversation");
        throw error;
      }
    },

    async run({ accountId, userId }, statement, { maxRows, timeoutMs }, signal) {
      // A signal that has already aborted sends no event.
      signal.throwIfAborted();
      queriedAt = systemClock.now();
      const running = queries`
        select public.run_chat_query(p_account => ${accountId}::uuid, p_user => ${userId}::uuid,
          p_sql => ${statement}::text, p_max_rows => ${maxRows}::integer,
          p_timeout_ms => ${timeoutMs}::integer) as result`;
      const cancel = () => running.cancel();
      signal.addEventListener("abort", cancel, { once: true });
      try {
        const [row] = await running;
        return queryResultSchema.parse(row?.["result"]);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        const isLost = sqlStateOf(error) === null && isDatabaseUnavailable(error);
        if (isLost) {
          // Other statements on it may still finish: none takes longer than these 6 seconds.
          queries.end({ timeout: 6 }).catch(() => {});
          // The next query must not get the error of a statement that ended its session.
          queries = connectQueries();
        }
        const sqlState = isLost ? CONNECTION_FAILURE : sqlStateOf(error);
        if (sqlState === null) throw error;
        throw new QueryError(sqlState, message, { cause: error });
      } finally {
        signal.removeEventListener("abort", cancel);
      }
    },

    async finish(turn) {
      const rows = turn.rows === null ? null : sql.json(toJson(turn.rows));
      const [row] = await query(() =>
        sql<{ id: string }[]>`
          select public.finish_chat_turn(${turn.asker.accountId}::uuid, ${turn.conversationId}::uuid,
            ${turn.content}::text, ${turn.sql}::text, ${rows}::jsonb,
            ${sql.json([...turn.followUps])}::jsonb, ${turn.responseId}::text,
            ${turn.costUsd}::numeric) as id`
      );
      return z.string().parse(row?.id);
    },
  };
}

/**
 * Counts a query that a user or a program wrote. Returns null, or the seconds to wait if there were
 * `limitPerMinute` within a minute.
 */
export type TakeQuery = (asker: Asker, limitPerMinute: number) => Promise<number | null>;

/** Creates {@link TakeQuery}. */
export function createQueryLimit(sql: Database): TakeQuery {
  return async (asker, limitPerMinute) => {
    const id = askerId(asker);
    const [row] = await query(() =>
      sql`select public.take_asking(${id}::uuid, 'query', ${limitPerMinute}::integer) as wait`
    );
    return z.number().nullable().parse(row?.["wait"]);
  };
}

const NO_DATA_FOUND = "P0002";
const CONNECTION_FAILURE = "08006";

function sqlStateOf(error: unknown): string | null {
  return error instanceof postgres.PostgresError ? error.code : null;
}
