import { roomFor } from "../models/calls/reasoning.ts";
import { parseContestant } from "../models/contestant.ts";
import { describeProblem, Problem } from "../platform/http/problem.ts";
import { findUnsupportedFigures } from "./check_figures.ts";
import { costOfSteps } from "./cost.ts";
import type { ChatEvent, DoneData, StepTokens } from "./events.ts";
import { toFailure, TurnFailure } from "./failure.ts";
import { type Finding, findRows, FIRST_ROWS, statusOf } from "./find_rows.ts";
import { ModelError, type QueryResult, type TokenCounts } from "./ports.ts";
import { askForAnswer } from "./prompts.ts";
import { suggestFollowUps } from "./shots.ts";
import {
  beginTurn,
  countResponseCall,
  elapsed,
  type Turn,
  type TurnDeps,
  type TurnRequest,
} from "./turn.ts";

const OFF_TOPIC =
  "I can only answer questions about your own data here: your benchmarks, prompts, datasets, prompt runs, test runs and issues.";
const APOLOGY = "I am sorry, I could not answer that.";
const MOST_OUTPUT_TOKENS = 2000;
const FOLLOW_UPS = 3;

/**
 * Answers one question, step by step: a statement is written, checked, run, and its rows are put
 * into words. Ends with `done` or `error`, and leaves one telemetry row however it ends, also when
 * `signal` aborts or the reader stops reading.
 */
export async function* takeTurn(
  deps: TurnDeps,
  request: TurnRequest,
  signal: AbortSignal,
): AsyncGenerator<ChatEvent> {
  const turn = beginTurn(deps, request, signal);
  let hasEnded = false;
  try {
    yield* answer(turn);
    hasEnded = true;
  } catch (error) {
    if (!signal.aborted) {
      yield* apologize(turn, toFailure(error, turn.step));
      hasEnded = true;
    }
  } finally {
    if (!hasEnded) await noteAbort(turn);
    void deps.persistTelemetry(turn.record);
  }
}

async function* answer(turn: Turn): AsyncGenerator<ChatEvent> {
  const { deps, request, record } = turn;
  const schema = await deps.store.schema();
  const finding = yield* findRows(turn, schema);
  yield statusOf(turn, "response");
  if (finding.isOffTopic) {
    record.isOffTopic = true;
    yield say(turn, OFF_TOPIC);
  } else {
    yield* write(turn, finding.sql, finding.result);
  }
  const followUps = suggestFollowUps(schema, request.question, request.begun.history, FOLLOW_UPS);
  record.followUpSuggestions = followUps;
  yield { event: "follow_ups", data: { questions: followUps } };
  const messageId = await keep(turn, finding);
  yield { event: "done", data: await summarize(turn, finding, messageId) };
}

/** Streams the answer as the model writes it. */
async function* write(turn: Turn, sql: string, result: QueryResult): AsyncGenerator<ChatEvent> {
  const { deps, request, record, signal } = turn;
  record.responseModel = deps.settings.responseModel;
  const startedAt = deps.now();
  let usage: TokenCounts | null = null;
  try {
    const chunks = deps.model.write({
      model: deps.settings.responseModel,
      messages: askForAnswer(request.question, sql, result, deps.randomId()),
      maxOutputTokens: roomFor({ id: deps.settings.responseModel }, MOST_OUTPUT_TOKENS),
      conversationId: request.begun.conversationId,
      questionId: request.begun.messageId,
    }, signal);
    for await (const chunk of chunks) {
      usage = chunk.usage ?? usage;
      record.responseId = chunk.id ?? record.responseId;
      if (chunk.text !== "") yield say(turn, chunk.text);
    }
  } finally {
    countResponseCall(turn, usage, startedAt);
  }
  if (record.aiResponse === null) throw new ModelError("The model wrote nothing.");
}

function say(turn: Turn, words: string): ChatEvent {
  const { record, request } = turn;
  // Postgres cannot keep the one character.
  const text = words.replaceAll("\0", "");
  record.ttfbMs ??= elapsed(turn, request.arrivedAt);
  record.aiResponse = (record.aiResponse ?? "") + text;
  return { event: "delta", data: { text } };
}

