import { portsFrom } from "../stack/config.ts";
import { startDetached, stopDetached } from "../stack/control.ts";
import type { Receipt } from "./customer.ts";

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
}

/**
 * Starts the stack unless it runs. With `mock` it has to run with the simulated OpenRouter, which
 * is told what the receipts say.
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
  const overrides = options.mock ? { ...place, env: { DEBUG_MOCK_OPENROUTER: "true" } } : place;
  let { state, wasRunning } = await startDetached(overrides);
  if (options.mock && state.standIns["openrouter"] === undefined) {
    await stopDetached(place);
    ({ state, wasRunning } = await startDetached(overrides));
  }
  const simulation = state.standIns["openrouter"];
  if (simulation !== undefined) await teach(simulation, receipts);
  return {
    apiUrl: state.apiUrl,
    siteUrl: Deno.env.get("SITE_URL") ?? state.apiUrl,
    publishableKey: state.publishableKey,
    outboxDir: state.outboxDir,
    logsDir: state.logsDir,
    wasRunning,
    hasLocalStripe: state.standIns["stripe"] !== undefined,
    hasPaidModels: simulation !== undefined || Deno.env.has("OPENROUTER_API_KEY"),
  };
}

/** The simulated models see no images: they get the right answers and spoil them at random. */
async function teach(simulation: string, receipts: readonly Receipt[]): Promise<void> {
  const response = await fetch(`${simulation}/_control/truths`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      truths: Object.fromEntries(receipts.map(({ file, expected }) => [file, expected])),
    }),
  });
  if (!response.ok) throw new Error(`the simulation refused: ${await response.text()}`);
  await response.body?.cancel();
}
