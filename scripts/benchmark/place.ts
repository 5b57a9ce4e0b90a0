import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { signUp } from "../demo/customer.ts";
import { type DemoStack, startDemoStack } from "../demo/start_stack.ts";
import type { ConfigOverrides } from "../stack/config.ts";

/** Project that a benchmark runs in, with a signed-in customer. */
export interface Place {
  readonly supabase: SupabaseClient;
  /** Account that owns the order. */
  readonly ownerId: string;
  /** Site with the report page; null if the command does not know it. */
  readonly siteUrl: string | null;
  /** `true` if a local service replaces Stripe, so that nobody pays for the report. */
  readonly isFree: boolean;
  /** `true` if OpenRouter's models can be called: with a key, or simulated. */
  readonly hasPaidModels: boolean;
  readonly isOpenRouterSimulated: boolean;
  /** Advice if nothing happens for a long time. */
  readonly advice: string;
}

/** Address of a hosted project, and who signs in. */
export interface HostedOptions {
  readonly url: string;
  readonly publishableKey: string | undefined;
  readonly email: string | undefined;
  readonly password: string | undefined;
  /** URL of the site with the report page. */
  readonly siteUrl: string | undefined;
}

/** Starts the local stack with the keys of the shell unless it runs, and signs its customer in. */
export async function openLocalStack(
  place: ConfigOverrides,
  environment: Readonly<Record<string, string>>,
): Promise<Place> {
  const mock = environment["DEBUG_MOCK_OPENROUTER"] === "true";
  const stack: DemoStack = await startDemoStack({ mock, place, environment });
  const supabase = connect(stack.apiUrl, stack.publishableKey);
  const { id } = await signUp(supabase);
  return {
    supabase,
    ownerId: id,
    siteUrl: stack.siteUrl,
    isFree: stack.hasLocalStripe,
    hasPaidModels: stack.hasPaidModels,
    isOpenRouterSimulated: stack.isOpenRouterSimulated,
    advice: `Logs: ${stack.logsDir}`,
  };
}

/**
 * Signs a user in at a hosted project: with a password, else with a code that is sent by e-mail.
 *
 * @throws {Error} that names what is missing.
 */
export async function openHostedProject(options: HostedOptions): Promise<Place> {
  const { url, publishableKey, email, password } = options;
  if (publishableKey === undefined) {
    throw new Error("Set MODELPICK_PUBLISHABLE_KEY to the project's publishable key.");
  }
  if (email === undefined) {
    throw new Error("Set MODELPICK_EMAIL, or --email: only a person may pay, no key can.");
  }
  const supabase = connect(url, publishableKey);
  const { data: { user }, error } = password === undefined
    ? await signInByCode(supabase, email)
    : await supabase.auth.signInWithPassword({ email, password });
  if (error !== null || user === null) {
    throw new Error(`${email} cannot sign in: ${error?.message ?? "no user"}`);
  }
  return {
    supabase,
    ownerId: user.id,
    siteUrl: options.siteUrl ?? null,
    isFree: false,
    hasPaidModels: true,
    isOpenRouterSimulated: false,
    advice: "You may stop this command: the report is e-mailed when it is ready.",
  };
}

async function signInByCode(supabase: SupabaseClient, email: string) {
  if (!Deno.stdin.isTerminal()) {
    throw new Error("Set MODELPICK_PASSWORD: without a terminal no code can be entered.");
  }
  const { error } = await supabase.auth.signInWithOtp({
    email,
    options: { shouldCreateUser: false },
  });
  if (error) throw new Error(`no code was sent to ${email}: ${error.message}`);
  const token = prompt(`Code that was sent to ${email}:`)?.trim() ?? "";
  return await supabase.auth.verifyOtp({ email, token, type: "email" });
}

function connect(url: string, publishableKey: string): SupabaseClient {
  return createClient(url, publishableKey, {
    auth: { persistSession: false, autoRefreshToken: true },
  });
}
