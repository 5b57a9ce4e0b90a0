import { z } from "zod";
import { listen, type Listening, type ListenOptions } from "../listen.ts";
import { runProcess } from "../run_process.ts";
import type { JsonValue } from "./answer.ts";
import { createApp } from "./app.ts";
import { type Behaviour, behaviourSchema } from "./behaviour.ts";
import { defaultModels } from "./catalogue.ts";
import { readOrderedAnswers } from "./ordered_answers.ts";
import { type ReceivedRequest, Simulator } from "./simulator.ts";
import type { Statistics } from "./statistics.ts";

export interface OpenRouterOptions extends ListenOptions {
  /** Expected JSON of each image, by path suffix of its URL or SHA-256 (hex) of its bytes. */
  readonly truths?: ReadonlyMap<string, JsonValue>;
  readonly behaviour?: Behaviour;
  /** Only bearer token that is accepted. If unset, any token is. */
  readonly apiKey?: string;
  /** Database of a stack. The images of its running reports are answered with what they expect. */
  readonly databaseUrl?: string;
}

export interface OpenRouterService extends Listening {
  /** Base URL for an OpenRouter client: `<url>/api/v1`. */
  readonly openRouterUrl: string;
  /** Base URL for a client of any OpenAI-compatible service: `<url>/v1`. */
  readonly compatibleUrl: string;
  stats(): Statistics;
  /** The last fifty requests, oldest first. */
  requests(): readonly ReceivedRequest[];
  /** Changes the current settings. */
  change(behaviour: Behaviour): void;
  /** Resets all counts, and the behaviour to its state at the start. */
  reset(): void;
}

/**
 * Starts a simulated OpenRouter on 127.0.0.1.
 *
 * It uses OpenRouter's format under `/api/v1` and plain OpenAI's under `/v1`. Under
 * `/<provider>/v1` the list of models has that provider's own format. It inspects the images of a
 * request and answers with the expected JSON, changed at each model's error rate. Everything random
 * follows from `behaviour.seed`. With `databaseUrl` it also knows the images of reports that run.
 *
 * Control over HTTP: `GET /_control/stats`, `/_control/requests`, `/_control/behaviour`; `POST
 * /_control/behaviour`, `/_control/truths` (`{truths: {key: expected}}`), `/_control/texts`
 * (`{texts: {text: class}}`), `/_control/models` (`{models: [], removed: [ids]}`),
 * `/_control/reset`.
 *
 * @throws {Error} with the code `EADDRINUSE` if the port is taken.
 */
export async function startOpenRouterService(
  options: OpenRouterOptions = {},
): Promise<OpenRouterService> {
  const initial = behaviourSchema.parse(options.behaviour ?? {});
  const { databaseUrl } = options;
  const ordered = databaseUrl === undefined ? undefined : readOrderedAnswers(databaseUrl);
  const simulator = new Simulator(defaultModels, initial, ordered);
  simulator.addTruths(options.truths ?? []);
  const server = await listen(createApp(simulator, options.apiKey).fetch, options);
  return {
    ...server,
    stop: async () => {
      await server.stop();
      await ordered?.stop();
    },
    openRouterUrl: `${server.url}/api/v1`,
    compatibleUrl: `${server.url}/v1`,
    stats: () => simulator.statistics,
    requests: () => simulator.received,
    change: (behaviour) => simulator.change(behaviourSchema.parse(behaviour)),
    reset: () => simulator.reset(),
  };
}

if (import.meta.main) {
  const options = z.strictObject({
    apiKey: z.string().exactOptional(),
    databaseUrl: z.string().exactOptional(),
    behaviour: behaviourSchema.exactOptional(),
  });
  await runProcess(options, startOpenRouterService);
}
