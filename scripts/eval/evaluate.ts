import { join } from "node:path";
import postgres from "postgres";
import { z } from "zod";
import type { ChatModel } from "../../supabase/functions/_shared/chat/chat_model.ts";
import { TurnFailure } from "../../supabase/functions/_shared/chat/failures.ts";
import { findRows } from "../../supabase/functions/_shared/chat/find_rows.ts";
import { checkQuery } from "../../supabase/functions/_shared/chat/gate/check_query.ts";
import { createChatStore } from "../../supabase/functions/_shared/chat/store.ts";
import { beginTurn, type TurnDeps } from "../../supabase/functions/_shared/chat/turn.ts";
import { createLogger } from "../../supabase/functions/_shared/platform/logger.ts";
import { isSameResult } from "./compare_results.ts";

const FOLDER = join(import.meta.dirname ?? ".", "../../examples/chat-eval");
/** Subjects, each with questions in `<subject>.json` over the rows of `<subject>.sql`. */
const SUBJECTS = ["benchmarks", "prompts", "tests"];
/** Ids of Ada and Bob in the rows. */
const EVALUATED_USER = "00000000-0000-4000-8000-00000000ada0";
const OTHER_USER = "00000000-0000-4000-8000-000000000b0b";
const LIMITS = { maxRows: 500, timeoutMs: 5000 };

const casesSchema = z.array(z.object({
  question: z.string(),
  sql: z.string(),
  ordered: z.boolean().default(false),
}));
/** Question with a statement that finds the right rows. */
export type EvaluationCase = z.infer<typeof casesSchema>[number];

/** Outcome of one question. */
export interface EvaluatedCase {
  readonly question: string;
  /** Reason why the result is wrong; null if it is right. */
  readonly fault: string | null;
}

/** Reads the questions in `examples/chat-eval`. */
export async function readCases(): Promise<EvaluationCase[]> {
  const read = await Promise.all(SUBJECTS.map(async (subject) => {
    const text = await Deno.readTextFile(join(FOLDER, `${subject}.json`));
    return casesSchema.parse(JSON.parse(text));
  }));
  return read.flat();
}

/**
 * Inserts the rows that the questions are about: rows of one user, and some of another user that no
 * answer to the first may show.
 */
export async function seed(
  sql: postgres.Sql,
  user = EVALUATED_USER,
  other = OTHER_USER,
): Promise<void> {
  for (const subject of SUBJECTS) {
    const script = await Deno.readTextFile(join(FOLDER, `${subject}.sql`));
    await sql.unsafe(script.replaceAll(EVALUATED_USER, user).replaceAll(OTHER_USER, other));
  }
}

/** Asks a model every question in order, as the chat does, over a seeded database. */
export async function* evaluate(
  cases: readonly EvaluationCase[],
  databaseUrl: string,
  model: ChatModel,
  modelId: string,
): AsyncGenerator<EvaluatedCase> {
  const sql = postgres(databaseUrl, {
    max: 2,
    onnotice: () => {},
    connection: { role: "service_role", statement_timeout: LIMITS.timeoutMs },
  });
  const store = createChatStore({ sql, connectQueries: () => sql });
  const deps: TurnDeps = {
    model,
    store,
    checkQuery,
    persistTelemetry: () => Promise.resolve(),
    settings: {
      sqlModel: modelId,
      responseModel: modelId,
      siteUrl: "http://127.0.0.1",
      maxRows: LIMITS.maxRows,
      queryTimeoutMs: LIMITS.timeoutMs,
    },
    now: () => performance.now(),
    randomId: () => crypto.randomUUID(),
  };
  try {
    for (const given of cases) yield await evaluateOne(given, deps);
  } finally {
    await sql.end();
  }
}

async function evaluateOne(given: EvaluationCase, deps: TurnDeps): Promise<EvaluatedCase> {
  const { question } = given;
  const signal = new AbortController().signal;
  const reference = await deps.store.run(EVALUATED_USER, given.sql, LIMITS, signal);
  const schema = await deps.store.schema();
  const turn = beginTurn(deps, {
    schema,
    prices: await deps.store.prices(),
    // The operator asked for it: there is no ceiling.
    reservedUsd: null,
    userId: EVALUATED_USER,
    question,
    begun: { conversation_id: crypto.randomUUID(), message_id: crypto.randomUUID(), history: [] },
    arrivedAt: deps.now(),
    requestId: crypto.randomUUID(),
    instance: "/chat",
    log: createLogger({ name: "eval", level: "error" }),
  }, signal);
  const judge = (fault: string | null) => ({ question, fault });
  try {
    const events = findRows(turn, schema);
    let step = await events.next();
    while (!step.done) step = await events.next();
    const finding = step.value;
    if (finding.isOffTopic) return judge("the model took the question for off topic");
    const isRight = isSameResult(reference, finding.result, given.ordered);
    return judge(isRight ? null : `another result: ${finding.sql.replace(/\s+/g, " ")}`);
  } catch (error) {
    if (error instanceof TurnFailure) return judge(`${error.type}: ${error.message}`);
    throw error;
  }
}
