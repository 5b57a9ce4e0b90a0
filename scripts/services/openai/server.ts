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
  /** Questions in addition to the built-in ones. */
  readonly questions?: readonly KnownQuestion[];
  /** Only bearer token that is accepted. If unset, any token is. */
  readonly apiKey?: string;
}

export interface OpenAiService extends Listening {
  /** Base URL for a client: `<url>/v1`. */
  readonly baseUrl: string;
  stats(): Statistics;
  /** The last fifty requests, oldest first. */
  requests(): readonly ChatRequest[];
  /** Changes the current settings. */
  change(behaviour: Behaviour): void;
}

/**
 * Starts simulated OpenAI models on 127.0.0.1. They answer chat completions like the real service:
 * whole or streamed, with structured outputs, token counts and errors.
 *
 * A request with a schema gets the statement of a known question (see `known_questions.ts`), or a
 * review if the prompt contains a test result. Any other request gets the rows of its prompt in
 * words.
 *
 * Control over HTTP: `GET /_control/stats`, `/_control/requests`, `/_control/behaviour`; `POST
 * /_control/behaviour`, `/_control/questions` (`{questions: [{question, sql: []}]}`),
 * `/_control/reset`.
 *
 * @throws {Error} with the code `EADDRINUSE` if the port is taken.
 */
export async function startOpenAiService(options: OpenAiOptions = {}): Promise<OpenAiService> {
  const initial = behaviourSchema.parse(options.behaviour ?? {});
  const simulator = new Simulator([...options.questions ?? [], ...KNOWN_QUESTIONS], initial);
  const server = await listen(createApp(simulator, options.apiKey).fetch, options);
  return {
    ...server,
    baseUrl: `${server.url}/v1`,
    stats: () => simulator.statistics,
    requests: () => simulator.received,
    change: (behaviour) => simulator.change(behaviourSchema.parse(behaviour)),
  };
}

if (import.meta.main) {
  const options = z.strictObject({
    apiKey: z.string().exactOptional(),
    behaviour: behaviourSchema.exactOptional(),
  });
  await runProcess(options, startOpenAiService);
}
