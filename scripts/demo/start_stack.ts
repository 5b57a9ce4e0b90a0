import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse } from "csv-parse/sync";
import { z } from "zod";
import { type ConfigOverrides, loadConfig } from "../stack/config.ts";
import { startDetached, stopDetached } from "../stack/control.ts";
import { pickSettings, planSurroundings, readEnvFile } from "../stack/environment.ts";
import { findRunningStack } from "../stack/state.ts";
import type { Receipt } from "./customer.ts";

const ROOT = join(import.meta.dirname ?? ".", "../..");
const MESSAGES_FILE = join(ROOT, "examples/prompts/tickets.csv");

/** What the demo needs to know of the stack. */
export interface DemoStack {
  readonly apiUrl: string;
  readonly siteUrl: string;
  readonly publishableKey: string;
  readonly outboxDir: string;
  readonly logsDir: string;
  readonly wasRunning: boolean;
  /** Whether Stripe is played by the local stand-in. */
  readonly hasLocalStripe: boolean;
  /** Whether e-mails are written to the outbox instead of being sent. */
  readonly hasLocalEmail: boolean;
  /** Whether OpenRouter's models answer, really or simulated. */
  readonly hasPaidModels: boolean;
  readonly isOpenRouterSimulated: boolean;
  /** Whose models prompts are refined with. */
  readonly textProvider: "groq" | "cerebras";
  readonly isTextSimulated: boolean;
  /** Whether the chat's model is played by the local stand-in. */
  readonly isChatSimulated: boolean;
}

export interface DemoOptions {
  /** Whether OpenRouter is to be simulated. */
  readonly mock: boolean;
  /** Where the stack is, or is to be. */
  readonly place: ConfigOverrides;
  /** The shell's. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Starts the stack unless it runs; one that runs with other keys or stand-ins than are wanted now is
 * started again. The simulated models are told what receipts and messages say; without a key of Groq or
 * Cerebras those are simulated.
 */
export async function startDemoStack(
  { mock, place, environment }: DemoOptions,
  receipts: readonly Receipt[],
): Promise<DemoStack> {
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
  // What the stack was started with from another shell stays.
  const settings = { ...before?.settings, ...shell };
  const { standIns } = planSurroundings(config, { ...given, ...settings, ...env });
  const isOutdated = before !== undefined && (
    Object.entries(shell).some(([name, value]) => before.settings[name] !== value) ||
    !isDeepStrictEqual(
      new Set(standIns.map(({ name }) => name)),
      new Set(Object.keys(before.standIns)),
    )
  );
  if (isOutdated) await stopDetached(place);
  const ports = place.ports ?? before?.ports ?? {};
  const { state, wasRunning } = await startDetached({ ...place, ports, env }, settings);
  const { openrouter, groq } = state.standIns;
  if (openrouter !== undefined) await teach(openrouter, receipts);
  if (isTextSimulated && groq !== undefined) await teachMessages(groq);
  return {
    apiUrl: state.apiUrl,
    siteUrl: given["SITE_URL"] ?? state.apiUrl,
    publishableKey: state.publishableKey,
    outboxDir: state.outboxDir,
    logsDir: state.logsDir,
    wasRunning,
    hasLocalStripe: state.standIns["stripe"] !== undefined,
    hasLocalEmail: state.standIns["resend"] !== undefined,
    isChatSimulated: state.standIns["openai"] !== undefined,
    hasPaidModels: openrouter !== undefined || isSet("OPENROUTER_API_KEY"),
    isOpenRouterSimulated: openrouter !== undefined,
    textProvider: isTextSimulated || isSet("GROQ_API_KEY") ? "groq" : "cerebras",
    isTextSimulated,
  };
}

/** Another model answers its calls, as its provider may decide. */
export const REROUTED_MODEL = { id: "x-ai/grok-4.3", servedBy: "x-ai/grok-4.20" } as const;
/** It is listed at checkout, and its provider has ended it when the runs begin. */
export const RETIRED_MODEL = "mistralai/mistral-small-2603";

/** The simulated models see no images: they get the right answers and spoil them at random. */
async function teach(simulation: string, receipts: readonly Receipt[]): Promise<void> {
  await control(simulation, "behaviour", {
    models: {
      [REROUTED_MODEL.id]: { servedBy: REROUTED_MODEL.servedBy },
      [RETIRED_MODEL]: { rates: { retired: 1 } },
    },
  });
  await control(simulation, "truths", {
    truths: Object.fromEntries(receipts.map(({ file, expected }) => [file, expected])),
  });
}

/** Nor do they understand what they read. */
async function teachMessages(simulation: string): Promise<void> {
  const rows = z.array(z.object({ message: z.string(), expected: z.string() })).parse(
    parse(await Deno.readTextFile(MESSAGES_FILE), { columns: true }),
  );
  await control(simulation, "texts", {
    texts: Object.fromEntries(rows.map(({ message, expected }) => [message, expected])),
  });
}

async function control(simulation: string, path: string, body: unknown): Promise<void> {
  const response = await fetch(`${simulation}/_control/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`the simulation refused: ${await response.text()}`);
  await response.body?.cancel();
}
