import type { ProblemDocument } from "../platform/http/problem.ts";

/** What an answer goes through, in this order. */
export type ChatStep = "understanding" | "looking_up" | "response";

/** Tokens of one step's calls, as the stream tells them. */
export interface StepTokens {
  readonly input: number;
  readonly output: number;
  /** Part of the input. */
  readonly cached: number;
}

/** What ends a stream that went well. */
export interface DoneData {
  readonly conversation_id: string;
  /** Of the question. */
  readonly question_id: string;
  /** Of the answer. */
  readonly message_id: string;
  /** The provider's id of the answer, where it has one. */
  readonly response_id: string | null;
  readonly is_off_topic: boolean;
  readonly models: { readonly sql: string; readonly response: string };
  /** Null for a step that was not taken or not counted by the provider. */
  readonly tokens: { readonly sql: StepTokens | null; readonly response: StepTokens | null };
  /** USD; null where a model has no price, or nothing was counted. */
  readonly cost_usd: number | null;
  /** Milliseconds; null for a step that was not taken. `ttfb_ms` is to the answer's first words. */
  readonly timings: {
    readonly nl_to_sql_ms: number | null;
    readonly sql_execution_ms: number | null;
    readonly response_generation_ms: number | null;
    readonly ttfb_ms: number | null;
    readonly total_ms: number;
  };
  /** Numbers of the answer that follow from no figure of the rows, as they are written in it. */
  readonly unsupported_figures: readonly string[];
}

/** What a stream tells, in the order in which it tells it. `done` or `error` is the last. */
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
  | {
    readonly event: "rows";
    readonly data: {
      readonly columns: readonly { readonly name: string; readonly type: string }[];
      /** The first ones. */
      readonly rows: readonly (readonly unknown[])[];
      /** Of all rows that were taken. */
      readonly row_count: number;
      /** Whether there were more than are taken. */
      readonly truncated: boolean;
    };
  }
  | { readonly event: "delta"; readonly data: { readonly text: string } }
  | { readonly event: "follow_ups"; readonly data: { readonly questions: readonly string[] } }
  | { readonly event: "done"; readonly data: DoneData }
  | {
    readonly event: "error";
    readonly data: ProblemDocument & { readonly failed_step: ChatStep };
  };
