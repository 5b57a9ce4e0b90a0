import { isAbsolute, join, resolve } from "node:path";
import { parse } from "smol-toml";
import { z } from "zod";
import { readEnvFile } from "./env_file.ts";
import { loadKeys, type StackKeys } from "./keys.ts";
import { readLimits, type StackLimits } from "./limits.ts";

const port = z.int().min(1).max(65535);

/** Ports, by default those of a stack that is alone on its machine. */
const portsSchema = z.object({
  api: port.default(54321),
  db: port.default(54322),
  pooler: port.default(54329),
  ocr: port.default(54331),
  openrouter: port.default(54332),
  stripe: port.default(54333),
  resend: port.default(54334),
  openai: port.default(54335),
  groq: port.default(54336),
});

/** TCP ports on 127.0.0.1, one for each part of the stack. */
export type StackPorts = Readonly<z.infer<typeof portsSchema>>;

const DEFAULT_PORTS: StackPorts = portsSchema.parse({});

/** Faults of the local pg_net worker, as shares of requests from 0 to 1. */
export interface NetFaults {
  /** Share of requests that are taken off the queue and never sent. */
  readonly loseShare: number;
  /** Share of requests that are sent twice. */
  readonly repeatShare: number;
}

/** Settings of one `[functions.<name>]` section of `supabase/config.toml`. Paths are absolute. */
export interface FunctionConfig {
  readonly name: string;
  readonly enabled: boolean;
  readonly verifyJwt: boolean;
  readonly entrypoint: string;
  /** Path of an import map or a `deno.json`; undefined for the function's own. */
  readonly importMap: string | undefined;
}

/** Complete configuration of a stack. Paths are absolute. */
export interface StackConfig {
  /** Root folder of the repository. */
  readonly rootDir: string;
  /** Folder with this stack's keys, data, logs and outbox. */
  readonly stackDir: string;
  readonly functionsDir: string;
  /** File with the functions' settings and keys. It need not exist. */
  readonly envFile: string;
  readonly migrationsDir: string;
  /** SQL file that runs after the migrations of a new database. It need not exist. */
  readonly seedFile: string;
  /** Data directory of a stopped database that a new one is copied from; by default that of a new project. */
  readonly template?: string;
  readonly ports: StackPorts;
  readonly keys: StackKeys;
  /** Connection pooler between functions and database: PgBouncer in transaction mode, or none. */
  readonly pooler: "pgbouncer" | "none";
  /** `false` makes Postgres faster and lets a power failure lose data. */
  readonly fsync: boolean;
  readonly netFaults: NetFaults;
  /** Age in seconds at which a function's isolate is killed. */
  readonly wallClockSeconds: number;
  /** Limits of a hosted project; null if `STACK_LIMITS` is `off`. */
  readonly limits: StackLimits | null;
  /** Variables for the functions and local services. They override every other source. */
  readonly env: Readonly<Record<string, string>>;
  /** `true` starts functions before their first call and keeps them ready. */
  readonly keepWarm: boolean;
  /** `true` lets local services replace outside services that have no key. */
  readonly localServices: boolean;
  readonly functions: readonly FunctionConfig[];
  /** Schemas that `/rest/v1` exposes, and how. */
  readonly api: Readonly<Omit<Toml["api"], "port">>;
  readonly auth: Readonly<Required<Toml["auth"]>>;
  readonly storage: {
    readonly fileSizeLimitBytes: number;
    /** `false` for a project on the free plan, which cannot resize or convert images. */
    readonly transformsImages: boolean;
  };
}

/**
 * Settings that override `supabase/config.toml` and the defaults in {@link loadConfig}. Paths are
 * relative to the repository.
 */
export type ConfigOverrides =
  & Partial<Pick<StackConfig, "rootDir" | "stackDir" | "functionsDir" | "envFile">>
  & Partial<Pick<StackConfig, "migrationsDir" | "seedFile" | "fsync" | "wallClockSeconds">>
  & Partial<Pick<StackConfig, "keepWarm" | "localServices" | "env" | "pooler">>
  & {
    readonly ports?: Partial<StackPorts>;
    readonly netFaults?: Partial<NetFaults>;
  };

/** Wall-clock limit of a paid hosted project, in seconds. */
const DEFAULT_WALL_CLOCK_SECONDS = 400;

const tomlSchema = z.object({
  api: z.object({
    port: port.default(DEFAULT_PORTS.api),
    schemas: z.array(z.string()).default(["public"]),
    extra_search_path: z.array(z.string()).default(["public", "extensions"]),
    max_rows: z.int().positive().default(1000),
  }).prefault({}),
  db: z.object({ port: port.default(DEFAULT_PORTS.db) }).prefault({}),
  auth: z.object({
    // What stands in env() is set when a hosted project is deployed.
    site_url: z.string().optional().transform((url) => url?.startsWith("env(") ? undefined : url),
    jwt_expiry: z.int().positive().default(3600),
    enable_signup: z.boolean().default(true),
  }).prefault({}),
  storage: z.object({
    file_size_limit: z.string().default("50MiB"),
    image_transformation: z.object({ enabled: z.boolean() }).default({ enabled: true }),
  }).prefault({}),
  functions: z.record(
    z.string(),
    z.object({
      enabled: z.boolean().default(true),
      verify_jwt: z.boolean().default(true),
      import_map: z.string().optional(),
      entrypoint: z.string().optional(),
    }),
  ).default({}),
});

