import { roomFor } from "../models/calls/reasoning.ts";
import type { Logger } from "../platform/logger.ts";
import type { ChatMessage, ChatModel, ModelCall } from "./chat_model.ts";
import { type Asker, askerId } from "./asker.ts";
import type { ChatStep } from "./events.ts";
import type { CheckQuery } from "./gate/check_query.ts";
import { NOTHING_RECALLED, type RecalledGlossary } from "./glossary.ts";
import type { OpenedTurn } from "./open_turn.ts";
import { meterCalls } from "./spending.ts";
import type { ChatStore } from "./store.ts";
import type { PersistTelemetry } from "./telemetry.ts";
import type { TelemetryRecord } from "./telemetry_log.ts";

/** Dependencies of every turn. */
export interface TurnDeps {
  readonly model: ChatModel;
  readonly checkQuery: CheckQuery;
  readonly store: ChatStore;
  readonly persistTelemetry: PersistTelemetry;
  readonly settings: TurnSettings;
  /** Returns the milliseconds of a monotonic clock. */
  readonly now: () => number;
  /** Returns an id that nobody can guess. */
  readonly randomId: () => string;
}

/** Models and limits of a turn. */
export interface TurnSettings {
  /** Model that writes the statement. */
  readonly sqlModel: string;
  /** Model that writes the answer. */
  readonly responseModel: string;
  /** Address of the site's pages, where links in answers may point to. */
  readonly siteUrl: string;
  readonly maxRows: number;
  readonly queryTimeoutMs: number;
}

/** Question that was accepted and stored. */
export interface TurnRequest extends OpenedTurn {
  readonly asker: Asker;
  readonly question: string;
  /** Time of arrival on the clock of {@link TurnDeps.now}. */
  readonly arrivedAt: number;
  readonly requestId: string;
  /** Path of the request. */
  readonly instance: string;
  readonly log: Logger;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** State of a question that is being answered. */
export interface Turn {
  readonly deps: TurnDeps;
  readonly request: TurnRequest;
  readonly signal: AbortSignal;
  /** Counts what its calls cost in {@link record}. */
  readonly model: ChatModel;
  /** Telemetry row, filled in step by step. */
  readonly record: Writable<TelemetryRecord>;
  step: ChatStep;
  /** Terms and worked questions that have to do with the question. */
  recalled: RecalledGlossary;
}

/** Returns the state of a turn in which nothing has happened yet. */
export function beginTurn(deps: TurnDeps, request: TurnRequest, signal: AbortSignal): Turn {
  const record: Turn["record"] = {
    logId: request.begun.message_id,
    userId: askerId(request.asker),
    conversationId: request.begun.conversation_id,
    answerId: null,
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
    sqlTokens: null,
    responseTokens: null,
    writtenOffUsd: 0,
  };
  return {
    deps,
    request,
    signal,
    model: meterCalls(deps.model, request, deps.settings, record),
    record,
    step: "understanding",
    recalled: NOTHING_RECALLED,
  };
}

/** Returns a call of a model about the turn's question, with room to think beside its output. */
export function callFor(
  { request: { begun } }: Turn,
  model: string,
  messages: readonly ChatMessage[],
  outputTokens: number,
): ModelCall {
  return {
    model,
    messages,
    maxOutputTokens: roomFor({ id: model }, outputTokens),
    conversationId: begun.conversation_id,
    questionId: begun.message_id,
  };
}

/** Returns the whole milliseconds since a time on the clock of {@link TurnDeps.now}. */
export function elapsed({ deps }: Turn, since: number): number {
  return Math.round(deps.now() - since);
}
