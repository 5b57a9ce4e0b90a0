import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { z } from "zod";
import { portsFrom } from "../stack/config.ts";
import { startDetached, stopDetached } from "../stack/control.ts";
import { readEnvFile } from "../stack/environment.ts";
import type { Receipt } from "./customer.ts";

const ROOT = join(import.meta.dirname ?? ".", "../..");
const ENV_FILE = join(ROOT, "supabase/functions/.env");
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
  /** Whether OpenRouter's models answer, really or simulated. */
  readonly hasPaidModels: boolean;
  /** Whose models prompts are refined with. */
  readonly textProvider: "groq" | "cerebras";
  readonly isTextSimulated: boolean;
  /** Whether the chat's model is played by the local stand-in. */
  readonly isChatSimulated: boolean;
}

/**
 * Starts the stack unless it runs. With `mock` it has to run with the simulated OpenRouter, which
 * is told what the receipts say; without a key of Groq or Cerebras, with those simulated.
 */
export async function startDemoStack(
  options: {
    readonly mock: boolean;
    readonly stackDir: string;
    readonly portBase: string | undefined;
  },
  receipts: readonly Receipt[],
): Promise<DemoStack> {
  const place = {
    stackDir: options.stackDir,
    ...options.portBase === undefined ? {} : { ports: portsFrom(Number(options.portBase)) },
  };
  const settings = { ...readEnvFile(ENV_FILE), ...Deno.env.toObject() };
  const isSet = (name: string) => (settings[name] ?? "").trim() !== "";
  const isTextSimulated = !isSet("GROQ_API_KEY") && !isSet("CEREBRAS_API_KEY");
  const overrides = {
    ...place,
    env: {
      ...options.mock ? { DEBUG_MOCK_OPENROUTER: "true" } : {},
      ...isTextSimulated ? { DEBUG_MOCK_GROQ: "true" } : {},
    },
  };
  let { state, wasRunning } = await startDetached(overrides);
  const lacks = (isAsked: boolean, name: string) => isAsked && state.standIns[name] === undefined;
  if (lacks(options.mock, "openrouter") || lacks(isTextSimulated, "groq")) {
    await stopDetached(place);
    ({ state, wasRunning } = await startDetached(overrides));
  }
  const simulation = state.standIns["openrouter"];
  if (simulation !== undefined) await teach(simulation, receipts);
  const textModels = state.standIns["groq"];
  if (isTextSimulated && textModels !== undefined) await teachMessages(textModels);
  return {
    apiUrl: state.apiUrl,
    siteUrl: Deno.env.get("SITE_URL") ?? state.apiUrl,
    publishableKey: state.publishableKey,
    outboxDir: state.outboxDir,
    logsDir: state.logsDir,
    wasRunning,
    hasLocalStripe: state.standIns["stripe"] !== undefined,
    isChatSimulated: state.standIns["openai"] !== undefined,
    hasPaidModels: simulation !== undefined || Deno.env.has("OPENROUTER_API_KEY"),
    textProvider: isTextSimulated || isSet("GROQ_API_KEY") ? "groq" : "cerebras",
    isTextSimulated,
  };
}

/** The simulated models see no images: they get the right answers and spoil them at random. */
async function teach(simulation: string, receipts: readonly Receipt[]): Promise<void> {
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
