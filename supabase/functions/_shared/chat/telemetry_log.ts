import { type Database, isDatabaseUnavailable } from "../platform/database.ts";
import type { TelemetryStore } from "./telemetry.ts";

/** The table `chat_telemetry_log`, written as `service_role`. */
export function createTelemetryLog(sql: Database): TelemetryStore {
  return {
    async insert(record) {
      const row = {
        log_id: record.logId,
        user_id: record.userId,
        response_id: record.responseId,
        user_question: record.userQuestion,
        ai_response: record.aiResponse,
        generated_sql: record.generatedSql,
        sql_shape_hash: record.sqlShapeHash,
        result_row_count: record.resultRowCount,
        follow_up_suggestions: record.followUpSuggestions,
        error_type: record.errorType,
        error_message: record.errorMessage,
        failed_step: record.failedStep,
        is_off_topic: record.isOffTopic,
        sql_model: record.sqlModel,
        response_model: record.responseModel,
        nl_to_sql_duration_ms: record.nlToSqlDurationMs,
        sql_execution_duration_ms: record.sqlExecutionDurationMs,
        response_generation_duration_ms: record.responseGenerationDurationMs,
        ttfb_ms: record.ttfbMs,
        sql_input_tokens: record.sqlInputTokens,
        sql_output_tokens: record.sqlOutputTokens,
        sql_cached_tokens: record.sqlCachedTokens,
        response_input_tokens: record.responseInputTokens,
        response_output_tokens: record.responseOutputTokens,
        response_cached_tokens: record.responseCachedTokens,
      };
      const columns = sql.unsafe(Object.keys(row).join(", "));
      // The conversation may have been deleted while it was answered.
      await sql`
        with closed as (delete from private.open_chat_turns where question_id = ${record.logId})
        insert into public.chat_telemetry_log (conversation_id, ${columns})
        select (select c.id from public.chat_conversations c where c.id = ${record.conversationId}),
          ${columns}
        from jsonb_populate_record(null::public.chat_telemetry_log, ${sql.json(row)})
        on conflict (log_id) do nothing`;
    },
    isPassing: isDatabaseUnavailable,
  };
}
