import { createHash } from "node:crypto";
import { join } from "node:path";
import {
  PROVIDER_NAMES,
  PROVIDERS,
  variablesOf,
} from "../../supabase/functions/_shared/models/providers.ts";
import { apiUrl, dbUrl, type StackConfig, type StackPorts } from "./config.ts";

/** Local service that replaces an outside service the functions call. */
export interface LocalService {
  /** Name of its port in {@link StackPorts}, and of its folder unless `folder` is set. */
  readonly name: Exclude<keyof StackPorts, "api" | "db">;
  readonly folder?: string;
  /** Options of its `start…Service` function, without the port. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Local services of a stack, and the functions' environment apart from Supabase's own variables. */
export interface EnvironmentPlan {
  readonly localServices: readonly LocalService[];
  /** `true` if events of a real Stripe account must be fetched because nothing else delivers them. */
  readonly relaysStripe: boolean;
  readonly env: Readonly<Record<string, string>>;
  /** Part of `env` that points to the local services. It overrides all other settings. */
  readonly forced: Readonly<Record<string, string>>;
}

/** Prefixes of shell variables that are passed to the functions when the stack starts. */
const PREFIXES = [
  ...["STRIPE", "RESEND", "WORKER", "PROVIDER", "CHAT", "OTEL", "DEBUG_MOCK"],
  ...PROVIDER_NAMES.map((name) => name.toUpperCase()),
];
const PASSED_ON = new RegExp(
  `^((${
    PREFIXES.join("|")
  })_[A-Z_]+|STACK_LIMITS|EMAIL_FROM|OPERATOR_EMAIL|SITE_URL|ALLOWED_ORIGINS|REPORT_(PRICE_CENTS|CURRENCY)|` +
    `MAX_IMAGE_BYTES|MAX_DATASET_BYTES|INLINE_IMAGE_PROVIDERS|SLOT_WAIT_SECONDS)$`,
);

/** Providers with a local service of their own, or none. `groq` simulates all others. */
const HAVE_LOCAL_SERVICES: ReadonlySet<string> = new Set([
  "openrouter",
  "openai",
  "local",
  "compatible",
]);

/** Returns the variables of a shell's environment that are settings of the functions. */
export function pickSettings(
  environment: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => PASSED_ON.test(name)));
}

/**
 * Decides which services are real and which are local.
 *
 * A service without a key is replaced by a local one. So is a service for which
 * `DEBUG_MOCK_OPENROUTER`, `DEBUG_MOCK_OPENAI` or `DEBUG_MOCK_EMAIL` is `true`. OpenAI, which
 * answers the chat, also counts as real if only its URL is set, and is not needed if
 * `CHAT_PROVIDER` names another provider. All other providers are simulated if `DEBUG_MOCK_<NAME>`
 * is `true`. The OCR models always run locally.
 *
 * @param given settings from `supabase/functions/.env`, overridden by {@link StackConfig.env}.
 */
