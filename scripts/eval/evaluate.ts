import { join } from "node:path";
import postgres from "postgres";
import { z } from "zod";
import type { ChatModel } from "../../supabase/functions/_shared/chat/chat_model.ts";
import { costOfSteps } from "../../supabase/functions/_shared/chat/cost.ts";
import { TurnFailure } from "../../supabase/functions/_shared/chat/failures.ts";
import { type Finding, findRows } from "../../supabase/functions/_shared/chat/find_rows.ts";
import { checkQuery } from "../../supabase/functions/_shared/chat/gate/check_query.ts";
import { createChatStore } from "../../supabase/functions/_shared/chat/store.ts";
import { beginTurn, type Turn, type TurnDeps } from "../../supabase/functions/_shared/chat/turn.ts";
import { parseContestant } from "../../supabase/functions/_shared/models/contestant.ts";
import { createLogger } from "../../supabase/functions/_shared/platform/logger.ts";
import { isSameResult } from "./compare_results.ts";

const FOLDER = join(import.meta.dirname ?? ".", "../../examples/chat-eval");
/** Areas, each with questions in `<area>.json` over the rows of `<area>.sql`. */
const AREAS = ["benchmarks", "prompts", "tests", "glossary"];
/** Ids of Ada and Bob in the rows. */
const EVALUATED_USER = "00000000-0000-4000-8000-00000000ada0";
const ASKER = { accountId: EVALUATED_USER, userId: EVALUATED_USER, keyId: null };
const OTHER_USER = "00000000-0000-4000-8000-000000000b0b";
const LIMITS = { maxRows: 500, timeoutMs: 5000 };

const casesSchema = z.array(z.object({
  question: z.string(),
  sql: z.string(),
  ordered: z.boolean().default(false),
  /** What a right statement needs beside filters and aggregates. */
  kind: z.enum(["plain", "join", "window", "gap"]).default("plain"),
  /** Plausible statements with another result. */
  wrong: z.array(z.string()).default([]),
}));
/** Question with a statement that finds the right rows. */
export type EvaluationCase = z.infer<typeof casesSchema>[number] & { readonly area: string };

/** How a question ended. */
export type Outcome =
  | "right"
  | "wrong"
  | "off_topic"
  | "no_statement"
  | "refused"
  | "timed_out"
  | "failed"
  | "unavailable";

/** Outcomes by the code of the failure that ended a question. */
const OUTCOMES: Readonly<Record<string, Outcome>> = {
  "chat.no_statement": "no_statement",
  "chat.statement_refused": "refused",
  "chat.statement_timed_out": "timed_out",
  "chat.unavailable": "unavailable",
};

/** Outcome of one question. */
export interface EvaluatedCase {
  readonly area: string;
  readonly kind: EvaluationCase["kind"];
  readonly question: string;
  readonly outcome: Outcome;
  /** Reason why the result is wrong; null if it is right. */
  readonly fault: string | null;
  /** Number of statements that were written after one that was refused or failed. */
  readonly repairs: number;
  /** Milliseconds until the rows were there, or the failure. */
  readonly milliseconds: number;
  /** Null if the model has no price or does not count tokens. */
  readonly costUsd: number | null;
}