/** Writes the answer into the conversation; returns the message's id. */
async function keep(turn: Turn, finding: Finding | null): Promise<string> {
  const { deps, request, record } = turn;
  const found = finding === null || finding.isOffTopic ? null : finding;
  return await deps.store.finish({
    userId: request.userId,
    conversationId: request.begun.conversationId,
    content: record.aiResponse ?? "",
    sql: found?.sql ?? null,
    rows: found === null ? null : { ...found.result, rows: found.result.rows.slice(0, FIRST_ROWS) },
    followUps: record.followUpSuggestions ?? [],
    responseId: record.responseId,
  });
}

async function summarize(turn: Turn, finding: Finding, messageId: string): Promise<DoneData> {
  const { deps, request, record } = turn;
  const { sqlModel, responseModel } = deps.settings;
  const prices = await deps.store.prices();
  const unsupported = finding.isOffTopic
    ? []
    : findUnsupportedFigures(record.aiResponse ?? "", request.question, finding.result);
  if (unsupported.length > 0) request.log.warn("figures not in the rows", { figures: unsupported });
  return {
    conversation_id: request.begun.conversationId,
    question_id: request.begun.messageId,
    message_id: messageId,
    response_id: record.responseId,
    is_off_topic: finding.isOffTopic,
    models: { sql: sqlModel, response: responseModel },
    tokens: { sql: tokensOf(turn.sqlTokens), response: tokensOf(turn.responseTokens) },
    cost_usd: costOfSteps([
      { tokens: turn.sqlTokens, price: prices.get(parseContestant(sqlModel).modelId) },
      { tokens: turn.responseTokens, price: prices.get(parseContestant(responseModel).modelId) },
    ]),
    timings: {
      nl_to_sql_ms: record.nlToSqlDurationMs,
      sql_execution_ms: record.sqlExecutionDurationMs,
      response_generation_ms: record.responseGenerationDurationMs,
      ttfb_ms: record.ttfbMs,
      total_ms: elapsed(turn, request.arrivedAt),
    },
    unsupported_figures: unsupported,
  };
}

function tokensOf(tokens: TokenCounts | null): StepTokens | null {
  return tokens && {
    input: tokens.inputTokens,
    output: tokens.outputTokens,
    cached: tokens.cachedTokens,
  };
}

/** Says honestly that there is no answer. What was streamed before stays said. */
async function* apologize(turn: Turn, failure: TurnFailure): AsyncGenerator<ChatEvent> {
  const { record, request } = turn;
  record.errorType = failure.type;
  record.errorMessage = failure.message;
  record.failedStep = failure.step;
  const { problem } = failure;
  request.log.error("not answered", {
    failed_step: failure.step,
    error_type: failure.type,
    reason: failure.message,
    cause: problem.cause,
  });
  if (record.aiResponse === null) yield say(turn, `${APOLOGY} ${problem.message}`);
  const messageId = await keep(turn, null).catch((error: unknown) => {
    request.log.error("answer not kept", { cause: error });
    return null;
  });
  yield {
    event: "error",
    data: {
      ...describeProblem(withIds(problem, turn, messageId), request),
      failed_step: failure.step,
    },
  };
}

function withIds(problem: Problem, { request }: Turn, messageId: string | null): Problem {
  return new Problem(problem.code, problem.message, {
    errors: problem.errors,
    members: {
      ...problem.members,
      conversation_id: request.begun.conversationId,
      question_id: request.begun.messageId,
      message_id: messageId,
    },
  });
}

/** The reader has gone: what was said stays in the conversation. */
async function noteAbort(turn: Turn): Promise<void> {
  const { record, request } = turn;
  record.errorType = "unexpected";
  record.errorMessage = "The caller went away.";
  record.failedStep = turn.step;
  request.log.info("caller went away", { failed_step: turn.step });
  if (record.aiResponse === null) return;
  await keep(turn, null).catch((error: unknown) => {
    request.log.error("answer not kept", { cause: error });
  });
}
