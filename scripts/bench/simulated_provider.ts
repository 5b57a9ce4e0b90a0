import { z } from "zod";
import type { Behaviour } from "../services/openrouter/behaviour.ts";
import { TextLineStream } from "../stack/text_lines.ts";

const statisticsSchema = z.object({
  calls: z.number(),
  maxInFlight: z.number(),
  /** Milliseconds since 1970. */
  firstCallAt: z.number().nullable(),
  lastEndAt: z.number().nullable(),
  models: z.record(
    z.string(),
    z.object({
      maxInFlight: z.number(),
      latencyMs: z.number(),
      /** Total billed amount in USD. */
      cost: z.number(),
    }),
  ),
});

/** Counts of the simulated provider since its last reset. */
export type ProviderStatistics = z.infer<typeof statisticsSchema>;

/** Simulated OpenRouter in a process of its own, so that its CPU time is not counted as ours. */
export interface SimulatedProvider extends AsyncDisposable {
  /** Base URL for an OpenAI client. */
  readonly baseUrl: string;
  /** Tells the provider the expected JSON of images, by path. */
  teach(truths: Readonly<Record<string, unknown>>): Promise<void>;
  /** Resets all counts and sets the behaviour. */
  reset(behaviour: Behaviour): Promise<void>;
  /** Changes the current settings. */
  change(behaviour: Behaviour): Promise<void>;
  statistics(): Promise<ProviderStatistics>;
}

/** Starts the simulated provider on a free port. */
export async function startSimulatedProvider(): Promise<SimulatedProvider> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", `${import.meta.dirname}/../services/openrouter/server.ts`],
      "--die-with-parent",
    ],
    cwd: `${import.meta.dirname}/../..`,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
  const { value = "" } = await lines.getReader().read();
  const url = /^ready (\S+)$/.exec(value)?.[1];
  if (url === undefined) throw new Error(`the simulated provider did not start: ${value}`);
  const post = async (path: string, body: unknown) => {
    const response = await fetch(`${url}/_control/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`the simulated provider refused: ${text}`);
  };
  return {
    baseUrl: `${url}/api/v1`,
    teach: (truths) => post("truths", { truths }),
    async reset(behaviour) {
      await post("reset", {});
      await post("behaviour", behaviour);
    },
    change: (behaviour) => post("behaviour", behaviour),
    async statistics() {
      const response = await fetch(`${url}/_control/stats`);
      return statisticsSchema.parse(await response.json());
    },
    async [Symbol.asyncDispose]() {
      await child.stdin.close();
      await child.status;
    },
  };
}
