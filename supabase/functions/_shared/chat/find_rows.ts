import type { ProblemCode } from "../platform/http/problem.ts";
import { tryParseJson } from "../platform/json/try_parse_json.ts";
import { chooseChart } from "./chart/choose_chart.ts";
import type { ChatMessage } from "./chat_model.ts";
import type { ChatSchema } from "./chat_schema.ts";
import type { ChatEvent, ShownResult } from "./events.ts";
import { chooseExamples } from "./examples.ts";
import {
  noStatement,
  QueryError,
  statementFailed,
  statementRefused,
  toFailure,
  type TurnFailure,
} from "./failures.ts";
import type { GateVerdict } from "./gate/check_query.ts";
import { recallGlossary } from "./glossary.ts";
import {
  askForRepair,
  askForSql,
  type Understanding,
  UNDERSTANDING_FORMAT,
  understandingSchema,
} from "./prompts.ts";
import type { QueryResult } from "./query_result.ts";
import { EXAMPLE_COUNT, MAX_SQL_CALLS, OUTPUT_TOKENS } from "./spending.ts";
import { callFor, elapsed, type Turn } from "./turn.ts";

/** Statement and rows that a question led to. */
export type Finding =
  | { readonly isOffTopic: true }
  | {
    readonly isOffTopic: false;
    readonly sql: string;
    readonly result: QueryResult;
    readonly shown: ShownResult;
  };

type PassedStatement = Extract<GateVerdict, { ok: true }>;

/** Number of rows in the `rows` event. The model that writes the answer may see more. */
const FIRST_ROWS = 50;

/** Failures that end the turn when they come again: no statement, and one that takes too long. */
const NOT_TWICE: readonly ProblemCode[] = ["chat.no_statement", "chat.statement_timed_out"];

/**
 * Asks a model for a statement that answers the question, checks it and runs it. If the statement is
 * missing, refused or fails, the model is told all that is wrong and writes another, at most twice. A
 * statement that took too long is not run again, nor one that differs from it in literals alone.
 *
 * @throws {TurnFailure} of the last attempt
 */
export async function* findRows(
  turn: Turn,
  schema: ChatSchema,
): AsyncGenerator<ChatEvent, Finding> {
  const { question, begun } = turn.request;
  await recall(turn, schema);
  const examples = chooseExamples(schema, question, EXAMPLE_COUNT, turn.recalled);
  let messages = askForSql(schema, examples, begun.history, question, turn.recalled.terms);
  const failed = new Set<ProblemCode>();
  let slow: { readonly failure: TurnFailure; readonly shapeHash: string | null } | undefined;
  for (let repairs = 0;; repairs++) {
    yield statusOf(turn, "understanding");
    let written = "";
    try {
      written = await callModel(turn, messages);
      const understanding = readUnderstanding(written);
      if (understanding.is_off_topic) return { isOffTopic: true };
      if (!understanding.sql?.trim()) throw noStatement("The model found no statement.");
      yield statusOf(turn, "looking_up");
      const { sql, shapeHash } = await check(turn, schema, understanding.sql);
      if (shapeHash === slow?.shapeHash) throw slow.failure;
      yield { event: "sql", data: { sql } };
      const result = await run(turn, sql);
      const shown = {
        ...result,
        rows: result.rows.slice(0, FIRST_ROWS),
        chart: chooseChart(result),
      };
      yield { event: "rows", data: shown };
      return { isOffTopic: false, sql, result, shown };
    } catch (error) {
      if (turn.signal.aborted) throw error;
      const failure = toFailure(error, turn.step);
      const { code } = failure.problem;
      const isRepeated = NOT_TWICE.includes(code) && failed.has(code);
      if (repairs === MAX_SQL_CALLS - 1 || isRepeated || failure.hint === null) throw failure;
      failed.add(code);
      if (code === "chat.statement_timed_out") {
        slow = { failure, shapeHash: turn.record.sqlShapeHash };
      }
      turn.request.log.info("statement failed: asking the model for another", {
        reason: failure.message,
      });
      messages = [...messages, ...askForRepair(written, failure.hint)];
    }
  }
}

/** Sets what the operator's glossary has to say about the question. */
async function recall(turn: Turn, schema: ChatSchema): Promise<void> {
  const { deps, request } = turn;
  const { history } = request.begun;
  turn.recalled = await recallGlossary(request.glossary, {
    accountId: request.asker.accountId,
    question: request.question,
    past: history.filter(({ role }) => role === "user").map(({ content }) => content),
    schema,
    checkQuery: deps.checkQuery,
    log: request.log,
  });
}

/** Sets the turn's step and returns the event that announces it. */
export function statusOf(turn: Turn, step: Turn["step"]): ChatEvent {
  turn.step = step;
  const { conversation_id, message_id } = turn.request.begun;
  return { event: "status", data: { status: step, conversation_id, question_id: message_id } };
}

async function callModel(turn: Turn, messages: readonly ChatMessage[]): Promise<string> {
  const { deps, signal, record } = turn;
  const startedAt = deps.now();
  try {
    const call = callFor(turn, deps.settings.sqlModel, messages, OUTPUT_TOKENS.sql);
    const reply = await turn.model.fillIn(call, UNDERSTANDING_FORMAT, signal);
    record.responseId = reply.id;
    return reply.text;
  } finally {
    record.nlToSqlDurationMs = (record.nlToSqlDurationMs ?? 0) + elapsed(turn, startedAt);
  }
}

function readUnderstanding(text: string): Understanding {
  // Some models put JSON in a code block, whatever they are asked for.
  const [, fenced] = /^\s*```(?:json)?\s*(.*?)\s*```\s*$/s.exec(text) ?? [];
  const value = tryParseJson(fenced ?? text);
  if (value === undefined) throw noStatement("The model's answer is not JSON.");
  const parsed = understandingSchema.safeParse(value);
  if (!parsed.success) throw noStatement("The model's answer does not match the schema.");
  return parsed.data;
}

async function check(turn: Turn, schema: ChatSchema, statement: string): Promise<PassedStatement> {
  // A refused statement is logged as well.
  turn.record.generatedSql = statement;
  turn.record.sqlShapeHash = null;
  const verdict = await turn.deps.checkQuery(statement, schema);
  if (!verdict.ok) throw statementRefused(verdict.faults, verdict.cause);
  turn.record.generatedSql = verdict.sql;
  turn.record.sqlShapeHash = verdict.shapeHash;
  return verdict;
}

async function run(turn: Turn, sql: string): Promise<QueryResult> {
  const { deps, request, signal, record } = turn;
  const startedAt = deps.now();
  try {
    const result = await deps.store.run(request.asker, sql, {
      maxRows: deps.settings.maxRows,
      timeoutMs: deps.settings.queryTimeoutMs,
    }, signal);
    record.resultRowCount = result.row_count;
    return result;
  } catch (error) {
    if (error instanceof QueryError && !signal.aborted) throw statementFailed(error);
    throw error;
  } finally {
    record.sqlExecutionDurationMs = (record.sqlExecutionDurationMs ?? 0) + elapsed(turn, startedAt);
  }
}
