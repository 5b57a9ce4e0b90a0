import { join } from "node:path";
import { z } from "zod";
import { callControl } from "../services/call_control.ts";
import type { Behaviour } from "../services/openrouter/behaviour.ts";
import { freeStackPorts } from "../stack/free_ports.ts";
import { startLocalService } from "../stack/local_service.ts";

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
  const { url, stop } = await startLocalService(
    { rootDir: join(import.meta.dirname ?? ".", "../.."), ports: freeStackPorts() },
    { name: "openrouter", options: {} },
    () => {},
  );
  const change = async (behaviour: Behaviour) => {
    await callControl(url, "behaviour", behaviour);
  };
  return {
    baseUrl: `${url}/api/v1`,
    async teach(truths) {
      await callControl(url, "truths", { truths });
    },
    async reset(behaviour) {
      await callControl(url, "reset", {});
      await change(behaviour);
    },
    change,
    statistics: async () => statisticsSchema.parse(await callControl(url, "stats")),
    [Symbol.asyncDispose]: stop,
  };
}
