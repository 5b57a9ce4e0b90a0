import { REPAIR_OPENING } from "../../../supabase/functions/_shared/chat/prompts.ts";
import { pause } from "../../support/pause.ts";
import { reviewTestResult } from "../review_test_result.ts";
import { BrokenConnection } from "../listen.ts";
import { type Failure, failureBody, failureOf, failureResponse } from "../openrouter/failures.ts";
import { pickOutcome, uniform } from "../openrouter/random.ts";
import {
  type AllSettings,
  type Behaviour,
  DEFAULT_BEHAVIOUR,
  type Outcome,
  outcomes,
} from "./behaviour.ts";
import { type Answer, createAnswer, writeChunks, writeCompletion } from "./completion.ts";
import { composeAnswer, readData } from "./compose_answer.ts";
import { findKnown, type KnownQuestion } from "./known_questions.ts";
import type { ChatRequest } from "./request.ts";

export const INVALID_KEY: Failure = {
  status: 401,
  message: "Incorrect API key provided.",
  type: "invalid_request_error",
  code: "invalid_api_key",
};
const SERVER_ERROR: Failure = {
  status: 500,
  message: "The server had an error while processing your request.",
};

/** Counts of calls since the start or the last reset. */
export interface Statistics {
  calls: number;
  /** Number of calls that the caller aborted. */
  aborted: number;
  /** Number of calls in progress. */
  inFlight: number;
}

const REMEMBERED_REQUESTS = 50;
const BREAK_MS = 20;

/** State of the simulated models: known questions, behaviour and received requests. */
export class Simulator {
  readonly statistics: Statistics = { calls: 0, aborted: 0, inFlight: 0 };
  /** The last fifty, oldest first. */
  readonly received: ChatRequest[] = [];
  behaviour: AllSettings = DEFAULT_BEHAVIOUR;
  #questions: KnownQuestion[];
  #script: Outcome[] = [];

  constructor(questions: readonly KnownQuestion[], readonly initial: Behaviour) {
    this.#questions = [...questions];
    this.change(initial);
  }

  /** Adds questions. They take precedence over those already known. */
  addQuestions(questions: readonly KnownQuestion[]): void {
    this.#questions.unshift(...questions);
  }

  change(behaviour: Behaviour): void {
    const set = Object.entries(behaviour).filter(([, value]) => value !== undefined);
    this.behaviour = { ...this.behaviour, ...Object.fromEntries(set) };
    if (behaviour.script !== undefined) this.#script = [...behaviour.script];
  }

  /** Resets all counts, and the behaviour to its state at the start. Known questions stay. */
  reset(): void {
    this.behaviour = DEFAULT_BEHAVIOUR;
    this.#script = [];
    this.change(this.initial);
    this.received.length = 0;
    Object.assign(this.statistics, { calls: 0, aborted: 0 });
  }

  async answer(request: ChatRequest, signal: AbortSignal): Promise<Response> {
    this.received.push(request);
    if (this.received.length > REMEMBERED_REQUESTS) this.received.shift();
    const call = ++this.statistics.calls;
    const { rates, seed } = this.behaviour;
    const outcome = this.#script.shift() ??
      pickOutcome(outcomes, rates, uniform(seed, call, "outcome"));
    this.statistics.inFlight++;
    let isStreaming = false;
    const end = () => {
      this.statistics.inFlight--;
      if (signal.aborted) this.statistics.aborted++;
    };
    try {
      const refusal = this.#refuse(outcome, request.model);
      if (refusal !== undefined) return refusal;
      await pause(outcome === "hang" ? this.behaviour.hangMs : this.behaviour.firstTokenMs, signal);
      const isWhole = request.stream !== true;
      if (isWhole && outcome === "disconnect") throw new BrokenConnection();
      if (outcome === "hang" || (isWhole && outcome === "error_in_stream")) {
        return failureResponse("openai", { status: 500, message: "Internal Server Error" });
      }
      const isJson = request.response_format?.type === "json_schema";
      const spoiled = isJson ? "Certainly! Here is a query:" : "";
      const answer = createAnswer(
        request,
        outcome === "malformed" ? spoiled : this.#compose(request),
        call,
        this.behaviour.cachedShare,
      );
      if (isWhole) {
        return Response.json(writeCompletion(answer), { headers: headersOf(call) });
      }
      isStreaming = true;
      const stream = ReadableStream.from(this.#stream(request, answer, outcome, signal, end));
      const headers = { ...headersOf(call), "content-type": "text/event-stream; charset=utf-8" };
      return new Response(stream.pipeThrough(new TextEncoderStream()), { headers });
    } finally {
      if (!isStreaming) end();
    }
  }

  #refuse(outcome: Outcome, model: string): Response | undefined {
    const failure = outcome === "unauthorized" ? INVALID_KEY : failureOf(outcome, model, "OpenAI");
    const headers = { "retry-after": String(this.behaviour.retryAfterSeconds) };
    return failure && failureResponse("openai", failure, failure.status === 429 ? headers : {});
  }

  #compose(request: ChatRequest): string {
    const prompt = request.messages.at(-1)?.content ?? "";
    const review = reviewTestResult(prompt);
    if (review !== null) return review;
    if (request.response_format?.type === "json_schema") return this.#writeUnderstanding(request);
    const data = readData(prompt);
    return data === null
      ? "I am a simulated model and know a few questions only."
      : composeAnswer(data);
  }

  #writeUnderstanding({ messages }: ChatRequest): string {
    const questions = messages.filter(({ role }) => role === "user").map(({ content }) => content);
    const repairs = questions.filter((content) => content.startsWith(REPAIR_OPENING)).length;
    const asked = questions.findLast((content) => !content.startsWith(REPAIR_OPENING)) ?? "";
    const known = findKnown(this.#questions, asked);
    const sql = known?.sql[Math.min(repairs, known.sql.length - 1)] ?? null;
    return JSON.stringify({
      is_off_topic: known !== undefined && sql === null,
      sql,
      reason: known === undefined
        ? "A simulated model knows its questions word for word, and not this one."
        : "A simulated model knows this question.",
    });
  }

  async *#stream(
    request: ChatRequest,
    answer: Answer,
    outcome: Outcome,
    signal: AbortSignal,
    end: () => void,
  ): AsyncGenerator<string> {
    const { tokenMs } = this.behaviour;
    const chunks = writeChunks(answer, request.stream_options?.include_usage === true);
    const isCutOff = outcome === "disconnect" || outcome === "error_in_stream";
    const write = (data: string) => `data: ${data}\n\n`;
    try {
      for (const [index, chunk] of chunks.entries()) {
        if (isCutOff && index >= chunks.length / 2) break;
        // The first two chunks are the role and the first token, which was waited for already.
        if (index > 1) await pause(tokenMs, signal);
        if (signal.aborted) return;
        yield write(JSON.stringify(chunk));
      }
    } finally {
      end();
    }
    if (outcome === "disconnect") {
      // The server buffers the first writes. Until the headers are sent there is no connection to
      // break.
      await pause(BREAK_MS, signal);
      throw new BrokenConnection();
    }
    const failed = outcome === "error_in_stream";
    yield write(failed ? JSON.stringify(failureBody("openai", SERVER_ERROR)) : "[DONE]");
  }
}

function headersOf(call: number): Record<string, string> {
  return { "x-request-id": `req_${call}` };
}
