import { type Clock, pause } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";

/**
 * One question asked of the chat and what became of it: a row of `chat_telemetry_log`, without what
 * the database sets itself (`created_at`, the fingerprint, the cost). What a step did not get to is
 * null.
 */
export interface TelemetryRecord {
  /** The id of the question's message, so that a question has one row whoever writes it. */
  readonly logId: string;
  readonly userId: string;
  readonly conversationId: string | null;
  /** The provider's id of the answer. */
  readonly responseId: string | null;
  readonly userQuestion: string;
  readonly aiResponse: string | null;
  readonly generatedSql: string | null;
  /** The gate's: from the parse tree with its constants replaced. */
  readonly sqlShapeHash: string | null;
  readonly resultRowCount: number | null;
  readonly followUpSuggestions: readonly string[] | null;
  readonly errorType:
    | "sql_generation"
    | "sql_validation"
    | "sql_execution"
    | "response_generation"
    | "unexpected"
    | null;
  readonly errorMessage: string | null;
  readonly failedStep: "understanding" | "looking_up" | "response" | null;
  readonly isOffTopic: boolean;
  readonly sqlModel: string | null;
  readonly responseModel: string | null;
  readonly nlToSqlDurationMs: number | null;
  readonly sqlExecutionDurationMs: number | null;
  readonly responseGenerationDurationMs: number | null;
  readonly ttfbMs: number | null;
  readonly sqlInputTokens: number | null;
  readonly sqlOutputTokens: number | null;
  /** Part of the input tokens. */
  readonly sqlCachedTokens: number | null;
  readonly responseInputTokens: number | null;
  readonly responseOutputTokens: number | null;
  /** Part of the input tokens. */
  readonly responseCachedTokens: number | null;
}

/** Where the rows go. */
export interface TelemetryStore {
  /**
   * Writes a row, once however often it is called with the same `logId`, after which the question is
   * no longer an open one. A conversation that is gone is left out.
   *
   * @throws whatever the database says.
   */
  insert(record: TelemetryRecord): Promise<void>;
  /** Whether the same row may be written in a moment. */
  isPassing(error: unknown): boolean;
}

/** What telemetry leans on. */
export interface TelemetryRuntime {
  /** Keeps the isolate alive until the work is done, beyond the answer. */
  readonly waitUntil: (work: Promise<unknown>) => void;
  readonly log: Logger;
  readonly clock: Clock;
}

/** Writes telemetry. */
export interface Telemetry {
  /**
   * Leaves one row. Never throws or rejects, and is settled at once: the row is written behind the
   * answer, and what cannot be written is logged.
   */
  persistTelemetry(record: TelemetryRecord): Promise<void>;
}

/** Pauses before each further attempt. */
const RETRY_AFTER_MS = [250, 1_000, 4_000];

/** Makes the writer of telemetry. */
export function createTelemetry(store: TelemetryStore, runtime: TelemetryRuntime): Telemetry {
  const persist = async (record: TelemetryRecord): Promise<void> => {
    const { clock, log } = runtime;
    try {
      const row = makeStorable(record);
      for (const delayMs of [...RETRY_AFTER_MS, null]) {
        try {
          return await store.insert(row);
        } catch (error) {
          if (delayMs === null || !store.isPassing(error)) throw error;
          await pause(clock, delayMs);
        }
      }
    } catch (error) {
      log.error("telemetry was not written", {
        error,
        user_id: record.userId,
        conversation_id: record.conversationId,
        error_type: record.errorType,
      });
    }
  };
  return {
    persistTelemetry(record) {
      const work = persist(record);
      try {
        runtime.waitUntil(work);
      } catch (error) {
        runtime.log.warn("telemetry may end with the isolate", { error });
      }
      return Promise.resolve();
    },
  };
}

/** The record as Postgres can hold it: a stray character or fraction must not cost the whole row. */
function makeStorable(record: TelemetryRecord): TelemetryRecord {
  const entries = Object.entries(record).map(([name, value]) => [name, storable(value)]);
  return Object.fromEntries(entries) as unknown as TelemetryRecord;
}

const INTEGER_MAX = 2 ** 31 - 1;

function storable(value: unknown): unknown {
  // Neither text nor jsonb takes U+0000, nor jsonb half of a surrogate pair.
  if (typeof value === "string") return value.toWellFormed().replaceAll("\0", "\uFFFD");
  if (typeof value === "number") {
    return Number.isFinite(value) ? Math.min(Math.max(Math.round(value), 0), INTEGER_MAX) : null;
  }
  if (Array.isArray(value)) return value.map(storable);
  return value ?? null;
}
