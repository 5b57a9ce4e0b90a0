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

/** See {@link startSimulatedProvider}. */
export type SimulatedProvider = Awaited<ReturnType<typeof startSimulatedProvider>>;

/**
 * Starts a simulated OpenRouter on a free port, in a process of its own, so that its CPU time is not
 * counted as ours.
 */
export async function startSimulatedProvider() {
  const { url, stop } = await startLocalService(
    { rootDir: join(import.meta.dirname ?? ".", "../.."), ports: freeStackPorts() },
    { name: "openrouter", options: {} },
    () => {},
  );
  return {
    /** Base URL for an OpenAI client. */
    baseUrl: `${url}/api/v1`,
    /** Tells the provider the expected JSON of images, by path. */
    async teach(truths: Readonly<Record<string, unknown>>) {
      await callControl(url, "truths", { truths });
    },
    /** Resets all counts and sets the behaviour. */
    async reset(behaviour: Behaviour) {
      await callControl(url, "reset", {});
      await callControl(url, "behaviour", behaviour);
    },
    /** Changes the current settings. */
    async change(behaviour: Behaviour) {
      await callControl(url, "behaviour", behaviour);
    },
    /** Returns the counts since the last reset. */
    statistics: async () => statisticsSchema.parse(await callControl(url, "stats")),
    [Symbol.asyncDispose]: stop,
  };
}
