import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse } from "csv-parse/sync";
import { z } from "zod";
import { callControl } from "../services/call_control.ts";
import { type ConfigOverrides, loadConfig } from "../stack/config.ts";
import { startDetached, stopDetached } from "../stack/control.ts";
import { readEnvFile } from "../stack/env_file.ts";
import { pickSettings, planEnvironment } from "../stack/plan_environment.ts";
import { findRunningStack } from "../stack/state_file.ts";

const ROOT = join(import.meta.dirname ?? ".", "../..");
const MESSAGES_FILE = join(ROOT, "examples/prompts/tickets.csv");

/** Addresses and facts about the stack that the demo needs. */
export type DemoStack = Awaited<ReturnType<typeof startDemoStack>>;

export interface DemoOptions {
  /** `true` simulates OpenRouter. */
  readonly mock: boolean;
  /** Location of the stack. */
  readonly place: ConfigOverrides;
  /** Environment of the shell. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Starts the stack unless it is running. Restarts it if it runs with other keys or local services
 * than are wanted now. Tells the simulated models the correct answers for messages; those for images
 * they read from the orders. Without a key for Groq or Cerebras these are simulated too.
 */
export async function startDemoStack({ mock, place, environment }: DemoOptions) {
  const config = await loadConfig(place);
  const before = await findRunningStack(config.stackDir);
  const shell = pickSettings(environment);
  const given = { ...readEnvFile(join(config.functionsDir, ".env")), ...shell };
  const isSet = (name: string) => (given[name] ?? "").trim() !== "";
  const isTextSimulated = !isSet("GROQ_API_KEY") && !isSet("CEREBRAS_API_KEY");
  const env = {
    ...mock ? { DEBUG_MOCK_OPENROUTER: "true" } : {},
    ...isTextSimulated ? { DEBUG_MOCK_GROQ: "true" } : {},
  };
  // Settings from the shell that started the stack are kept.
  const settings = { ...before?.settings, ...shell };
  const { localServices } = planEnvironment(config, { ...given, ...settings, ...env });
  const isOutdated = before !== undefined && (
    Object.entries(shell).some(([name, value]) => before.settings[name] !== value) ||
    !isDeepStrictEqual(
      new Set(localServices.map(({ name }) => name)),
      new Set(Object.keys(before.localServices)),
    )
  );
  if (isOutdated) await stopDetached(place);
  const ports = place.ports ?? before?.ports ?? {};
  const { state, wasRunning } = await startDetached({ ...place, ports, env }, settings);
  const { openrouter, groq } = state.localServices;
  if (isTextSimulated && groq !== undefined) await teachMessages(groq);
  const isGroq = isTextSimulated || isSet("GROQ_API_KEY");
  return {
    apiUrl: state.apiUrl,
    siteUrl: given["SITE_URL"] ?? state.apiUrl,
    publishableKey: state.publishableKey,
    outboxDir: state.outboxDir,
    logsDir: state.logsDir,
    wasRunning,
    /** `true` if a local service replaces Stripe. */
    hasLocalStripe: state.localServices["stripe"] !== undefined,
    /** `true` if e-mails are written to the outbox instead of being sent. */
    hasLocalEmail: state.localServices["resend"] !== undefined,
    /** `true` if a local service answers the chat. */
    isChatSimulated: state.localServices["openai"] !== undefined,
    /** `true` if OpenRouter's models answer, real or simulated. */
    hasPaidModels: openrouter !== undefined || isSet("OPENROUTER_API_KEY"),
    isOpenRouterSimulated: openrouter !== undefined,
    /** Origin of the simulation of OpenRouter, if there is one. */
    simulationUrl: openrouter,
    /** Provider of the models that prompts are refined with. */
    textProvider: isGroq ? "groq" as const : "cerebras" as const,
    isTextSimulated,
  };
}

/** Model whose calls another model answers, as a provider may decide. */
export const REROUTED_MODEL = { id: "x-ai/grok-4.3", servedBy: "x-ai/grok-4.20" } as const;
/** Model that is listed at checkout and has been removed when the runs begin. */
export const RETIRED_MODEL = "mistralai/mistral-small-2603";

/** Makes two simulated models fail as real ones may, or stops that. */
export async function simulateChanges(simulation: string, areShown: boolean): Promise<void> {
  await callControl(simulation, "behaviour", {
    models: {
      [REROUTED_MODEL.id]: { servedBy: areShown ? REROUTED_MODEL.servedBy : "" },
      [RETIRED_MODEL]: { rates: areShown ? { retired: 1 } : {} },
    },
  });
}

/** Gives the simulated models the correct class of each message. */
async function teachMessages(simulation: string): Promise<void> {
  const rows = z.array(z.object({ message: z.string(), expected: z.string() })).parse(
    parse(await Deno.readTextFile(MESSAGES_FILE), { columns: true }),
  );
  await callControl(simulation, "texts", {
    texts: Object.fromEntries(rows.map(({ message, expected }) => [message, expected])),
  });
}
