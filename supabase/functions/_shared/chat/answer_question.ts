import { describeProblem } from "../platform/http/problem.ts";
import type { TokenCounts } from "./chat_model.ts";
import { findUnsupportedFigures } from "./check_figures.ts";
import type { ChatEvent, DoneData, StepTokens } from "./events.ts";
import { suggestFollowUps } from "./examples.ts";
import { ModelError, toFailure, type TurnFailure } from "./failures.ts";
import { type Finding, findRows, statusOf } from "./find_rows.ts";
import { guardMarkdown } from "./guard_markdown.ts";
import { askForAnswer } from "./prompts.ts";
import type { QueryResult } from "./query_result.ts";
import { costOfTokens, OUTPUT_TOKENS } from "./spending.ts";
import { beginTurn, callFor, elapsed, type Turn, type TurnDeps, type TurnRequest } from "./turn.ts";

const OFF_TOPIC =
  "I can only answer questions about your own data here: your benchmarks, prompts, datasets, prompt runs, test runs and issues.";
const APOLOGY = "I am sorry, I could not answer that.";
const FOLLOW_UP_COUNT = 3;

/**
 * Answers one question: finds the rows with a statement that a model writes, and lets a model write
 * the answer from them. Ends with `done` or `error`. Stores one telemetry row however it ends, also
 * when `signal` aborts or the reader stops reading.
 */
export async function* answerQuestion(
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
    if (!hasEnded) await recordAbort(turn);
    void deps.persistTelemetry(turn.record);
  }
}

async function* answer(turn: Turn): AsyncGenerator<ChatEvent> {
  const { request, record } = turn;
  const finding = yield* findRows(turn, request.schema);
  yield statusOf(turn, "response");
  if (finding.isOffTopic) {
    record.isOffTopic = true;
    yield say(turn, OFF_TOPIC);
  } else {
    yield* writeAnswer(turn, finding.sql, finding.result);
  }
  yield offerFollowUps(turn);
  const messageId = await store(turn, finding);
  yield { event: "done", data: summarize(turn, finding, messageId) };
}

/** Chooses questions that can be answered next, and returns the event with them. */
function offerFollowUps({ request, record, recalled }: Turn): ChatEvent {
  const { schema, question, begun } = request;
  const questions = suggestFollowUps(schema, question, begun.history, FOLLOW_UP_COUNT, recalled);
  record.followUpSuggestions = questions;
  return { event: "follow_ups", data: { questions } };
}

/** Streams the answer as the model writes it from the rows. */
async function* writeAnswer(
  turn: Turn,
  sql: string,
  result: QueryResult,
): AsyncGenerator<ChatEvent> {
  const { deps, request, record, signal } = turn;
  record.responseModel = deps.settings.responseModel;
  const startedAt = deps.now();
  try {
    const messages = askForAnswer(
      request.question,
      sql,
      result,
      deps.randomId(),
      turn.recalled.terms,
    );
    const call = callFor(turn, deps.settings.responseModel, messages, OUTPUT_TOKENS.response);
    const guard = guardMarkdown(deps.settings.siteUrl);
    for await (const chunk of turn.model.write(call, signal)) {
      record.responseId = chunk.id ?? record.responseId;
      const text = guard.push(chunk.text);
      if (text !== "") yield say(turn, text);
    }
    const rest = guard.end();
    if (rest !== "") yield say(turn, rest);
  } finally {
    record.responseGenerationDurationMs = elapsed(turn, startedAt);
  }
  if (record.aiResponse === null) throw new ModelError("The model wrote nothing.");
}

/** Adds text to the answer and returns the event with it. */
function say(turn: Turn, text: string): ChatEvent {
  const { record, request } = turn;
  record.ttfbMs ??= elapsed(turn, request.arrivedAt);
  record.aiResponse = (record.aiResponse ?? "") + text;
  return { event: "delta", data: { text } };
}

/** Stores the answer in the conversation and returns the id of its message. */
async function store(turn: Turn, finding: Finding | null): Promise<string> {
  const { deps, request, record } = turn;
  const found = finding === null || finding.isOffTopic ? null : finding;
  record.answerId = await deps.store.finish({
    asker: request.asker,
    conversationId: request.begun.conversation_id,
    content: record.aiResponse ?? "",
    sql: found?.sql ?? null,
    rows: found?.shown ?? null,
    followUps: record.followUpSuggestions ?? [],
    responseId: record.responseId,
    costUsd: costOf(turn),
  });
  return record.answerId;
}

/** Stores the text of a turn that failed. Returns null if that fails, too. */
async function storeWithoutRows(turn: Turn): Promise<string | null> {
  try {
    return await store(turn, null);
  } catch (error) {
    turn.request.log.error("answer was not stored in its conversation", { cause: error });
    return null;
  }
}

/** Returns the USD of all calls that were counted; null if none was, or a model has no price. */
function costOf({ deps, request, record }: Turn): number | null {
  return costOfTokens(record, deps.settings, request.prices);
}

function summarize(turn: Turn, finding: Finding, messageId: string): DoneData {
  const { deps, request, record } = turn;
  const { sqlModel, responseModel } = deps.settings;
  const unsupported = finding.isOffTopic
    ? []
    : findUnsupportedFigures(record.aiResponse ?? "", request.question, finding.result);
  if (unsupported.length > 0) {
    request.log.warn("answer contains figures that are not in the rows", { figures: unsupported });
  }
  return {
    conversation_id: request.begun.conversation_id,
    question_id: request.begun.message_id,
    message_id: messageId,
    response_id: record.responseId,
    is_off_topic: finding.isOffTopic,
    models: { sql: sqlModel, response: responseModel },
    tokens: { sql: tokensOf(record.sqlTokens), response: tokensOf(record.responseTokens) },
    cost_usd: costOf(turn),
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

/** Tells the user that there is no answer. Text that was streamed before is kept. */
async function* apologize(turn: Turn, failure: TurnFailure): AsyncGenerator<ChatEvent> {
  const { record, request } = turn;
  record.errorType = failure.type;
  record.errorMessage = failure.message;
  record.failedStep = failure.step;
  const { problem } = failure;
  request.log.error("question was not answered", {
    failed_step: failure.step,
    error_type: failure.type,
    reason: failure.message,
    cause: problem.cause,
  });
  if (record.aiResponse === null) {
    // The reason may quote what the model wrote.
    const guard = guardMarkdown(turn.deps.settings.siteUrl);
    yield say(turn, guard.push(`${APOLOGY} ${problem.message}`) + guard.end());
  }
  yield offerFollowUps(turn);
  const messageId = await storeWithoutRows(turn);
  yield {
    event: "error",
    data: {
      ...describeProblem(problem, request),
      conversation_id: request.begun.conversation_id,
      question_id: request.begun.message_id,
      message_id: messageId,
      failed_step: failure.step,
      cost_usd: costOf(turn),
    },
  };
}

/** Records that the caller disconnected, and stores what was streamed until then. */
async function recordAbort(turn: Turn): Promise<void> {
  const { record, request } = turn;
  record.errorType = "unexpected";
  record.errorMessage = "The caller disconnected.";
  record.failedStep = turn.step;
  request.log.info("caller disconnected", { failed_step: turn.step });
  if (record.aiResponse !== null) await storeWithoutRows(turn);
}
