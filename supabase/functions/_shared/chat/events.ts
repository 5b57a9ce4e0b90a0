import type { ProblemDocument } from "../platform/http/problem.ts";
import type { Chart } from "./chart/vega_lite.ts";
import type { Fault } from "./gate/refusal.ts";
import type { QueryResult } from "./query_result.ts";

/** Steps of an answer, in this order. */
export type ChatStep = "understanding" | "looking_up" | "response";

/** Tokens of one step's calls. */
export interface StepTokens {
  readonly input: number;
  readonly output: number;
  /** Part of the input. */
  readonly cached: number;
}

/** Part of a result that the user is shown: its first rows. */
export interface ShownResult extends QueryResult {
  /** Chart of all rows that were read; null if none fits. */
  readonly chart: Chart | null;
}

/** Data of the event that ends a successful stream. */
export interface DoneData {
  readonly conversation_id: string;
  /** Id of the question's message. */
  readonly question_id: string;
  /** Id of the answer's message. */
  readonly message_id: string;
  /** The provider's id of the answer, or null if it has none. */
  readonly response_id: string | null;
  readonly is_off_topic: boolean;
  readonly models: { readonly sql: string; readonly response: string };
  /** Null for a step that was not reached, or that the provider did not count. */
  readonly tokens: { readonly sql: StepTokens | null; readonly response: StepTokens | null };
  /** USD; null if a model has no price or nothing was counted. */
  readonly cost_usd: number | null;
  /** Milliseconds; null for a step that was not reached. `ttfb_ms` ends at the first text of the answer. */
  readonly timings: {
    readonly nl_to_sql_ms: number | null;
    readonly sql_execution_ms: number | null;
    readonly response_generation_ms: number | null;
    readonly ttfb_ms: number | null;
    readonly total_ms: number;
  };
  /** Numbers of the answer that are not in the rows, as written. */
  readonly unsupported_figures: readonly string[];
}

/** Events of a stream, in this order. The last is `done` or `error`. */
export type ChatEvent =
  | {
    readonly event: "status";
    readonly data: {
      readonly status: ChatStep;
      readonly conversation_id: string;
      readonly question_id: string;
    };
  }
  | { readonly event: "sql"; readonly data: { readonly sql: string } }
  | { readonly event: "rows"; readonly data: ShownResult }
  | { readonly event: "delta"; readonly data: { readonly text: string } }
  | { readonly event: "follow_ups"; readonly data: { readonly questions: readonly string[] } }
  | { readonly event: "done"; readonly data: DoneData }
  | {
    readonly event: "error";
    readonly data: ProblemDocument & {
      readonly failed_step: ChatStep;
      /** What was wrong with the last statement, if the code is `chat.statement_refused`. */
      readonly faults?: readonly Fault[];
      /** As in {@link DoneData}: a question that failed may have cost something, too. */
      readonly cost_usd: number | null;
    };
  };