/** Values of `STACK_POOLER`. */
const poolerSchema = z.enum(["pgbouncer", "none"]).default("none");

type Toml = z.infer<typeof tomlSchema>;

const REPOSITORY = resolve(import.meta.dirname ?? ".", "../..");

/**
 * Reads `supabase/config.toml` and the stack's keys. Creates the keys on the first call.
 *
 * @throws {z.ZodError} if the file holds a value that the stack cannot use.
 */
export async function loadConfig(overrides: ConfigOverrides = {}): Promise<StackConfig> {
  const rootDir = resolve(overrides.rootDir ?? REPOSITORY);
  const at = (path: string) => isAbsolute(path) ? path : join(rootDir, path);
  const text = await Deno.readTextFile(join(rootDir, "supabase", "config.toml"));
  const toml = tomlSchema.parse(parse(text));
  const functionsDir = at(overrides.functionsDir ?? "supabase/functions");
  const stackDir = at(overrides.stackDir ?? ".stack");
  const { port: apiPort, ...api } = toml.api;
  const ports = { ...DEFAULT_PORTS, api: apiPort, db: toml.db.port, ...overrides.ports };
  const envFile = at(overrides.envFile ?? join(functionsDir, ".env"));
  const env = overrides.env ?? {};
  return {
    rootDir,
    stackDir,
    functionsDir,
    envFile,
    migrationsDir: at(overrides.migrationsDir ?? "supabase/migrations"),
    seedFile: at(overrides.seedFile ?? "supabase/seed.sql"),
    ports,
    keys: await loadKeys(join(stackDir, "keys.json")),
    pooler: overrides.pooler ?? poolerSchema.parse(Deno.env.get("STACK_POOLER") || undefined),
    fsync: overrides.fsync ?? true,
    netFaults: { loseShare: 0, repeatShare: 0, ...overrides.netFaults },
    wallClockSeconds: overrides.wallClockSeconds ?? DEFAULT_WALL_CLOCK_SECONDS,
    limits: readLimits(env["STACK_LIMITS"] ?? readEnvFile(envFile)["STACK_LIMITS"]),
    env,
    keepWarm: overrides.keepWarm ?? true,
    localServices: overrides.localServices ?? true,
    functions: Object.entries(toml.functions).map(([name, entry]) => ({
      name,
      enabled: entry.enabled,
      verifyJwt: entry.verify_jwt,
      entrypoint: resolve(functionsDir, "..", entry.entrypoint ?? `functions/${name}/index.ts`),
      importMap: entry.import_map && resolve(functionsDir, "..", entry.import_map),
    })),
    api,
    auth: { ...toml.auth, site_url: toml.auth.site_url ?? apiUrl({ ports }) },
    storage: {
      fileSizeLimitBytes: parseSize(toml.storage.file_size_limit),
      transformsImages: toml.storage.image_transformation.enabled,
    },
  };
}

/** Returns the origin of the gateway. */
export function apiUrl(config: { readonly ports: Pick<StackPorts, "api"> }): string {
  return `http://127.0.0.1:${config.ports.api}`;
}

/** Returns the connection string of the role `postgres`, which migrations and functions use. */
export function dbUrl(config: { readonly ports: Pick<StackPorts, "db"> }): string {
  return `postgresql://postgres:postgres@127.0.0.1:${config.ports.db}/postgres`;
}

/** Returns the connection string that functions get: the pooler's if there is one. */
export function functionsDbUrl(config: Pick<StackConfig, "ports" | "pooler">): string {
  const url = new URL(dbUrl(config));
  if (config.pooler !== "none") url.port = String(config.ports.pooler);
  return url.href;
}

/** Returns the connection string of any login role except the superuser. They share one password. */
export function loginDbUrl(
  config: { readonly ports: Pick<StackPorts, "db"> },
  username: string,
): string {
  const url = new URL(dbUrl(config));
  url.username = username;
  return url.href;
}

/** Returns the connection string of the superuser, which Supabase itself uses on a hosted project. */
export function adminDbUrl(config: Pick<StackConfig, "ports" | "keys">): string {
  const password = encodeURIComponent(config.keys.databaseAdminPassword);
  return `postgresql://supabase_admin:${password}@127.0.0.1:${config.ports.db}/postgres`;
}

/**
 * Returns the ports of a stack whose gateway listens on `base`, at the usual distances.
 *
 * @throws {RangeError} if one of them is not a valid port.
 */
export function portsFrom(base: number): StackPorts {
  const shifted = Object.entries(DEFAULT_PORTS)
    .map(([name, usual]) => [name, base + usual - DEFAULT_PORTS.api]);
  const { success, data } = portsSchema.safeParse(Object.fromEntries(shifted));
  if (!success) throw new RangeError(`a stack's ports cannot start at ${base}`);
  return data;
}

/** Returns the bytes of a size in the notation of config.toml, such as `50MiB`. */
export function parseSize(text: string): number {
  const match = /^\s*(\d+)\s*(?:([kmg]?)(i?)b)?\s*$/i.exec(text);
  if (match === null) throw new Error(`not a size such as 50MiB: ${text}`);
  const [, count, prefix = "", binary] = match;
  return Number(count) *
    (binary ? 1024 : 1000) ** ["", "k", "m", "g"].indexOf(prefix.toLowerCase());
}