export function planEnvironment(
  config: Pick<StackConfig, "ports" | "keys" | "stackDir">,
  given: Readonly<Record<string, string>>,
): EnvironmentPlan {
  const url = (name: LocalService["name"]) => `http://127.0.0.1:${config.ports[name]}`;
  const isSet = (name: string) => (given[name] ?? "").trim() !== "";
  const asksFor = (name: string) => given[name] === "true";
  const localServices: LocalService[] = [];
  const forced: Record<string, string> = {};

  if (!isSet("LOCAL_BASE_URL")) {
    localServices.push({ name: "ocr", options: {} });
    forced.LOCAL_BASE_URL = `${url("ocr")}/v1`;
  }
  if (!isSet("STRIPE_SECRET_KEY")) {
    const secret = deriveSecret(config.keys.secret, "stripe");
    const webhookSecret = `whsec_${secret}`;
    const secretKey = `sk_test_${secret}`;
    localServices.push({
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
    localServices.push({ name: "resend", options: { outboxDir: outboxDir(config), apiKey } });
    forced.RESEND_API_KEY = apiKey;
    forced.RESEND_BASE_URL = url("resend");
  }
  if (asksFor("DEBUG_MOCK_OPENROUTER")) {
    const apiKey = `sk-or-${deriveSecret(config.keys.secret, "openrouter")}`;
    localServices.push({ name: "openrouter", options: { apiKey, databaseUrl: dbUrl(config) } });
    forced.OPENROUTER_API_KEY = apiKey;
    forced.OPENROUTER_BASE_URL = `${url("openrouter")}/api/v1`;
  }
  const simulated = PROVIDERS.filter(({ name }) =>
    !HAVE_LOCAL_SERVICES.has(name) && asksFor(`DEBUG_MOCK_${name.toUpperCase()}`)
  );
  if (simulated.length > 0) {
    const apiKey = `gsk_${deriveSecret(config.keys.secret, "groq")}`;
    const options = { apiKey, databaseUrl: dbUrl(config) };
    localServices.push({ name: "groq", folder: "openrouter", options });
    for (const { name } of simulated) {
      const variables = variablesOf(name);
      forced[variables.apiKey] = apiKey;
      forced[variables.baseUrl] = `${url("groq")}/${name}/v1`;
    }
  }
  const asksOpenAi = isSet("OPENAI_API_KEY") || isSet("OPENAI_BASE_URL");
  const chatsElsewhere = isSet("CHAT_PROVIDER") && given.CHAT_PROVIDER !== "openai";
  if (asksFor("DEBUG_MOCK_OPENAI") || (!asksOpenAi && !chatsElsewhere)) {
    const apiKey = `sk-${deriveSecret(config.keys.secret, "openai")}`;
    localServices.push({ name: "openai", options: { apiKey } });
    forced.OPENAI_API_KEY = apiKey;
    forced.OPENAI_BASE_URL = `${url("openai")}/v1`;
  }
  return {
    localServices,
    relaysStripe,
    forced,
    env: { SITE_URL: apiUrl(config), ...given, ...forced },
  };
}

/**
 * Says for each outside service who answers for it: the service itself, with a key; a simulation; or
 * nobody, so that its models cannot be used. A provider that needs no key is real if its address is
 * set.
 *
 * @param given settings as for {@link planEnvironment}.
 */
export function describeOutside(
  given: Readonly<Record<string, string>>,
  config: Pick<StackConfig, "ports" | "keys" | "stackDir">,
): Record<string, "real" | "simulated" | "missing"> {
  const { forced } = planEnvironment(config, given);
  const isSet = (name: string) => (given[name] ?? "").trim() !== "";
  const describe = (keys: readonly string[]) => {
    if (keys.some((key) => forced[key] !== undefined)) return "simulated";
    return keys.some(isSet) ? "real" : "missing";
  };
  return {
    stripe: describe(["STRIPE_SECRET_KEY"]),
    resend: describe(["RESEND_API_KEY"]),
    ...Object.fromEntries(
      PROVIDERS.filter(({ name }) => name !== OCR_PROVIDER).map(({ name, baseUrl }) => {
        const variables = variablesOf(name);
        const keys = baseUrl === null ? [variables.apiKey, variables.baseUrl] : [variables.apiKey];
        return [name, describe(keys)];
      }),
    ),
  };
}

/** Provider of the OCR models, which always run locally and are no simulation. */
const OCR_PROVIDER = "local";

/** Returns the folder for e-mails that are not sent. */
export function outboxDir(config: Pick<StackConfig, "stackDir">): string {
  return join(config.stackDir, "outbox");
}

/** Derives a secret that stays the same across restarts, so that earlier signatures remain valid. */
function deriveSecret(key: string, purpose: string): string {
  return createHash("sha256").update(`${purpose}|${key}`).digest("hex").slice(0, 32);
}
