import type { Logger } from "../platform/logger.ts";
import { addTokens } from "./cost.ts";
import type { ChatStep } from "./events.ts";
import type { BegunTurn, ChatModel, ChatStore, CheckQuery, TokenCounts } from "./ports.ts";
import type { TelemetryRecord } from "./telemetry.ts";

/** What every turn is taken with. */
export interface TurnDeps {
  readonly model: ChatModel;
  readonly checkQuery: CheckQuery;
  readonly store: ChatStore;
  /** Never throws, never to be waited for. */
  readonly persistTelemetry: (record: TelemetryRecord) => Promise<void>;
  readonly settings: TurnSettings;
  /** Milliseconds of a steady clock. */
  readonly now: () => number;
  /** Nobody can guess it. */
  readonly randomId: () => string;
}

export interface TurnSettings {
  readonly sqlModel: string;
  readonly responseModel: string;
  readonly maxRows: number;
  readonly queryTimeoutMs: number;
}

/** A question that has been let in. */
export interface TurnRequest {
  readonly userId: string;
  readonly question: string;
  readonly begun: BegunTurn;
  /** On the clock of {@link TurnDeps.now}. */
  readonly arrivedAt: number;
  readonly requestId: string;
  /** Path of the request. */
  readonly instance: string;
  readonly log: Logger;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A turn under way: what it works with, and what is known of it so far. */
export interface Turn {
  readonly deps: TurnDeps;
  readonly request: TurnRequest;
  readonly signal: AbortSignal;
  /** Becomes the telemetry row. */
  readonly record: Writable<TelemetryRecord>;
  step: ChatStep;
  sqlTokens: TokenCounts | null;
  responseTokens: TokenCounts | null;
}

export function beginTurn(deps: TurnDeps, request: TurnRequest, signal: AbortSignal): Turn {
  return {
    deps,
    request,
    signal,
    step: "understanding",
    sqlTokens: null,
    responseTokens: null,
    record: {
      logId: request.begun.messageId,
      userId: request.userId,
      conversationId: request.begun.conversationId,
      responseId: null,
      userQuestion: request.question,
      aiResponse: null,
      generatedSql: null,
      sqlShapeHash: null,
      resultRowCount: null,
      followUpSuggestions: null,
      errorType: null,
      errorMessage: null,
      failedStep: null,
      isOffTopic: false,
      sqlModel: deps.settings.sqlModel,
      responseModel: null,
      nlToSqlDurationMs: null,
      sqlExecutionDurationMs: null,
      responseGenerationDurationMs: null,
      ttfbMs: null,
      sqlInputTokens: null,
      sqlOutputTokens: null,
      sqlCachedTokens: null,
      responseInputTokens: null,
      responseOutputTokens: null,
      responseCachedTokens: null,
    },
  };
}

/** Notes what a call of the model that writes SQL took. */
export function countSqlCall(turn: Turn, usage: TokenCounts | null, startedAt: number): void {
  const { record } = turn;
  record.nlToSqlDurationMs = (record.nlToSqlDurationMs ?? 0) + elapsed(turn, startedAt);
  turn.sqlTokens = addTokens(turn.sqlTokens, usage);
  record.sqlInputTokens = turn.sqlTokens?.inputTokens ?? null;
  record.sqlOutputTokens = turn.sqlTokens?.outputTokens ?? null;
  record.sqlCachedTokens = turn.sqlTokens?.cachedTokens ?? null;
}

/** Notes what the call of the model that answers took. */
export function countResponseCall(turn: Turn, usage: TokenCounts | null, startedAt: number): void {
  const { record } = turn;
  record.responseGenerationDurationMs = elapsed(turn, startedAt);
  turn.responseTokens = usage;
  record.responseInputTokens = usage?.inputTokens ?? null;
  record.responseOutputTokens = usage?.outputTokens ?? null;
  record.responseCachedTokens = usage?.cachedTokens ?? null;
}

/** Whole milliseconds since a moment on the clock. */
export function elapsed({ deps }: Turn, since: number): number {
  return Math.round(deps.now() - since);
}
