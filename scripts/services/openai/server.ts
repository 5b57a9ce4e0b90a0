import { z } from "zod";
import { listen, type Listening, type ListenOptions } from "../listen.ts";
import { runProcess } from "../run_process.ts";
import { createApp } from "./app.ts";
import { type Behaviour, behaviourSchema } from "./behaviour.ts";
import { KNOWN_QUESTIONS, type KnownQuestion } from "./known_questions.ts";
import type { ChatRequest } from "./request.ts";
import { Simulator, type Statistics } from "./simulator.ts";

export interface OpenAiOptions extends ListenOptions {
  readonly behaviour?: Behaviour;
  /** Beside those it knows anyhow. */
  readonly questions?: readonly KnownQuestion[];
  /** The only bearer token accepted; any is if unset. */
  readonly apiKey?: string;
}

export interface OpenAiService extends Listening {
  /** Base URL for a client: `<url>/v1`. */
  readonly baseUrl: string;
  stats(): Statistics;
  /** The last fifty requests, oldest first. */
  requests(): readonly ChatRequest[];
  /** Lays settings over those in force. */
  change(behaviour: Behaviour): void;
  addQuestions(questions: readonly KnownQuestion[]): void;
  /** Counts to zero, behaviour back to what the service was started with. */
  reset(): void;
}

/**
 * Starts simulated OpenAI models on 127.0.0.1, which speak chat completions as they are: whole or
 * streamed, with structured outputs, token counts and errors.
 *
 * Asked to fill in a schema they write the statement of a question that they know, see
 * `known_questions.ts`; given a test's result they judge it; asked otherwise they put the rows of the
 * prompt into words. Control over HTTP:
 * `GET /_control/stats`, `/_control/requests`, `/_control/behaviour`; `POST /_control/behaviour`,
 * `/_control/questions` (`{questions: [{question, sql: []}]}`), `/_control/reset`.
 *
 * Rejects with the `EADDRINUSE` system error when the port is taken.
 */
export async function startOpenAiService(options: OpenAiOptions = {}): Promise<OpenAiService> {
  const initial = behaviourSchema.parse(options.behaviour ?? {});
  const simulator = new Simulator([...options.questions ?? [], ...KNOWN_QUESTIONS], initial);
  const reset = () => simulator.reset(initial);
  const server = await listen(
    createApp(simulator, { apiKey: options.apiKey, reset }).fetch,
    options,
  );
  return {
    ...server,
    baseUrl: `${server.url}/v1`,
    stats: () => simulator.statistics,
    requests: () => simulator.received,
    change: (behaviour) => simulator.change(behaviourSchema.parse(behaviour)),
    addQuestions: (questions) => simulator.addQuestions(questions),
    reset,
  };
}

if (import.meta.main) {
  const options = z.strictObject({
    apiKey: z.string().exactOptional(),
    behaviour: behaviourSchema.exactOptional(),
  });
  await runProcess("openai", options, startOpenAiService);
}
