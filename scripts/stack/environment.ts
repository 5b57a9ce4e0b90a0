import { createHash } from "node:crypto";
import { join } from "node:path";
import { parseEnv } from "node:util";
import {
  PROVIDER_NAMES,
  PROVIDERS,
  variablesOf,
} from "../../supabase/functions/_shared/models/providers.ts";
import { apiUrl, type StackConfig, type StackPorts } from "./config.ts";

/** A stand-in of our own for a service that the functions call. */
export interface StandIn {
  /** Name of its port in {@link StackPorts}, and of its folder in `scripts/services` unless that is given. */
  readonly name: Exclude<keyof StackPorts, "api" | "db">;
  readonly folder?: string;
  /** What its `start…Service` takes, the port aside. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Which stand-ins a stack runs, and what its functions find in their environment besides Supabase's own. */
export interface Surroundings {
  readonly standIns: readonly StandIn[];
  /** Whether a real Stripe account's events have to be fetched, since nothing else brings them. */
  readonly relaysStripe: boolean;
  readonly env: Readonly<Record<string, string>>;
  /** The part of `env` that leads to the stand-ins: it stands over whatever is set while they run. */
  readonly forced: Readonly<Record<string, string>>;
}

/** Beginnings of what the settings of a shell may set for the functions, when the stack is started there. */
const PREFIXES = [
  ...["STRIPE", "RESEND", "WORKER", "PROVIDER", "CHAT", "OTEL", "DEBUG_MOCK"],
  ...PROVIDER_NAMES.map((name) => name.toUpperCase()),
];
const PASSED_ON = new RegExp(
  `^((${PREFIXES.join("|")})_[A-Z_]+|EMAIL_FROM|SITE_URL|ALLOWED_ORIGINS|REPORT_PRICE_CENTS|` +
    `MAX_IMAGE_BYTES|INLINE_IMAGE_PROVIDERS|SLOT_WAIT_SECONDS)$`,
);

/** Providers with a stand-in of their own, or with none. The stand-in `groq` plays all others. */
const HAVE_STAND_INS: ReadonlySet<string> = new Set([
  "openrouter",
  "openai",
  "local",
  "compatible",
]);

/** Picks what is meant for the functions out of a shell's environment. */
export function pickSettings(
  environment: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => PASSED_ON.test(name)));
}

/**
 * Reads the functions' `.env` file; one that is not there holds nothing. What begins with `SUPABASE_`
 * is left out: hosted secrets may not either.
 */
export function readEnvFile(file: string): Record<string, string> {
  try {
    const parsed = parseEnv(Deno.readTextFileSync(file));
    return Object.fromEntries(
      Object.entries(parsed).flatMap(([name, value]) =>
        value === undefined || name.startsWith("SUPABASE_") ? [] : [[name, value]]
      ),
    );
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  }
}

/**
 * Decides what is real and what a stand-in: a service without a key of its own is played by ours, and
 * so is one that `DEBUG_MOCK_OPENROUTER`, `DEBUG_MOCK_OPENAI` or `DEBUG_MOCK_EMAIL` asks for. OpenAI's
 * models, which the chat speaks with, count as real too where only their URL is set, and are not needed
 * where `CHAT_PROVIDER` names others. The other
 * providers are played where `DEBUG_MOCK_<NAME>` asks for it. The OCR models always run here.
 *
 * @param given the settings, from `supabase/functions/.env` and over it {@link StackConfig.env}.
 */
export function planSurroundings(
  config: Pick<StackConfig, "ports" | "keys" | "stackDir">,
  given: Readonly<Record<string, string>>,
): Surroundings {
  const url = (name: StandIn["name"]) => `http://127.0.0.1:${config.ports[name]}`;
  const isSet = (name: string) => (given[name] ?? "").trim() !== "";
  const asksFor = (name: string) => given[name] === "true";
  const standIns: StandIn[] = [];
  const forced: Record<string, string> = {};

  if (!isSet("LOCAL_BASE_URL")) {
    standIns.push({ name: "ocr", options: {} });
    forced.LOCAL_BASE_URL = `${url("ocr")}/v1`;
  }
  if (!isSet("STRIPE_SECRET_KEY")) {
    const secret = deriveSecret(config.keys.secret, "stripe");
    const webhookSecret = `whsec_${secret}`;
    const secretKey = `sk_test_${secret}`;
    standIns.push({
      name: "stripe",
      options: {
        webhook: { url: `${apiUrl(config)}/functions/v1/webhook`, secret: webhookSecret },
        secretKey,
        stateFile: join(config.stackDir, "stripe.json"),
      },
    });
    forced.STRIPE_SECRET_KEY = secretKey;
    forced.STRIPE_WEBHOOK_SECRET = webhookSecret;
    forced.STRIPE_API_URL = url("stripe");
  }
  const relaysStripe = isSet("STRIPE_SECRET_KEY") && !isSet("STRIPE_WEBHOOK_SECRET");
  if (relaysStripe) {
    forced.STRIPE_WEBHOOK_SECRET = `whsec_${deriveSecret(config.keys.secret, "stripe relay")}`;
  }
  if (!isSet("RESEND_API_KEY") || asksFor("DEBUG_MOCK_EMAIL")) {
    const apiKey = `re_${deriveSecret(config.keys.secret, "resend")}`;
    standIns.push({ name: "resend", options: { outboxDir: outboxDir(config), apiKey } });
    forced.RESEND_API_KEY = apiKey;
    forced.RESEND_BASE_URL = url("resend");
  }
  if (asksFor("DEBUG_MOCK_OPENROUTER")) {
    const apiKey = `sk-or-${deriveSecret(config.keys.secret, "openrouter")}`;
    standIns.push({ name: "openrouter", options: { apiKey } });
    forced.OPENROUTER_API_KEY = apiKey;
    forced.OPENROUTER_BASE_URL = `${url("openrouter")}/api/v1`;
  }
  const played = PROVIDERS.filter(({ name }) =>
    !HAVE_STAND_INS.has(name) && asksFor(`DEBUG_MOCK_${name.toUpperCase()}`)
  );
  if (played.length > 0) {
    const apiKey = `gsk_${deriveSecret(config.keys.secret, "groq")}`;
    standIns.push({ name: "groq", folder: "openrouter", options: { apiKey } });
    for (const { name } of played) {
      const variables = variablesOf(name);
      forced[variables.apiKey] = apiKey;
      forced[variables.baseUrl] = `${url("groq")}/${name}/v1`;
    }
  }
  const asksOpenAi = isSet("OPENAI_API_KEY") || isSet("OPENAI_BASE_URL");
  const chatsElsewhere = isSet("CHAT_PROVIDER") && given.CHAT_PROVIDER !== "openai";
  if (asksFor("DEBUG_MOCK_OPENAI") || (!asksOpenAi && !chatsElsewhere)) {
    const apiKey = `sk-${deriveSecret(config.keys.secret, "openai")}`;
    standIns.push({ name: "openai", options: { apiKey } });
    forced.OPENAI_API_KEY = apiKey;
    forced.OPENAI_BASE_URL = `${url("openai")}/v1`;
  }
  return { standIns, relaysStripe, forced, env: { SITE_URL: apiUrl(config), ...given, ...forced } };
}

/** Where e-mails that are not sent are written. */
export function outboxDir(config: Pick<StackConfig, "stackDir">): string {
  return join(config.stackDir, "outbox");
}

/** The same after every start, so that what was signed before it still holds. */
function deriveSecret(key: string, purpose: string): string {
  return createHash("sha256").update(`${purpose}|${key}`).digest("hex").slice(0, 32);
}
