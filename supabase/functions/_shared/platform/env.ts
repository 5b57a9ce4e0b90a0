import { z } from "zod";
import { parseTlsMode, type TlsMode } from "./database/target.ts";

/** Environment as the runtime returns it: `Deno.env.toObject()`. */
export type EnvSource = Readonly<Record<string, string | undefined>>;

/**
 * Error for a variable that is missing or unusable. Its message names variables, never values.
 */
export class EnvError extends Error {
  override readonly name = "EnvError";
}

/**
 * Reads the environment once, at the start of a function.
 *
 * @example
 * const env = parseEnv(z.object({ ...platformEnv, ...stripeEnv }), Deno.env.toObject());
 *
 * @throws {EnvError} naming every variable that is missing or wrong.
 */
export function parseEnv<Schema extends z.ZodType>(
  schema: Schema,
  source: EnvSource,
): z.output<Schema> {
  // A variable set to nothing counts as unset: that is how a .env file leaves one out.
  const given = Object.fromEntries(
    Object.entries(source).filter(([, value]) => value !== undefined && value.trim() !== ""),
  );
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => {
    const name = String(issue.path[0] ?? "environment");
    return Object.hasOwn(given, name) ? `${name}: ${issue.message}` : `${name} is not set`;
  });
  throw new EnvError(faults.join("; "));
}

/** An http(s) URL, without its trailing slash. */
export const urlVariable = z.url({ protocol: /^https?$/ }).transform((text) =>
  text.replace(/\/+$/, "")
);
/** A key or password that is not empty. */
export const secretVariable = z.string().min(1);

/** `{"default": "sb_…", …}` → the keys, `default` first. */
const keySet = z.string().transform((text, context): readonly string[] => {
  const parsed = z.record(z.string(), z.string().min(1)).safeParse(parseJson(text));
  if (!parsed.success) {
    context.addIssue({ code: "custom", message: 'expected JSON as in {"default": "sb_…"}' });
    return z.NEVER;
  }
  const { default: first, ...others } = parsed.data;
  return [...(first === undefined ? [] : [first]), ...Object.values(others)];
});

const postgresUrl = z.url({ protocol: /^postgres(ql)?$/ });

const keyListSchema = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });

/** Variables that Supabase sets for every function. */
export const platformEnv = {
  SUPABASE_URL: urlVariable,
  SUPABASE_DB_URL: postgresUrl,
  /** Connection string to use instead, such as that of a pooler. */
  DATABASE_URL: postgresUrl.optional(),
  /** Encryption of connections to the database; the names are libpq's. */
  DATABASE_SSL: z.string().transform((text, context): TlsMode => {
    const mode = parseTlsMode(text);
    if (mode !== undefined) return mode;
    context.addIssue({
      code: "custom",
      message: "expected disable, prefer, require or verify-full",
    });
    return z.NEVER;
  }).optional(),
  /** Authority of the database's certificate in PEM. Its line breaks may be written as `\\n`. */
  DATABASE_CA_CERT: z.string().transform((text) => text.replaceAll("\\n", "\n"))
    .pipe(z.string().regex(/^\s*-----BEGIN CERTIFICATE-----/, "expected a certificate in PEM"))
    .optional(),
  SUPABASE_PUBLISHABLE_KEYS: keySet.optional(),
  SUPABASE_SECRET_KEYS: keySet.optional(),
  SUPABASE_ANON_KEY: secretVariable.optional(),
  SUPABASE_SERVICE_ROLE_KEY: secretVariable.optional(),
  SB_REGION: z.string().optional(),
  SB_EXECUTION_ID: z.string().optional(),
} as const;

/** Keys that verify a token without asking Auth. */
export const tokenEnv = {
  /** Public keys of the project, `{"keys": […]}`. Any other text means no keys. */
  SUPABASE_JWKS: z.string().default("").transform((text) =>
    keyListSchema.safeParse(parseJson(text)).data?.keys ?? []
  ),
} as const;

/** Limits of the members and keys of accounts. */
export const memberEnv = {
  /** Requests of one key, over all functions. */
  ACCOUNT_KEY_REQUESTS_PER_MINUTE: z.coerce.number().int().min(1).max(100_000).default(600),
} as const;

