import { z } from "zod";
import { type AskDeps, askQuestion, questionSchema } from "../../_shared/chat/ask_question.ts";
import type { ChatEvent, ChatStep, DoneData, ShownResult } from "../../_shared/chat/events.ts";
import type { QueryResult } from "../../_shared/chat/query_result.ts";
import { type Tool, type ToolCall, ToolFailure } from "../tool.ts";
import { fitRows, rowsOutput } from "./rows.ts";

/** Dependencies of {@link createAsk}. */
export interface AskToolDeps extends AskDeps {
  /** Keeps the isolate alive until a question has ended, also if nobody waits for it any more. */
  readonly waitUntil: (work: Promise<unknown>) => void;
}

const output = z.object({
  answer: z.string(),
  conversation_id: z.string().describe("Pass it on to ask a question that follows this one."),
  is_off_topic: z.boolean().describe("True if the question is not about the user's data."),
  sql: z.string().nullable().describe("Statement that found the rows."),
  ...rowsOutput,
  follow_ups: z.array(z.string()).readonly().describe("Questions to ask next."),
  unsupported_figures: z.array(z.string()).readonly()
    .describe("Numbers of the answer that are not in the rows."),
  cost_usd: z.number().nullable().describe("Cost of the models; null if unknown."),
});

const NO_ROWS: QueryResult = { columns: [], rows: [], row_count: 0, truncated: false };

const STEPS: Readonly<Record<ChatStep, string>> = {
  understanding: "Writing the query",
  looking_up: "Running the query",
  response: "Writing the answer",
};

/** Creates the tool that answers a question as the chat does, with the same limits and telemetry. */
export function createAsk(
  deps: AskToolDeps,
): Tool<typeof questionSchema, typeof output> {
  return {
    name: "ask",
    title: "Ask about your data",
    description:
      "Answers a question in words about the user's own benchmarks, prompts, prompt runs, test runs and issues. A model writes one SQL query, which is checked and run with the user's rights, and another answers from its rows. Takes some seconds and costs money; the conversation is stored.",
    input: questionSchema,
    output,
    permission: "run",
    annotations: { readOnlyHint: false, destructiveHint: false, openWorldHint: false },
    run: async ({ question, conversation_id }, call) => {
      const { events } = await askQuestion(deps, {
        asker: call.member,
        conversationId: conversation_id ?? null,
        question,
        requestId: call.requestId,
        instance: call.instance,
        log: call.log,
      }, call.signal);
      const answer = readAnswer(events, call);
      deps.waitUntil(answer.catch(() => {}));
      return { output: await answer };
    },
  };
}

/** A client's model reads rows: their chart would fill its context with the same values. */
function withoutChart({ chart: _, ...result }: ShownResult): QueryResult {
  return result;
}

/** Reads the events to their end, without which the question would be recorded as broken off. */
async function readAnswer(
  events: AsyncIterable<ChatEvent>,
  { announce, signal }: ToolCall,
): Promise<z.output<typeof output>> {
  let [answer, sql, result] = ["", null as string | null, NO_ROWS];
  let followUps: readonly string[] = [];
  let done: DoneData | null = null;
  let failure: ToolFailure | null = null;
  for await (const { event, data } of events) {
    if (event === "status") await announce(STEPS[data.status]);
    else if (event === "sql") sql = data.sql;
    else if (event === "rows") result = fitRows(withoutChart(data));
    else if (event === "delta") answer += data.text;
    else if (event === "follow_ups") followUps = data.questions;
    else if (event === "done") done = data;
    else if (event === "error") failure = new ToolFailure(data);
  }
  if (failure !== null) throw failure;
  signal.throwIfAborted();
  if (done === null) throw new Error("the answer ended without an event that says so");
  const { conversation_id, is_off_topic, unsupported_figures, cost_usd } = done;
  return {
    ...{ answer, conversation_id, is_off_topic, sql },
    ...result,
    ...{ follow_ups: followUps, unsupported_figures, cost_usd },
  };
}
