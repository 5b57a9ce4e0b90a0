import postgres from "postgres";
import { type Database, isDatabaseUnavailable } from "../platform/database.ts";
import type { TokenCounts } from "./chat_model.ts";
import type { ChatStep } from "./events.ts";
import type { ErrorType } from "./failures.ts";

/** Table `chat_telemetry_log`. */
export interface TelemetryStore {
  /**
   * Inserts a row and closes the question's open turn, which settles its budget. Calls with the same
   * `logId` insert one row. Of a conversation that was deleted meanwhile only figures are stored.
   *
   * @throws the database's error.
   */
  insert(record: TelemetryRecord): Promise<void>;
  /** Returns whether the insert may succeed in a moment. */
  isPassing(error: unknown): boolean;
}

/**
 * One question and its answer: a row of `chat_telemetry_log` without the columns that the database
 * sets (`created_at`, the fingerprint, the cost). Each field is the column of the same name in snake
 * case, unless it says otherwise. Fields of steps that were not reached are null.
 */
export interface TelemetryRecord {
  /** Id of the question's message, so that a question has one row whoever writes it. */
  readonly logId: string;
  /** The user, or the account whose key asked. */
  readonly userId: string;
  readonly conversationId: string | null;
  /** Id of the answer's message; null if none was stored. */
  readonly answerId: string | null;
  /** The provider's id of the answer. */
  readonly responseId: string | null;
  readonly userQuestion: string;
  readonly aiResponse: string | null;
  readonly generatedSql: string | null;
  /** Hash of the parse tree without constants, as the gate computes it. */
  readonly sqlShapeHash: string | null;
  readonly resultRowCount: number | null;
  readonly followUpSuggestions: readonly string[] | null;
  readonly errorType: ErrorType | null;
  readonly errorMessage: string | null;
  readonly failedStep: ChatStep | null;
  readonly isOffTopic: boolean;
  readonly sqlModel: string | null;
  readonly responseModel: string | null;
  readonly nlToSqlDurationMs: number | null;
  readonly sqlExecutionDurationMs: number | null;
  readonly responseGenerationDurationMs: number | null;
  readonly ttfbMs: number | null;
  /** Columns `sql_input_tokens`, `sql_output_tokens` and `sql_cached_tokens`. */
  readonly sqlTokens: TokenCounts | null;
  /** Columns `response_input_tokens`, `response_output_tokens` and `response_cached_tokens`. */
  readonly responseTokens: TokenCounts | null;
  /** Upper bound in USD of the calls whose tokens nobody counted. */
  readonly writtenOffUsd: number;
}

/** Creates the store of telemetry. `sql` connects as `service_role`. */
export function createTelemetryLog(sql: Database): TelemetryStore {
  return {
    async insert({ sqlTokens, responseTokens, ...fields }) {
      const row = {
        ...toColumns(fields),
        ...toColumns(sqlTokens ?? {}, "sql_"),
        ...toColumns(responseTokens ?? {}, "response_"),
      };
      // Fields of the type above, never names from outside.
      const columns = sql.unsafe(Object.keys(row).join(", "));
      await sql`
        with closed as (delete from private.open_chat_turns where question_id = ${fields.logId})
        insert into public.chat_telemetry_log (${columns})
        select ${columns}
        from jsonb_populate_record(null::public.chat_telemetry_log, ${sql.json(row)})
        on conflict (log_id) do nothing`;
    },
    isPassing: isDatabaseUnavailable,
  };
}

function toColumns<Value>(fields: Readonly<Record<string, Value>>, prefix = "") {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [prefix + postgres.fromCamel(name), value]),
  );
}