/** Variables of the pages that people see. */
export const siteEnv = {
  /** Address of the pages for report links and payers, without a trailing slash. There is no default. */
  SITE_URL: urlVariable,
  /** Origins, separated by commas. Unset: {@link allowedOrigins} falls back to the site's own. */
  ALLOWED_ORIGINS: z.string()
    .transform((text) => text.split(",").map((part) => part.trim()).filter((part) => part !== ""))
    .pipe(z.array(z.union([z.literal("*"), z.url().transform((text) => new URL(text).origin)])))
    .optional(),
} as const;

/** Limit of every isolate. */
export const cpuEnv = {
  /**
   * CPU time at which the runtime ends an isolate, in milliseconds. Workers stop at half of it, and
   * uploads are refused for which too little is left. The default is hosted's.
   */
  WORKER_CPU_MS: z.coerce.number().positive().default(2_000),
} as const;

/** Limits of a worker. */
export const workerEnv = {
  ...cpuEnv,
  /** From start to the end of the isolate. The default fits the 150 s of hosted's free plan. */
  WORKER_WALL_CLOCK_SECONDS: z.coerce.number().positive().max(750).default(140),
  PROVIDER_TIMEOUT_SECONDS: z.coerce.number().positive().max(600).default(60),
  /** Calls of one worker at once; the database caps the calls of a report and of a provider. */
  WORKER_SLOTS: z.coerce.number().int().min(1).max(50).default(10),
  /** Longest wait for a busy provider that keeps a slot; a longer one goes through the queue. */
  SLOT_WAIT_SECONDS: z.coerce.number().min(0).max(60).default(5),
  /**
   * Base URL keys, separated by commas, of providers that are sent images as bytes. Ollama and its kind
   * take no URL of one.
   */
  INLINE_IMAGE_PROVIDERS: z.string().default("compatible")
    .transform((text) => text.split(",").map((part) => part.trim()).filter((part) => part !== "")),
} as const;

type PlatformKeys =
  & Partial<
    Record<"SUPABASE_PUBLISHABLE_KEYS" | "SUPABASE_SECRET_KEYS", readonly string[] | undefined>
  >
  & Partial<Record<"SUPABASE_ANON_KEY" | "SUPABASE_SERVICE_ROLE_KEY", string | undefined>>;

/** Returns every key that proves that the project itself calls: the new ones, then the legacy JWT. */
export function secretKeysOf(env: PlatformKeys): readonly string[] {
  const legacy = env.SUPABASE_SERVICE_ROLE_KEY;
  return [...(env.SUPABASE_SECRET_KEYS ?? []), ...(legacy === undefined ? [] : [legacy])];
}

/**
 * Returns the key for calls to the project's own API: the new one if there is one.
 *
 * @throws {EnvError} when the project has none.
 */
export function adminKeyOf(env: PlatformKeys): string {
  const [key] = secretKeysOf(env);
  if (key === undefined) {
    throw new EnvError("neither SUPABASE_SECRET_KEYS nor SUPABASE_SERVICE_ROLE_KEY is set");
  }
  return key;
}

/** Returns the origins that may call: those listed, otherwise the site's own. */
export function allowedOrigins(
  env: { readonly SITE_URL: string; readonly ALLOWED_ORIGINS?: readonly string[] | undefined },
): readonly string[] {
  return env.ALLOWED_ORIGINS ?? [new URL(env.SITE_URL).origin];
}

const SECRET_VARIABLE = /(_API_KEY|_SECRET_KEYS?|_WEBHOOK_SECRET|_SERVICE_ROLE_KEY|_OTLP_HEADERS)$/;

/** Returns the values that no log may show, for `createLogger`. */
export function secretsIn(env: Readonly<Record<string, unknown>>): readonly string[] {
  const secrets = Object.entries(env)
    .filter(([name]) => SECRET_VARIABLE.test(name))
    .flatMap(([, value]) => Array.isArray(value) ? value : [value])
    .filter((value) => typeof value === "string");
  for (const name of ["SUPABASE_DB_URL", "DATABASE_URL"]) {
    const database = env[name];
    if (typeof database !== "string") continue;
    const { password } = new URL(database);
    // A stack's "postgres" is no secret, and hiding the word would hide the log.
    if (password !== "postgres") secrets.push(database, decodeURIComponent(password));
  }
  return secrets;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