/** Reads the questions in `examples/chat-eval`. */
export async function readCases(): Promise<EvaluationCase[]> {
  const read = await Promise.all(AREAS.map(async (area) => {
    const text = await Deno.readTextFile(join(FOLDER, `${area}.json`));
    return casesSchema.parse(JSON.parse(text)).map((given) => ({ ...given, area }));
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
  for (const area of AREAS) {
    const script = await Deno.readTextFile(join(FOLDER, `${area}.sql`));
    await sql.unsafe(script.replaceAll(EVALUATED_USER, user).replaceAll(OTHER_USER, other));
  }
}

/** Seeded database that questions are asked over. */
export interface Evaluation extends AsyncDisposable {
  /** Asks a model a question, as the chat does, and compares what it found. */
  ask(given: EvaluationCase): Promise<EvaluatedCase>;
  /** Returns what is wrong with a case: refused statements, and wrong ones that pass for right. */
  audit(given: EvaluationCase): Promise<readonly string[]>;
}

/** Opens an evaluation of a model over a database that {@link seed} filled. */
export function openEvaluation(
  databaseUrl: string,
  model: ChatModel,
  modelId: string,
): Evaluation {
  const sql = postgres(databaseUrl, {
    max: 2,
    onnotice: () => {},
    connection: { role: "service_role", statement_timeout: LIMITS.timeoutMs },
  });
  const deps: TurnDeps = {
    model,
    store: createChatStore({ sql, connectQueries: () => sql }),
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
  const signal = new AbortController().signal;
  const run = (statement: string) => deps.store.run(ASKER, statement, LIMITS, signal);
  return {
    async ask(given) {
      const reference = await run(given.sql);
      const prices = await deps.store.prices();
      const turn = beginTurn(deps, {
        schema: await deps.store.schema(),
        glossary: await deps.store.glossary(),
        prices,
        // The operator asked for it: there is no ceiling.
        reservedUsd: null,
        asker: ASKER,
        question: given.question,
        begun: {
          conversation_id: crypto.randomUUID(),
          message_id: crypto.randomUUID(),
          history: [],
        },
        arrivedAt: deps.now(),
        requestId: crypto.randomUUID(),
        instance: "/chat",
        log: createLogger({ name: "eval", level: "warn" }),
      }, signal);
      const { finding, attempts } = await find(turn);
      const milliseconds = Math.round(deps.now() - turn.request.arrivedAt);
      return {
        area: given.area,
        kind: given.kind,
        question: given.question,
        repairs: Math.max(0, attempts - 1),
        milliseconds,
        costUsd: costOfSteps([{
          tokens: turn.record.sqlTokens,
          price: prices.get(parseContestant(modelId).modelId),
        }]),
        ...judge(finding, (result) => isSameResult(reference, result, given.ordered)),
      };
    },
    async audit({ question, sql: right, ordered, wrong }) {
      const schema = await deps.store.schema();
      const reference = await run(right);
      const faults = reference.rows.length === 0 ? [`${question}: no row tells answers apart`] : [];
      for (const statement of [right, ...wrong]) {
        const verdict = await checkQuery(statement, schema);
        if (!verdict.ok) faults.push(`${question}: ${verdict.reason} ${statement}`);
      }
      for (const statement of wrong) {
        if (isSameResult(reference, await run(statement), ordered)) {
          faults.push(`${question}: this passes for right: ${statement}`);
        }
      }
      return faults;
    },
    [Symbol.asyncDispose]: () => sql.end(),
  };
}

/** Finds the rows of a turn. `attempts` is the number of statements that were asked for. */
async function find(
  turn: Turn,
): Promise<{ readonly finding: Finding | TurnFailure; readonly attempts: number }> {
  let attempts = 0;
  try {
    const events = findRows(turn, turn.request.schema);
    for (;;) {
      const { done, value } = await events.next();
      if (done) return { finding: value, attempts };
      if (value.event === "status" && value.data.status === "understanding") attempts++;
    }
  } catch (error) {
    if (error instanceof TurnFailure) return { finding: error, attempts };
    throw error;
  }
}

function judge(
  finding: Finding | TurnFailure,
  isRight: (result: Extract<Finding, { isOffTopic: false }>["result"]) => boolean,
): Pick<EvaluatedCase, "outcome" | "fault"> {
  if (finding instanceof TurnFailure) {
    return {
      outcome: OUTCOMES[finding.problem.code] ?? "failed",
      fault: `${finding.problem.code}: ${finding.message}`,
    };
  }
  if (finding.isOffTopic) {
    return { outcome: "off_topic", fault: "the model took the question for off topic" };
  }
  if (isRight(finding.result)) return { outcome: "right", fault: null };
  return { outcome: "wrong", fault: `another result: ${finding.sql.replace(/\s+/g, " ")}` };
}
